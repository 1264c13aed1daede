"""One replica's pipeline on a clock and an event loop that stand still, and viewers that block at random, without I/O.

Each event is noted when it is made, with the truth of that moment: the whole snapshot from all workers' reports. What a
viewer has folded must be its view's part of that truth, with each event that is written to it.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
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
from agent_status_gateway.feed.news import FullRead, Live, Lost, ReportHeard, news_queue
from agent_status_gateway.pipeline import settling as settling_module
from agent_status_gateway.pipeline.pipeline import Pipeline
from agent_status_gateway.state.fleet import Fleet
from agent_status_gateway.state.steps import Steps
from agent_status_gateway.state.views.view import View
from agent_status_gateway.telemetry.metrics import Metrics
from agent_status_publisher.contract.wire import RawReport, SessionRecord, WorkerRecord
from chaos.workers.reports import reading, report
from tests.model.fold_history import cancelled, older, older_end, still_counting
from tests.model.viewer import Viewer
from tests.support.builders.clock import Clock
from tests.support.builders.lines import PEER
from tests.support.ended_truth import truth_with_ends
from tests.support.whole_snapshot import Truth

WINDOW_SECONDS: Final = 1.0
BEAT_SECONDS: Final = 0.05
"""Time that a world lets pass when something is left to do."""
MOST_TURNS: Final = 3_000
"""Turns of the loop after which it should have come to rest."""


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


class ChangesWorld:
    """Reports, readings, outages, time and viewers for one pipeline."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.loop = SteppedLoop(self.clock)
        self.feed = SimulatedFeed()
        self.fleet = Fleet()
        self.audiences = Audiences(WINDOW_SECONDS, self.clock)
        self.hub = Hub(Limits(clients=1000), self.audiences, clock=self.clock)
        self.pipeline = Pipeline(
            feed=cast("Feed", self.feed),
            fleet=self.fleet,
            audiences=self.audiences,
            hub=self.hub,
            metrics=Metrics(),
            clock=self.clock,
        )
        self.viewers: list[Viewer] = []
        self.stored: dict[str, RawReport] = {}
        self.is_away = False
        self._numbers: dict[str, int] = {}
        self._expired_before = 0.0
        self._made: dict[Event, tuple[float, Truth]] = {}
        self._note_looks()
        self._patches = [
            patch.object(audience_module, "encode_change", self._noting(encode_change, now_at=5)),
            patch.object(served_frame, "encode_frame", self._noting(encode_frame, now_at=2)),
            patch.object(settling_module, "encode_frame", self._noting(encode_frame, now_at=2)),
        ]
        for one in self._patches:
            one.start()
        self._loops = [
            self.loop.create_task(self.pipeline._take_in()),
            self.loop.create_task(self.pipeline._send_when_due()),
            self.loop.create_task(self.pipeline._sending.serve_waiting(self.pipeline.health.event)),
        ]
        self._answers: list[asyncio.Task[None]] = []
        self.feed.news.put_nowait(Live(reading(), 0.0))
        self.rest()

    def close(self) -> None:
        """End everything."""
        for one in self._patches:
            one.stop()
        for task in (*self._loops, *self._answers):
            task.cancel()
        self.loop.turn()
        self.loop.close()

    # What comes

    def write(self, record: WorkerRecord) -> RawReport:
        """Have a worker write its next report."""
        seq = self._numbers[record.id] = self._numbers.get(record.id, 0) + 1
        raw = self.stored[record.id] = report(seq, record, at=self.clock())
        return raw

    def write_again(self, worker_id: str, *others: SessionRecord, ends: str | None = None) -> RawReport:
        """Have a worker report what it reported last, older by now, but for a few sessions and the key that it ends."""
        worker, age_ms = self.stored[worker_id].decode().record, self.age_ms(worker_id)
        held = {known.key: older(known, age_ms) for known in worker.sessions} | {other.key: other for other in others}
        ended = {run.key: older_end(run, age_ms) for run in worker.ended}
        if ends in held:
            ended[ends] = cancelled(held.pop(ends))
        return self.write(
            replace(
                worker,
                left=False,
                uptime_ms=worker.uptime_ms + age_ms,
                sessions=tuple(held.values()),
                ended=tuple(ended.values()),
            )
        )

    def age_ms(self, worker_id: str) -> int:
        """How old a worker's last report is."""
        return round(1000 * self.clock()) + reading().time_ms - self.stored[worker_id].at_ms

    def hear(self, raw: RawReport) -> None:
        """Have a report come on the channel, unless the feed is lost."""
        if not self.is_away:
            self.feed.news.put_nowait(ReportHeard(raw, self.clock()))

    def read(self) -> None:
        """Have a reading come."""
        self.feed.is_wanted = False
        if not self.is_away:
            self.feed.news.put_nowait(FullRead(self._reading(), self.clock()))

    def lose_the_feed(self) -> None:
        """Begin an outage."""
        self.is_away = True
        self.feed.news.put_nowait(Lost("a test", self.clock(), "test"))

    def find_the_feed(self) -> None:
        """End an outage."""
        self.is_away = False
        self.feed.news.put_nowait(Live(self._reading(), self.clock()))

    def _reading(self) -> Any:
        return reading(*still_counting(self.stored.values(), self.clock()), at=self.clock())

    # Viewers

    def join(self, view: View, *, wants_changes: bool, wants_feed: bool = False) -> Viewer:
        """Have somebody open a stream, as the endpoint does."""
        viewer, pipeline = Viewer(view, self._made, wants_changes=wants_changes), self.pipeline
        viewer.client = self.hub.join(
            viewer,
            viewer.encoder,
            pipeline.audience(view),
            pipeline.frame_at_once(view, wants_changes=wants_changes),
            peer=PEER,
            wants_changes=wants_changes,
            wants_feed=wants_feed,
            feed=pipeline.health.event() if wants_feed else b"",
        )
        self.viewers.append(viewer)
        return viewer

    def leave(self, viewer: Viewer) -> None:
        """Have somebody close a stream."""
        self.viewers.remove(viewer)
        viewer.is_blocked = True
        viewer.client.closed()

    def ask(self, view: View) -> None:
        """Have somebody ask for a view once. The answer must be true when it comes."""
        self._answers.append(self.loop.create_task(self._answered(view)))

    async def _answered(self, view: View) -> None:
        frame = self.pipeline.frame_at_once(view) or (await self.pipeline.frame_unless(view, ()))[1]
        assert frame is not None
        viewer = Viewer(view, self._made, wants_changes=False)
        viewer.check(frame, b"".join(frame.json))
        if viewer.faults:
            raise AssertionError("; ".join(viewer.faults))

    # Time

    def pass_(self, seconds: float) -> None:
        """Let time pass."""
        self.clock.pass_(seconds)

    def turn(self, times: int = 1) -> None:
        """Let the loop run for a few turns."""
        for _ in range(times):
            self.loop.turn()
        for task in [task for task in (*self._loops, *self._answers) if task.done()]:
            task.result()
            self._answers.remove(task)
        for viewer in self.viewers:
            if viewer.faults:
                raise AssertionError("; ".join(viewer.faults))

    def rest(self) -> None:
        """Let the loop run until it waits for time or for news."""
        for _ in range(MOST_TURNS):
            self.turn()
            if self.loop.is_at_rest:
                return
        raise AssertionError("the loop does not come to rest")

    def settle(self) -> None:
        """Let everybody read, and everything be sent. Then each viewer has what its view shows."""
        for _ in range(200):
            for viewer in self.viewers:
                viewer.unblock()
            if self.feed.is_wanted:
                self.read()
            self.rest()
            is_blocked = any(viewer.is_blocked for viewer in self.viewers)
            if self.audiences.due_at > 1e9 and self.pipeline._settling.is_settled and not is_blocked:
                break
            self.pass_(BEAT_SECONDS)
        else:
            raise AssertionError("something stays due")
        true = self._truth(now := self.clock())
        for viewer in self.viewers:
            audience = self.audiences.get(viewer.view)
            viewer.check_is_up_to_date(true, audience.rows.id if audience else "", now)

    def check_that_nothing_is_left(self) -> None:
        """Have all viewers leave. Nothing that was kept for them is kept."""
        for viewer in [*self.viewers]:
            self.leave(viewer)
        self.rest()
        audiences = self.audiences
        assert (len(audiences), audiences._filing.is_empty) == (0, True)
        kept = (audiences._by_name, audiences._following, audiences._concerned, self.hub._clients, self.hub.waiting)
        assert not any(kept)

    def _truth(self, now: float) -> Truth:
        judged = self._expired_before, self.fleet.shown_at(now)
        return truth_with_ends(self.fleet, self._expired_before, now)._replace(judged=judged)

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

    def _noting(self, encode: Callable[..., Steps[Any]], *, now_at: int) -> Callable[..., Steps[Any]]:
        """Have each event that is made noted with the truth."""

        def noted(*arguments: Any, **options: Any) -> Steps[Any]:
            event = yield from encode(*arguments, **options)
            now: float = arguments[now_at]
            self._made[event] = now, self._truth(now)
            return event

        return noted
