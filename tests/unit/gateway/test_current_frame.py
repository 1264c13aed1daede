"""How long a frame serves, and what the debounce sees of it."""

import pytest

from agent_status_gateway import current_frame
from agent_status_gateway.current_frame import SERVING_SECONDS, SERVING_SHARE, CurrentFrame
from agent_status_gateway.state.debounce import Debounce
from agent_status_gateway.state.fleet import Fleet
from agent_status_gateway.state.schema import Snapshot
from agent_status_gateway.state.snapshot import take_snapshot
from agent_status_gateway.telemetry.metrics import Metrics
from chaos.workers.reports import report
from tests.support.builders.clock import Clock
from tests.support.builders.fleets import fleet_with, one_session


def test_nothing_serves_before_the_first_frame() -> None:
    assert CurrentFrame(Fleet(), Debounce(1.0), Metrics(), Clock()).serving is None


def test_a_frame_serves_for_a_moment() -> None:
    clock = Clock()
    current = CurrentFrame(Fleet(), Debounce(1.0), Metrics(), clock)
    frame = current.renew()
    assert current.serving is frame
    clock.pass_(SERVING_SECONDS)
    assert current.serving is None


def test_a_frame_that_was_slow_to_make_serves_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()

    def slowly(fleet: Fleet, now: float) -> Snapshot:
        clock.pass_(0.1)
        return take_snapshot(fleet, now)

    monkeypatch.setattr(current_frame, "take_snapshot", slowly)
    current = CurrentFrame(Fleet(), Debounce(1.0), Metrics(), clock)
    current.renew()
    clock.pass_(SERVING_SHARE * 0.1 - 0.2)
    assert current.serving is not None
    clock.pass_(0.2)
    assert current.serving is None


def test_a_change_that_a_frame_shows_opens_the_debounces_window() -> None:
    clock = Clock()
    debounce, fleet = Debounce(1.0), fleet_with(at=clock())
    current = CurrentFrame(fleet, debounce, Metrics(), clock)
    current.renew()
    assert not debounce.is_open
    fleet.hear(report(1, one_session()), clock())
    current.renew()
    assert debounce.is_open
