"""The story, from a report to every dashboard, in three small loops. Start reading here.

    feed ──► take in: inbox ► fleet ──► send when due: fold ► debounce ► frame ──► hub ──► streams

`take in` gives the fleet what the feed brings. While a window is open, reports only wait in the inbox. `send when due`
folds reports into rows whenever these may have changed: at news or a deadline while all is quiet, and when a window
closes. It broadcasts one frame a window. `serve joiners` makes the first frame of clients that wait for a large one.

Nothing holds the event loop: what can be long is done in steps. `_settling` is held during them, so that no frame is
made of half a reading, and no row changes while a frame is made.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from agent_status_gateway.current_frame import CurrentFrame
from agent_status_gateway.fanout.events.frames import Frame
from agent_status_gateway.fanout.hub import Hub
from agent_status_gateway.feed.feed import Feed
from agent_status_gateway.feed.health import FeedHealth
from agent_status_gateway.feed.inbox import Inbox
from agent_status_gateway.feed.malformed_log import MalformedLog
from agent_status_gateway.feed.news import ClockTicked, FullRead, Live, Lost, Malformed, News, ReportHeard
from agent_status_gateway.state.debounce import Debounce
from agent_status_gateway.state.fleet import Fleet
from agent_status_gateway.state.steps import Steps, at_once
from agent_status_gateway.state.workers import Workers, describe_workers
from agent_status_gateway.tasks import RESTART_SECONDS, Turns, in_steps, together
from agent_status_gateway.telemetry.metrics import Metrics
from agent_status_publisher.contract.reading import Known, Reading
from agent_status_publisher.contract.wire import MalformedReportError

logger = logging.getLogger(__name__)

LEAD_SHARE: Final = 1.5
"""The inbox is read this many times as long before a window closes as that took the last time."""
MIN_LEAD_SECONDS: Final = 0.01
"""Below this many seconds there is no lead: nobody notices so short a delay."""


class Pipeline:
    """The three loops. `clock` gives monotonic seconds, as the feed's clock does."""

    def __init__(
        self, *, feed: Feed, fleet: Fleet, debounce: Debounce, hub: Hub, metrics: Metrics, clock: Callable[[], float]
    ) -> None:
        self._feed = feed
        self._fleet = fleet
        self._debounce = debounce
        self._hub = hub
        self._metrics = metrics
        self._clock = clock
        self._inbox = Inbox()
        self._malformed = MalformedLog(metrics, clock)
        self._current = CurrentFrame(fleet, debounce, metrics, clock)
        self._settling = asyncio.Lock()
        self._look = asyncio.Event()
        self._has_joiners = asyncio.Event()
        self._has_snapshot = asyncio.Event()
        self._wait_no_longer = asyncio.Event()
        self._reading_seconds = 0.0  # that the inbox took in this window
        self._lead_seconds = 0.0
        self.health = FeedHealth(clock)

    async def run(self) -> None:
        """Run the loops, the feed and the hub until cancelled; a defect in one restarts all of them."""
        while True:
            try:
                await together(
                    feed=self._feed.run(),
                    take_in=self._take_in(),
                    send_when_due=self._send_when_due(),
                    serve_joiners=self._serve_joiners(),
                    hub=self._hub.run(self.health.event),
                )
            except Exception:
                logger.exception("the pipeline has failed and starts again")
                self._current.begin_again()
            self._lost(Lost("the pipeline has failed", self._clock(), "defect"))
            await asyncio.sleep(RESTART_SECONDS)

    async def wait_for_snapshot(self, seconds: float | None) -> bool:
        """Wait that long, or without a limit, for the first snapshot; True if there is one to serve."""
        try:
            async with asyncio.timeout(seconds):
                await self._wait_no_longer.wait()
        except TimeoutError:
            return False
        return self.has_snapshot

    def stop_waiting(self) -> None:
        """Release all that wait for the first snapshot: this replica will not have one."""
        self._wait_no_longer.set()

    @property
    def has_snapshot(self) -> bool:
        """True when there is a snapshot to serve, stale or not."""
        return self._has_snapshot.is_set()

    def frame_at_once(self) -> Frame | None:
        """Return the frame of now, a moment old at most; None if it is large, or cannot be made in an instant."""
        frame = self._current.serving
        if frame is not None:
            return None if frame.is_large else frame
        if self._settling.locked() or not (self._inbox.is_short and self._current.is_short):
            return None
        at_once(self._settle())
        frame = at_once(self._current.renew())
        return None if frame.is_large else frame

    async def frame(self) -> Frame:
        """Return the frame of now, a moment old at most, however large."""
        async with self._settling:
            frame = self._current.serving
            return await self._make_frame() if frame is None else frame

    def want_frame_for_joiners(self) -> None:
        """Have the clients served that wait for their first event."""
        self._has_joiners.set()

    def known_reports(self) -> Known:
        """The reports that a reading need not bring: the fleet knows them, or will before it takes the reading."""
        return {**self._fleet.known_reports(), **self._inbox.newer_reports(self._fleet.known_seq)}

    async def workers(self) -> Workers:
        """Describe all workers that this replica knows."""
        async with self._settling:
            await in_steps(self._settle())  # so that workers whose lease has expired are reported as lost
            return await in_steps(describe_workers(self._fleet.workers, self._clock()))

    async def _take_in(self) -> None:
        turns = Turns()
        while True:
            await turns.next()
            if await self._took(await self._feed.news.get()):
                self._look.set()  # also while a window is open: a reading opens it itself

    async def _took(self, news: News) -> bool:
        """Give the news to the inbox or the fleet; True if the snapshot may have changed."""
        now = self._clock()
        if isinstance(news, ReportHeard):
            self._metrics.reports.inc()
            self.health.report_heard(news.report.worker_id)
            self._inbox.put(news.report, now)
            return self._has_changed_by_report()
        if isinstance(news, ClockTicked):
            self._fleet.tick(news.time_ms, news.asked_at, news.came_at)
            return False
        if isinstance(news, Malformed):
            self._malformed.note(news.error)
            return False
        async with self._settling:
            await in_steps(self._read_inbox())
            match news:
                case FullRead(reading, asked_at):
                    self._metrics.full_reads.inc()
                    self.health.fully_read(reading, self._fleet.known_seq)
                    await self._read_all(reading, asked_at, now)
                case Live(reading, asked_at):
                    self._live(now)
                    await self._read_all(reading, asked_at, now)
                    self._has_snapshot.set()
                    self._wait_no_longer.set()
                case Lost():
                    self._lost(news)
        return True

    def _has_changed_by_report(self) -> bool:
        """Read the inbox while all is quiet, or when it is full; True if the rows have changed."""
        if (self._debounce.is_open or not self.has_snapshot) and not self._inbox.is_full:
            return False
        if self._settling.locked() or not self._inbox.is_short:
            return True
        before = self._current.id
        at_once(self._settle())
        return self._current.id != before

    async def _read_all(self, reading: Reading, asked_at: float, now: float) -> None:
        for error in await in_steps(self._fleet.read_in_steps(reading, asked_at, now)):
            self._malformed.note(error)
        await in_steps(self._look_at_rows())

    def _settle(self) -> Steps[None]:
        """Read the inbox, and bring the rows up to date."""
        yield from self._read_inbox()
        yield from self._look_at_rows()

    def _look_at_rows(self) -> Steps[None]:
        """Bring the rows up to date. If that opens a window, wake the loop that sends: it must know when it closes."""
        was_open = self._debounce.is_open
        yield from self._current.look()
        if self._debounce.is_open and not was_open:
            self._look.set()

    def _read_inbox(self) -> Steps[None]:
        """Give the fleet the reports that wait now, a report a step. What is left is read the next time.

        Each is folded at once: so the report before it is dropped, and garbage is collected seldom.
        """
        for _ in range(len(self._inbox)):
            if (unread := self._inbox.take()) is None:
                return
            try:
                self._fleet.hear(unread.report, unread.came_at)
            except MalformedReportError as error:
                self._malformed.note(error)
                if unread.has_displaced:
                    self._feed.want_reading()
            else:
                yield from self._current.fold()
            yield

    async def _send_when_due(self) -> None:
        await self._has_snapshot.wait()
        await self._hub.broadcast(await self._newest_frame())  # after a restart, some may not have got the last one
        while True:
            self._look.clear()
            if not self._debounce.is_open or self._clock() >= self._debounce.closes_at - self._lead_seconds:
                await self._look_again()
            if self._debounce.is_due(self._clock()):
                await self._send()
            # While all is quiet, what has become due since the last look is looked at now.
            now = self._clock() if self._debounce.is_open else self._current.looked_at
            if self._fleet.wants_reading(now):
                self._feed.want_reading()
            if self._debounce.is_open or not self._inbox:  # else, read at once what came during the steps
                await self._wait_until(min(self._reads_at(now), self._current.next_deadline(now)))

    async def _newest_frame(self) -> Frame:
        is_settled = not self._inbox and self._current.is_settled(self._clock())
        if is_settled and self._current.is_short and not self._settling.locked():
            return at_once(self._current.renew())
        async with self._settling:
            return await self._make_frame()

    async def _make_frame(self) -> Frame:
        await in_steps(self._settle())
        return await in_steps(self._current.renew())

    async def _look_again(self) -> None:
        was_open, began_at = self._debounce.is_open, self._clock()
        if not self._inbox and self._current.is_settled(began_at):
            return
        async with self._settling:
            await in_steps(self._settle())
        if was_open:
            self._reading_seconds += self._clock() - began_at

    async def _send(self) -> None:
        """Close the window, and send what has changed."""
        changed_at, snapshot_id = self._debounce.opened_at, self._current.id
        lead_seconds = min(LEAD_SHARE * self._reading_seconds, self._debounce.window_seconds / 2)
        self._lead_seconds = 0.0 if lead_seconds < MIN_LEAD_SECONDS else lead_seconds
        self._reading_seconds = 0.0
        if not self._hub:
            self._debounce.sent(snapshot_id)
            return
        frame = await self._newest_frame()
        began_at = self._clock()
        self._debounce.sent(frame.id)
        await self._hub.broadcast(frame)
        self._metrics.observe_broadcast(changed_at=changed_at, began_at=began_at, ended_at=self._clock())

    def _reads_at(self, now: float) -> float:
        """When the inbox is read next: a while before the open window closes, and at its close."""
        closes_at = self._debounce.closes_at
        return closes_at - self._lead_seconds if now < closes_at - self._lead_seconds else closes_at

    async def _wait_until(self, moment: float) -> None:
        try:
            async with asyncio.timeout(None if moment == float("inf") else max(0.0, moment - self._clock())):
                await self._look.wait()
        except TimeoutError:
            pass

    async def _serve_joiners(self) -> None:
        while True:
            await self._has_joiners.wait()
            self._has_joiners.clear()
            await self._hub.serve_waiting(await self.frame(), self.health.event)

    def _live(self, now: float) -> None:
        outage_seconds = self.health.went_live(now)
        if outage_seconds is not None:
            self._fleet.outage_ended(now, outage_seconds)
            self._hub.broadcast_feed(self.health.event())

    def _lost(self, lost: Lost) -> None:
        if self.health.went_lost(lost):
            self._metrics.feed_losses.labels(lost.kind).inc()
            self._fleet.outage_began(self._clock())
            self._hub.broadcast_feed(self.health.event())
