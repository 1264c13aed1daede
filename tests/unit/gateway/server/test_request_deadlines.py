"""Which requests are late, without a timer for each."""

import asyncio
from typing import Any, cast

from agent_status_gateway.server.request_deadlines import LOOK_SECONDS, Deadlines


class TurnedLoop:
    """The part of an event loop that is used here, turned by the test."""

    def __init__(self) -> None:
        self.now = 0.0
        self.timers: list[tuple[float, Any]] = []

    def time(self) -> float:
        return self.now

    def call_later(self, seconds: float, call: Any) -> None:
        self.timers.append((self.now + seconds, call))

    def pass_(self, seconds: float) -> None:
        end = self.now + seconds
        while self.timers and min(self.timers)[0] <= end:
            timer = min(self.timers)
            self.timers.remove(timer)
            self.now = timer[0]
            timer[1]()
        self.now = end


def made(seconds: float) -> tuple[TurnedLoop, Deadlines[str], list[str]]:
    loop, late = TurnedLoop(), list[str]()
    return loop, Deadlines(seconds, late.append, cast("asyncio.AbstractEventLoop", loop)), late


def test_a_late_request_is_reported_within_a_look_and_not_before() -> None:
    loop, deadlines, late = made(10.0)
    deadlines.start("first")
    loop.pass_(4.0)
    deadlines.start("second")
    loop.pass_(5.9)
    assert late == []
    loop.pass_(0.1 + LOOK_SECONDS)
    assert late == ["first"]
    loop.pass_(4.0)
    assert late == ["first", "second"]


def test_starting_again_gives_no_more_time() -> None:
    loop, deadlines, late = made(10.0)
    for _ in range(11):
        deadlines.start("drip")
        loop.pass_(1.0)
    assert late == ["drip"]


def test_a_request_in_time_is_never_late() -> None:
    loop, deadlines, late = made(10.0)
    deadlines.start("quick")
    deadlines.stop("quick")
    deadlines.stop("never started")
    loop.pass_(100.0)
    assert (late, len(deadlines)) == ([], 0)


def test_no_timer_runs_without_connections_and_one_for_a_thousand() -> None:
    loop, deadlines, _ = made(10.0)
    for number in range(1000):
        deadlines.start(str(number))
    assert len(loop.timers) == 1
    loop.pass_(20.0)
    assert loop.timers == []
