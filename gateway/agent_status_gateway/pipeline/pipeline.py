"""The story, from a report to every dashboard, in small loops. Start reading here.

    feed ──► take in: inbox ► settling: fleet ► rows ──► sending: debounce ► frame ──► hub ──► streams

`take in` gives the settling what the feed brings (settling.py). `send when due` sends what is news, at the close of a
window or at once; `serve waiting` makes events for clients that wait for one (sending.py). While no view wants news,
reports only wait in the inbox.
"""

import asyncio
import logging
from collections.abc import Callable

from agent_status_gateway.fanout.audience import Audience
from agent_status_gateway.fanout.audiences import Audiences
from agent_status_gateway.fanout.hub import Hub
from agent_status_gateway.feed.feed import Feed
from agent_status_gateway.feed.health import FeedHealth
from agent_status_gateway.feed.news import ClockTicked, FullRead, KeptRead, Live, Lost, Malformed, News, ReportHeard
from agent_status_gateway.pipeline.sending import Sending
from agent_status_gateway.pipeline.settling import Settling
from agent_status_gateway.state.fleet import Fleet
from agent_status_gateway.state.steps import at_once
from agent_status_gateway.state.views.view import View
from agent_status_gateway.tasks import RESTART_SECONDS, Turns, in_steps, together
from agent_status_gateway.telemetry.metrics import Metrics

logger = logging.getLogger(__name__)


class Pipeline:
    """The loops. `clock` gives monotonic seconds, as the feed's clock does."""

    def __init__(
        self, *, feed: Feed, fleet: Fleet, audiences: Audiences, hub: Hub, metrics: Metrics, clock: Callable[[], float]
    ) -> None:
        self._feed = feed
        self._fleet = fleet
        self._audiences = audiences
        self._hub = hub
        self._metrics = metrics
        self._clock = clock
        self._settling = settling = Settling(fleet, audiences, metrics, clock, feed.want_reading)
        self._sending = Sending(settling, audiences, hub, fleet, metrics, clock, feed.want_reading)
        self._has_snapshot = asyncio.Event()
        self._wait_no_longer = asyncio.Event()
        self.health = FeedHealth(clock)
        self.known_reports = settling.known_reports
        self.frame_at_once = settling.frame_at_once
        self.frame_unless = settling.frame_unless
        self.snapshot_id = settling.snapshot_id
        self.with_rows = settling.with_rows
        self.is_news = settling.is_news
        self.workers = settling.workers

    async def run(self) -> None:
        """Run the loops, the feed and the hub until cancelled; a defect in one restarts all of them."""
        while True:
            try:
                await together(
                    feed=self._feed.run(),
                    take_in=self._take_in(),
                    send_when_due=self._send_when_due(),
                    serve_waiting=self._sending.serve_waiting(self.health.event),
                    hub=self._hub.run(self.health.event),
                )
            except Exception:
                logger.exception("the pipeline has failed and starts again")
                self._settling.current.begin_again()
            await self._lost(Lost("the pipeline has failed", self._clock(), "defect"))
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

    def audience(self, view: View) -> Audience:
        """The audience of a view, for a client that joins at once."""
        return self._audiences.of(view)

    async def _send_when_due(self) -> None:
        await self._has_snapshot.wait()
        await self._sending.send_when_due()

    async def _take_in(self) -> None:
        turns = Turns()
        while True:
            await turns.next()
            if await self._took(await self._feed.news.get()):
                self._settling.has_earlier.set()

    async def _took(self, news: News) -> bool:
        """Give the news to the settling; True if the loop that sends must look."""
        now, settling = self._clock(), self._settling
        if isinstance(news, ReportHeard):
            self._metrics.reports.inc()
            self.health.report_heard(news.report.worker_id)
            settling.inbox.put(news.report, news.came_at)
            return self._has_changed_by_report(now)
        if isinstance(news, ClockTicked):
            self._fleet.redis_clock.tick(news.time_ms, news.asked_at, news.came_at)
            return False
        if isinstance(news, Malformed):
            settling.malformed(news.error)
            return False
        async with settling.lock:
            await in_steps(settling.read_inbox())
            match news:
                case FullRead(reading, asked_at):
                    self._metrics.full_reads.inc()
                    self.health.fully_read(reading, self._fleet.known_seq)
                    await in_steps(settling.read(reading, asked_at, now))
                case Live(reading, asked_at):
                    await self._live(now)
                    await in_steps(settling.read(reading, asked_at, now))
                    self._has_snapshot.set()
                    self._wait_no_longer.set()
                case KeptRead(reading):
                    await in_steps(settling.read_kept(reading, now))
                case Lost():
                    await self._lost(news)
        return True

    def _has_changed_by_report(self, now: float) -> bool:
        """Read the inbox if it is full, or some view would send news now; True if the loop that sends must look."""
        settling = self._settling
        if not self.has_snapshot:
            return False
        reads_at = self._sending.reads_at(now)
        if reads_at > now:
            self._sending.look_by(reads_at)
            return False
        if not settling.can_settle_at_once():
            return True
        before = settling.current.rows.id
        at_once(settling.settle())
        return settling.current.rows.id != before

    async def _live(self, now: float) -> None:
        outage_seconds = self.health.went_live(now)
        if outage_seconds is not None:
            self._fleet.outage_ended(now, outage_seconds)
            await self._hub.broadcast_feed(self.health.event())

    async def _lost(self, lost: Lost) -> None:
        if self.health.went_lost(lost):
            self._metrics.feed_losses.labels(lost.kind).inc()
            self._fleet.outage_began(self._clock())
            await self._hub.broadcast_feed(self.health.event())
