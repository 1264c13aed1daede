"""How soon the first change after a quiet window is sent: the real loops, on a clock that goes only when told to."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Final
from unittest.mock import patch

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agent_status_gateway.fanout.audiences import Audiences
from agent_status_gateway.fanout.hub import Hub
from agent_status_gateway.fanout.places import Limits
from agent_status_gateway.feed.news import ReportHeard
from agent_status_gateway.pipeline.pipeline import Pipeline
from agent_status_gateway.state.deadlines import NEVER
from agent_status_gateway.state.fleet import Fleet
from agent_status_gateway.state.steps import at_once
from agent_status_gateway.state.views.cadence import SHARED_MOMENTS
from agent_status_gateway.state.views.view import WHOLE
from agent_status_gateway.telemetry.metrics import Metrics
from chaos.workers.reports import reading, record, report, session
from tests.support.builders.clock import Clock
from tests.support.builders.lines import Listener
from tests.support.builders.viewing import channel

WINDOW: Final = 1.0
SOON: Final = 0.05
"""Seconds from the moment at which the first change after a quiet window comes, until it is sent."""
ROUNDING: Final = 1e-6
MAX_TURNS: Final = 10_000
"""Turns of the event loop in which the loops must come to wait."""
CHANNELS: Final = ("web", "ci", "ops", "none")
STATES: Final = ("thinking", "streaming")


@dataclass
class Timer:
    """A call that asyncio is asked for."""

    at: float
    call: Callable[[], object] | None

    def cancel(self) -> None:
        self.call = None


class Replica:
    """The loop that takes in and the one that sends, without a feed. Make it inside an event loop."""

    def __init__(self, channels: int, *, wants_whole: bool) -> None:
        self.clock = Clock(5.0)
        fleet, audiences = Fleet(), Audiences(WINDOW, self.clock)
        self.hub = Hub(Limits(clients=100), audiences)
        self.audiences = audiences
        self.pipeline = Pipeline(
            feed=SimpleNamespace(want_reading=lambda: None),  # type: ignore[arg-type]
            fleet=fleet,
            audiences=audiences,
            hub=self.hub,
            metrics=Metrics(),
            clock=self.clock,
        )
        at_once(self.pipeline._settling.read(reading(at=5.0), 5.0, 5.0))
        self.pipeline._has_snapshot.set()
        self.timer = Timer(0.0, None)
        self.seq = 0
        views = {name: channel(name) for name in CHANNELS[:channels]} | ({"": WHOLE} if wants_whole else {})
        self.listeners = {name: self._join(view) for name, view in views.items()}
        self.sent: dict[str, list[float]] = {name: [] for name in views}

    def _join(self, view: Any) -> Listener:
        self.audiences.of(view)
        frame = self.pipeline.frame_at_once(view, wants_changes=True)
        return Listener(self.hub, frame, view=view, wants_changes=True)

    def call_later(self, seconds: float, call: Callable[[], object]) -> Timer:
        self.timer = Timer(self.clock() + seconds, call)
        return self.timer

    async def until_it_waits(self) -> None:
        """Let the loops run, and note who was sent something at this moment."""
        sending, settling = self.pipeline._sending, self.pipeline._settling
        for _ in range(MAX_TURNS):
            if sending._wakes_at != -NEVER and not settling.has_earlier.is_set():
                break
            await asyncio.sleep(0)
        else:
            pytest.fail("the loops go on and on")
        for name, listener in self.listeners.items():
            self.sent[name] += [self.clock()] * len(listener.taken())

    async def run_until(self, moment: float) -> None:
        """Let the clock go on to this moment."""
        while self.timer.call is not None and self.timer.at <= moment:
            call, self.timer.call = self.timer.call, None
            self.clock.now = max(self.clock.now, self.timer.at)
            call()
            await self.until_it_waits()
        self.clock.now = moment

    async def hear(self, name: str, state: str) -> None:
        """Let the report of a worker come that has one session, in a channel of this name."""
        self.seq += 1
        raw = report(self.seq, record(f"w-{name}", session(f"{name}:1", state)), at=self.clock())
        if await self.pipeline._took(ReportHeard(raw, self.clock())):
            self.pipeline._settling.has_earlier.set()
        await self.until_it_waits()


async def run(replica: Replica, changes: list[tuple[float, str]]) -> list[tuple[float, str]]:
    """Let each of these changes come so many seconds after the one before; return when each came, of what channel."""
    loop = asyncio.get_running_loop()
    states = dict.fromkeys(CHANNELS, 0)
    came: list[tuple[float, str]] = []
    with patch.object(loop, "call_later", side_effect=replica.call_later):
        sends = asyncio.create_task(replica.pipeline._sending.send_when_due())
        await replica.until_it_waits()
        for seconds, name in changes:
            await replica.run_until(replica.clock() + seconds)
            states[name] += 1
            came.append((replica.clock(), name))
            await replica.hear(name, STATES[states[name] % 2])
        await replica.run_until(replica.clock() + 3 * WINDOW)
        sends.cancel()
        await asyncio.wait([sends])
    return came


GAPS: Final = st.floats(0.0, 2.5, allow_nan=False) | st.sampled_from([0.0, 0.001, 0.039, 0.04, 0.041, 0.9, 1.0, 1.1])


# sending: Rule 1
# cadence: Rule 1
@given(st.lists(st.tuples(GAPS, st.sampled_from(CHANNELS)), min_size=1, max_size=8), st.integers(0, 3), st.booleans())
@example([(1.5, "web"), (0.001, "ci"), (0.001, "ops")], 3, True)
@example([(0.25, "web"), (0.03125, "web"), (1.0, "web")], 2, False)
@example([(0.0, "web"), (2.0, "ci"), (0.0, "web"), (0.0, "web")], 1, False)
def test_a_change_that_comes_after_a_quiet_window_is_sent_within_50_ms(
    changes: list[tuple[float, str]], views: int, wants_whole: bool
) -> None:
    async def scenario() -> None:
        replica = Replica(views, wants_whole=wants_whole)
        came = await run(replica, changes)
        for name, sent in replica.sent.items():
            concerning = [(at, of) for at, of in came if name in ("", of)]
            for number, (at, of) in enumerate(concerning):
                last = max([moment for moment in sent if moment < at], default=-NEVER)
                # A change that waits to be read is not a quiet window, whoever it came from.
                waits = any(at - SOON <= other for other, _ in concerning[:number])
                goes_away = any(other <= at + SOON for other, again in concerning[number + 1 :] if again == of)
                # Nor is one that waits to be sent: its window ends with those of all views, and it may go away again.
                ends_later = any(last <= other < at for other, _ in concerning[:number])
                quiet_from = last + WINDOW + (WINDOW / SHARED_MOMENTS if ends_later else 0.0) + ROUNDING
                if not waits and not goes_away and at >= quiet_from:
                    assert [moment for moment in sent if at <= moment <= at + SOON], (name, at, sent)

    asyncio.run(scenario())


@pytest.mark.parametrize("views", [0, 1, 3])
def test_every_reader_has_had_the_last_change_when_all_is_quiet(views: int) -> None:
    async def scenario() -> None:
        replica = Replica(views, wants_whole=True)
        await run(replica, [(1.5, name) for name in CHANNELS])
        assert {name: len(sent) for name, sent in replica.sent.items()} == {
            **dict.fromkeys(CHANNELS[:views], 1),
            "": len(CHANNELS),
        }

    asyncio.run(scenario())
