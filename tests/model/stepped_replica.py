"""One replica's pipeline on an event loop that stands still, without I/O.

Each event is noted when it is made, with the truth of that moment: the whole snapshot from all reports that it knows.
"""

import asyncio
from collections.abc import Callable
from contextlib import ExitStack
from contextvars import ContextVar, copy_context
from typing import Any, Final, cast
from unittest.mock import patch

from agent_status_gateway.fanout import audience as audience_module
from agent_status_gateway.fanout.audiences import Audiences
from agent_status_gateway.fanout.events import served_frame
from agent_status_gateway.fanout.events.changes import encode_change
from agent_status_gateway.fanout.events.frames import Event, encode_frame
from agent_status_gateway.fanout.hub import Hub
from agent_status_gateway.fanout.places import Limits
from agent_status_gateway.feed.feed import Feed
from agent_status_gateway.feed.news import Live, News, news_queue
from agent_status_gateway.pipeline import settling as settling_module
from agent_status_gateway.pipeline.pipeline import Pipeline
from agent_status_gateway.state.fleet import Fleet
from agent_status_gateway.state.steps import Steps
from agent_status_gateway.state.views.view import View
from agent_status_gateway.telemetry.metrics import Metrics
from chaos.workers.reports import reading
from tests.model.viewer import Viewer
from tests.support.builders.clock import Clock
from tests.support.builders.lines import PEER
from tests.support.ended_truth import truth_with_ends
from tests.support.whole_snapshot import Truth

WINDOW_SECONDS: Final = 1.0
_REPLICA: Final[ContextVar["SteppedReplica"]] = ContextVar("replica")
"""The replica that is at work: what is encoded then is one of its events."""


