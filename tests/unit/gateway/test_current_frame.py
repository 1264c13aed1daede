"""How long a frame serves, and what the debounce sees of the rows."""

import orjson
import pytest

from agent_status_gateway import current_frame
from agent_status_gateway.current_frame import MAX_SERVING_SECONDS, SERVING_SECONDS, SERVING_SHARE, CurrentFrame
from agent_status_gateway.fanout.events.frames import Frame, encode_frame
from agent_status_gateway.state.debounce import Debounce
from agent_status_gateway.state.fleet import Fleet
from agent_status_gateway.state.fold.row import Shown, Source
from agent_status_gateway.state.fold.rows import Rows
from agent_status_gateway.state.fold.schema import GlobalStatus
from agent_status_gateway.state.steps import Steps, at_once
from agent_status_gateway.telemetry.metrics import Metrics
from chaos.workers.reports import record, report, session
from tests.support.builders.clock import Clock
from tests.support.builders.fleets import fleet_with, one_session


class Current:
    """A current frame with all that it needs."""

    def __init__(self, fleet: Fleet | None = None) -> None:
        self.clock = Clock()
        self.debounce = Debounce(1.0)
        self.fleet = fleet_with(at=self.clock()) if fleet is None else fleet
        self.frames = CurrentFrame(self.fleet, self.debounce, Metrics(), self.clock)

    def renew(self) -> Frame:
        at_once(self.frames.look())
        return at_once(self.frames.renew())


def test_nothing_serves_before_the_first_frame() -> None:
    assert Current().frames.serving is None


def test_a_frame_serves_for_a_moment() -> None:
    current = Current()
    frame = current.renew()
    assert current.frames.serving is frame
    current.clock.pass_(SERVING_SECONDS)
    assert current.frames.serving is None


@pytest.mark.parametrize("seconds", [0.02, 0.2])
def test_a_frame_that_was_slow_to_make_serves_longer_but_not_for_ever(
    seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    current = Current()

    def slowly(rows: Rows, status: GlobalStatus, made_at: float) -> Steps[Frame]:
        current.clock.pass_(seconds)
        return (yield from encode_frame(rows, status, made_at))

    monkeypatch.setattr(current_frame, "encode_frame", slowly)
    made_at = current.clock()
    current.renew()
    serving_seconds = min(MAX_SERVING_SECONDS, SERVING_SHARE * seconds)
    current.clock.pass_(made_at + serving_seconds - 0.01 - current.clock())
    assert current.frames.serving is not None
    current.clock.pass_(0.02)
    assert current.frames.serving is None


def test_time_that_others_take_between_two_steps_is_not_a_frames_own() -> None:
    current = Current()
    for worker in range(3):
        some = [session(f"{worker}:{number}") for number in range(1000)]
        current.fleet.hear(report(1, record(f"w{worker}", *some)), current.clock())
    at_once(current.frames.look())
    for _ in current.frames.renew():
        current.clock.pass_(1.0)
    assert current.frames.serving is None


def test_a_change_that_a_look_finds_opens_the_debounces_window() -> None:
    current = Current()
    current.renew()
    assert not current.debounce.is_open
    current.fleet.hear(report(1, one_session()), current.clock())
    at_once(current.frames.look())
    assert current.debounce.is_open


def test_a_frame_of_older_rows_serves_only_while_a_window_is_open() -> None:
    """Nobody would send the newer rows to a client that gets the older ones when all is quiet."""
    current = Current()
    frame = current.renew()
    current.fleet.hear(report(1, one_session()), current.clock())
    at_once(current.frames.look())
    assert current.frames.serving is frame
    current.debounce.sent(current.frames.id)
    assert current.frames.serving is None


def test_the_next_deadline_is_the_first_lease_or_expiry_to_come() -> None:
    current = Current()
    start = current.clock()
    failed = session("a:1", "error", error="x", expires_ms=12_000)
    current.fleet.hear(report(1, record("w1", failed, session("a:2"))), start)
    at_once(current.frames.look())
    assert current.frames.next_deadline(start) == start + 12.0
    assert current.frames.next_deadline(start + 12.0) == start + 15.0
    current.fleet.outage_began(start + 1.0)
    assert current.frames.next_deadline(start + 1.0) == float("inf")


def test_a_defect_in_the_fold_leaves_no_row_wrong_after_it_has_begun_again(monkeypatch: pytest.MonkeyPatch) -> None:
    current = Current()
    for number in range(3):
        current.fleet.hear(report(1, record(f"w{number}", session(f"a:{number}"))), current.clock())

    def fails(_self: Rows, _key: str, _shown: Shown, _source: Source) -> None:
        raise RuntimeError("a defect")

    with monkeypatch.context() as patch:
        patch.setattr(Rows, "put", fails)
        with pytest.raises(RuntimeError):
            at_once(current.frames.look())
    current.frames.begin_again()
    shown = orjson.loads(b"".join(current.renew().json))
    assert [row["session_key"] for row in shown["sessions"]] == ["a:0", "a:1", "a:2"]


def test_a_look_that_was_given_up_half_way_leaves_nothing_settled() -> None:
    current = Current()
    current.renew()
    assert current.frames.is_settled(current.clock())
    for number in range(3):
        current.fleet.hear(report(1, record(f"w{number}", session(f"a:{number}"))), current.clock())
    look = current.frames.look()
    next(look)
    look.close()
    assert not current.frames.is_settled(current.clock())
    assert not current.frames.is_short
    at_once(current.frames.look())
    assert current.frames.is_settled(current.clock())


def test_nothing_is_settled_when_the_fold_begins_again_or_a_deadline_has_come() -> None:
    current = Current()
    current.fleet.hear(report(1, one_session()), current.clock())
    current.renew()
    assert not current.frames.is_settled(current.frames.next_deadline(current.clock()))
    current.frames.begin_again()
    assert not current.frames.is_settled(current.clock())
