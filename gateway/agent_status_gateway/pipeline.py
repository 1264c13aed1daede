"""The story, from a report to every dashboard, in two small loops. Start reading here.

    feed ──► take in: inbox ► fleet ──► send when due: snapshot ► debounce ► frame ──► hub ──► streams

`take in` gives the fleet what the feed brings. While a window is open, reports only wait in the inbox. `send when due`
takes a snapshot whenever it may have changed: at news or a deadline while all is quiet, and when a window closes. It
broadcasts one frame a window. A client that joins and the JSON endpoint get theirs from `frame()`.
"""

import asyncio
import logging
from collections.abc import Callable

from agent_status_gateway.current_frame import CurrentFrame
from agent_status_gateway.fanout.frames import Frame
from agent_status_gateway.fanout.hub import Hub
from agent_status_gateway.feed.feed import Feed
from agent_status_gateway.feed.health import FeedHealth
from agent_status_gateway.feed.inbox import Inbox
from agent_status_gateway.feed.malformed_log import MalformedLog
from agent_status_gateway.feed.news import ClockTicked, FullRead, Live, Lost, Malformed, News, ReportHeard
from agent_status_gateway.state.debounce import Debounce
from agent_status_gateway.state.fleet import Fleet
from agent_status_gateway.state.workers import Workers, describe_workers
from agent_status_gateway.tasks import RESTART_SECONDS, together
from agent_status_gateway.telemetry.metrics import Metrics
from agent_status_publisher.contract.reading import Reading
from agent_status_publisher.contract.wire import MalformedReportError

logger = logging.getLogger(__name__)


class Pipeline:
    """The two loops. `clock` gives monotonic seconds, as the feed's clock does."""

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
        self._look = asyncio.Event()
        self._has_snapshot = asyncio.Event()
        self._wait_no_longer = asyncio.Event()
        self.health = FeedHealth(clock)

    async def run(self) -> None:
        """Run both loops, the feed and the hub until cancelled; a defect in one restarts all of them."""
        while True:
            try:
                await together(
                    feed=self._feed.run(),
                    take_in=self._take_in(),
                    send_when_due=self._send_when_due(),
                    hub=self._hub.run(self.health.event),
                )
            except Exception:
                logger.exception("the pipeline has failed and starts again")
            self._lost(Lost("the pipeline has failed", self._clock(), "defect"))
            await asyncio.sleep(RESTART_SECONDS)

    async def wait_for_snapshot(self, seconds: float) -> bool:
        """Wait that long for the first snapshot; True if there is one to serve."""
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

    def frame(self) -> Frame:
        """Return the frame of now, a moment old at most."""
        frame = self._current.serving
        if frame is not None:
            return frame
        was_open = self._debounce.is_open
        frame = self._new_frame()
        if self._debounce.is_open and not was_open:
            self._look.set()  # the client that asked has seen a change before the loop did
        return frame

    def workers(self) -> Workers:
        """Describe all workers that this replica knows."""
        self.frame()  # refreshes the fleet, so that workers whose lease has expired are reported as lost
        return describe_workers(self._fleet.workers, self._clock())

    async def _take_in(self) -> None:
        while True:
            if self._took(await self._feed.news.get()) and not self._debounce.is_open:
                self._look.set()

    def _took(self, news: News) -> bool:
        """Give the news to the inbox or the fleet; True if the snapshot may have changed."""
        now = self._clock()
        if isinstance(news, ReportHeard):
            self._metrics.reports.inc()
            self.health.report_heard(news.report.worker_id)
            self._inbox.put(news.report, now)
            return False if self._debounce.is_open and not self._inbox.is_full else self._read_inbox()
        if isinstance(news, ClockTicked):
            self._fleet.tick(news.time_ms, news.asked_at, news.came_at)
            return False
        self._read_inbox()
        match news:
            case FullRead(reading, asked_at):
                self._metrics.full_reads.inc()
                self.health.fully_read(reading, self._fleet.known_seq)
                self._read_all(reading, asked_at, now)
            case Live(reading, asked_at):
                self._live(now)
                self._read_all(reading, asked_at, now)
                self._has_snapshot.set()
                self._wait_no_longer.set()
            case Malformed(error):
                self._malformed.note(error)
                return False
            case Lost():
                self._lost(news)
        return True

    def _read_inbox(self) -> bool:
        """Give the fleet the reports that have waited; True if the snapshot may have changed."""
        has_changed = False
        for unread in self._inbox.take():
            try:
                has_changed |= self._fleet.hear(unread.report, unread.came_at)
            except MalformedReportError as error:
                self._malformed.note(error)
                if unread.has_displaced:
                    self._feed.want_reading()
        return has_changed

    def _read_all(self, reading: Reading, asked_at: float, now: float) -> None:
        for error in self._fleet.read(reading, asked_at, now):
            self._malformed.note(error)

    async def _send_when_due(self) -> None:
        await self._has_snapshot.wait()
        await self._hub.broadcast(self._new_frame())  # after a restart, some clients may not have got the last one
        while True:
            self._look.clear()
            now = self._clock()
            if not self._debounce.is_open or self._debounce.is_due(now):
                frame = self._new_frame()
                now = frame.made_at
                if self._debounce.is_due(now):
                    changed_at, began_at = self._debounce.opened_at, self._clock()
                    self._debounce.sent(frame.fingerprint)
                    await self._hub.broadcast(frame)
                    self._metrics.observe_broadcast(changed_at=changed_at, began_at=began_at, ended_at=self._clock())
            if self._fleet.wants_reading(now):
                self._feed.want_reading()
            wake_at = min(self._debounce.closes_at, self._fleet.next_deadline(now))
            try:
                async with asyncio.timeout(None if wake_at == float("inf") else max(0.0, wake_at - self._clock())):
                    await self._look.wait()
            except TimeoutError:
                pass

    def _new_frame(self) -> Frame:
        self._read_inbox()
        return self._current.renew()

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