class SteppedLoop(asyncio.SelectorEventLoop):
    """An event loop on the world's clock, which is run a turn at a time."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def time(self) -> float:
        return self._clock()

    def turn(self) -> None:
        self.run_until_complete(asyncio.sleep(0))

    @property
    def is_at_rest(self) -> bool:
        """True when nothing would run without a new event or time that passes."""
        ready, timers = cast("Any", self)._ready, cast("Any", self)._scheduled
        return not ready and not any(timer.when() <= self.time() and not timer.cancelled() for timer in timers)


class SimulatedFeed:
    """A feed without Redis."""

    def __init__(self) -> None:
        self.news = news_queue()
        self.is_wanted = False

    def want_reading(self) -> None:
        self.is_wanted = True


class SteppedReplica:
    """One replica. `made` is where the events of all replicas are noted."""

    def __init__(self, loop: SteppedLoop, clock: Clock, made: dict[Event, tuple[float, Truth]]) -> None:
        self.clock = clock
        self.feed = SimulatedFeed()
        self.fleet = Fleet()
        self.audiences = Audiences(WINDOW_SECONDS, clock)
        self.hub = Hub(Limits(clients=1000), self.audiences, clock=clock)
        self.pipeline = Pipeline(
            feed=cast("Feed", self.feed),
            fleet=self.fleet,
            audiences=self.audiences,
            hub=self.hub,
            metrics=Metrics(),
            clock=clock,
        )
        self.is_away = False
        """True while its feed is lost."""
        self._loop = loop
        self._made = made
        self._expired_before = 0.0
        self._note_looks()
        self._context = copy_context()
        self._context.run(_REPLICA.set, self)
        self._loops = [
            self._start(self.pipeline._take_in()),
            self._start(self.pipeline._send_when_due()),
            self._start(self.pipeline._sending.serve_waiting(self.pipeline.health.event)),
        ]
        self._answers: list[asyncio.Task[None]] = []
        self.take(Live(reading(), 0.0))

    def close(self) -> None:
        """End everything at the next turn of the loop."""
        for task in (*self._loops, *self._answers):
            task.cancel()

    def take(self, news: News) -> None:
        """Have something come from Redis."""
        self.feed.news.put_nowait(news)

    def join(self, viewer: Viewer, *, wants_feed: bool) -> None:
        """Have somebody open a stream, as the endpoint does."""
        view, pipeline = viewer.view, self.pipeline
        viewer.client = self.hub.join(
            viewer,
            viewer.encoder,
            pipeline.audience(view),
            self._context.run(pipeline.frame_at_once, view, wants_changes=viewer.wants_changes),
            peer=PEER,
            wants_changes=viewer.wants_changes,
            wants_feed=wants_feed,
            feed=pipeline.health.event() if wants_feed else b"",
        )

    def ask(self, view: View) -> None:
        """Have somebody ask for a view once. The answer must be true when it comes."""
        self._answers.append(self._start(self._answered(view)))

    async def _answered(self, view: View) -> None:
        frame = self.pipeline.frame_at_once(view) or (await self.pipeline.frame_unless(view, ()))[1]
        assert frame is not None
        viewer = Viewer(view, self._made, wants_changes=False)
        viewer.check(frame, b"".join(frame.json))
        if viewer.faults:
            raise AssertionError("; ".join(viewer.faults))

    def check_tasks(self) -> None:
        """Raise what has failed."""
        for task in [task for task in (*self._loops, *self._answers) if task.done()]:
            task.result()
            self._answers.remove(task)

    @property
    def is_settled(self) -> bool:
        """True when nothing is due, and nothing waits to be read."""
        return self.audiences.due_at > 1e9 and self.pipeline._settling.is_settled

    def truth(self, now: float) -> Truth:
        """The truth of this moment, by the reports that it knows."""
        judged = self._expired_before, self.fleet.shown_at(now)
        return truth_with_ends(self.fleet, self._expired_before, now)._replace(judged=judged)

    def check_viewer(self, viewer: Viewer, true: Truth) -> None:
        """Check that somebody has all that its view shows now."""
        audience = self.audiences.get(viewer.view)
        viewer.check_is_up_to_date(true, audience.rows.id if audience else "", self.clock())

    def check_that_nothing_is_left(self) -> None:
        """Check that nothing is kept for viewers that have left."""
        audiences = self.audiences
        assert (len(audiences), audiences._filing.is_empty) == (0, True)
        kept = (audiences._by_name, audiences._following, audiences._concerned, self.hub._clients, self.hub.waiting)
        assert not any(kept)

    def note(self, event: Event, now: float) -> None:
        """Note an event that it has made, with the truth."""
        self._made[event] = now, self.truth(now)

    def _start(self, coroutine: Any) -> "asyncio.Task[None]":
        return self._loop.create_task(coroutine, context=self._context)

    def _note_looks(self) -> None:
        """Have each look note by which moment errors had expired in it, one that is skipped too."""
        current = self.pipeline._settling.current
        look, can_skip_look = current.look, current.can_skip_look

        def noted() -> Steps[None]:
            expired_before = self.fleet.shown_at(self.clock())
            yield from look()
            self._expired_before = expired_before

        def skipped() -> bool:
            can_skip = can_skip_look()
            if can_skip:
                self._expired_before = self.fleet.shown_at(self.clock())
            return can_skip

        current.look = noted  # type: ignore[method-assign]
        current.can_skip_look = skipped  # type: ignore[method-assign]


def noting_events() -> ExitStack:
    """Have each event noted by the replica that makes it, until what this returns is closed."""
    stack = ExitStack()
    for module, encode, now_at in (
        (audience_module, encode_change, 5),
        (served_frame, encode_frame, 2),
        (settling_module, encode_frame, 2),
    ):
        stack.enter_context(patch.object(module, encode.__name__, _noting(encode, now_at=now_at)))
    return stack


def _noting(encode: Callable[..., Steps[Any]], *, now_at: int) -> Callable[..., Steps[Any]]:
    def noted(*arguments: Any, **options: Any) -> Steps[Any]:
        event = yield from encode(*arguments, **options)
        _REPLICA.get().note(event, arguments[now_at])
        return event

    return noted
