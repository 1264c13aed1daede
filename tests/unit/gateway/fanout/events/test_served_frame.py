"""How long a frame serves, and whom."""

import pytest

from agent_status_gateway.fanout.events import frames, served_frame
from agent_status_gateway.fanout.events.frames import Frame, encode_frame
from agent_status_gateway.fanout.events.served_frame import (
    MAX_SERVING_SECONDS,
    SERVING_SECONDS,
    SERVING_SHARE,
    ServedFrame,
)
from agent_status_gateway.state.fold.rows import Rows
from agent_status_gateway.state.fold.schema import GlobalStatus
from agent_status_gateway.state.steps import Steps, at_once
from chaos.workers.reports import session
from tests.support.builders.clock import Clock
from tests.support.builders.frames import folded


class Served:
    """A served frame of some sessions, with its clock."""

    def __init__(self, sessions: int = 1) -> None:
        self.clock = Clock()
        self.frame = ServedFrame(self.clock, is_of_all=True)
        fold = folded(*[session(f"web:{number}") for number in range(sessions)], at=0.0)
        self.rows, self.status = fold.rows, fold.global_status(fold.rows, 0.0)

    def renewing(self, version: int = 1) -> Steps[Frame]:
        return self.frame.renew(self.rows, self.status, version, self.clock())

    def serving(self, rows_id: str | None = None, *, may_be_older: bool = False) -> Frame | None:
        return self.frame.serving(rows_id or self.rows.id, may_be_older=may_be_older)


def test_nothing_serves_before_the_first_frame() -> None:
    assert Served().serving(may_be_older=True) is None


def test_a_frame_serves_for_a_moment() -> None:
    served = Served()
    frame = at_once(served.renewing())
    served.clock.pass_(SERVING_SECONDS - 0.001)
    assert served.serving() is frame
    served.clock.pass_(0.001)
    assert served.serving() is None


def test_a_frame_has_its_version_and_its_moment() -> None:
    served = Served()
    served.clock.pass_(3.0)
    frame = at_once(served.renewing(version=7))
    assert (frame.version, frame.made_at) == (7, 3.0)


@pytest.mark.parametrize("seconds", [0.02, 0.2])
def test_a_frame_that_was_slow_to_make_serves_longer_but_not_for_ever(
    seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = Served()

    def slowly(rows: Rows, status: GlobalStatus, made_at: float, version: int, *, is_of_all: bool) -> Steps[Frame]:
        served.clock.pass_(seconds)
        return (yield from encode_frame(rows, status, made_at, version, is_of_all=is_of_all))

    monkeypatch.setattr(served_frame, "encode_frame", slowly)
    made_at = served.clock()
    at_once(served.renewing())
    serving_seconds = min(MAX_SERVING_SECONDS, SERVING_SHARE * seconds)
    served.clock.pass_(made_at + serving_seconds - 0.01 - served.clock())
    assert served.serving() is not None
    served.clock.pass_(0.02)
    assert served.serving() is None


def test_time_that_others_take_between_two_steps_is_not_a_frames_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "STEP_ROWS", 10)
    served = Served(sessions=25)
    for _ in served.renewing():
        served.clock.pass_(1.0)
    assert served.serving() is None


def test_a_frame_of_older_rows_serves_only_who_gets_the_newer_ones_soon() -> None:
    served = Served()
    frame = at_once(served.renewing())
    assert served.serving("newer", may_be_older=True) is frame
    assert served.serving("newer", may_be_older=False) is None


def test_a_frame_that_was_given_up_half_way_serves_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "STEP_ROWS", 10)
    served = Served(sessions=25)
    renewing = served.renewing()
    next(renewing)
    renewing.close()
    assert served.serving(may_be_older=True) is None
