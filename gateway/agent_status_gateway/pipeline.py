"""The story, from a word to every dashboard, in two small loops. Start reading here.

    feed ──► take in: inbox ► fleet ──► speak when due: picture ► debounce ► frame ──► hub ──► streams

`take in` tells the fleet what the feed brings; while a window is open, words only wait in the inbox. `speak when due`
looks at the picture when it may have changed (news or a deadline in quiet, a window that closes) and broadcasts one
frame a window. A client that joins, and the JSON endpoint, look at the picture too, through `frame()`.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from agent_status_gateway.fanout.client import Client, Peer, Transport
from agent_status_gateway.fanout.encoders import Encoder
from agent_status_gateway.fanout.frames import FeedState, Frame, encode_frame, feed_event
from agent_status_gateway.fanout.hub import Hub
from agent_status_gateway.feed.feed import Feed
from agent_status_gateway.feed.inbox import Inbox
from agent_status_gateway.feed.malformed_log import MalformedLog
from agent_status_gateway.feed.missed_reports import MissedReports
from agent_status_gateway.feed.news import ClockTicked, FullRead, Live, Lost, Malformed, News, ReportHeard
from agent_status_gateway.state.debounce import Debounce
from agent_status_gateway.state.fleet import Fleet
from agent_status_gateway.state.snapshot import take_snapshot
from agent_status_gateway.state.workers import Workers, describe_workers
from agent_status_gateway.tasks import together
from agent_status_gateway.telemetry.metrics import Metrics
from agent_status_publisher.contract.wire import MalformedReportError, Reading

logger = logging.getLogger(__name__)

FRAME_SECONDS: Final = 0.05
"""How long a frame serves joins and the JSON endpoint: durations have one decimal."""
FRAME_SHARE: Final = 20
"""And that many times as long as it took to make: a storm of joins must not cost a picture each."""
RESTART_SECONDS: Final = 1.0
NOT_READ_YET: Final = "Redis has not been read yet"


class Pipeline:
    """Owns the two loops. `clock` gives monotonic seconds, the same that the feed uses."""

    def __init__(
        self, *, feed: Feed, fleet: Fleet, debounce: Debounce, hub: Hub, metrics: Metrics, clock: Callable[[], float]
    ) -> None:
        self._feed = feed
        self._fleet = fleet
        self._debounce = debounce
        self._hub = hub
        self._metrics = metrics
        self._clock = clock
        self._look = asyncio.Event()
        self._has_snapshot = asyncio.Event()
        self._wait_no_longer = asyncio.Event()
        self._frame: Frame | None = None
        self._frame_until = 0.0
        self._inbox = Inbox()
        self.silence = MissedReports()
        self._malformed = MalformedLog(metrics, clock)
        self._since = clock()
        self.lost_reason: str | None = NOT_READ_YET
        """Why the picture is not fresh; None while it is."""

    async def run(self) -> None:
        """Both loops, the feed and the hub, until cancelled. A defect in one restarts all: the gateway never stops."""
        while True:
            try:
                await together(
                    feed=self._feed.run(),
                    take_in=self._take_in(),
                    speak_when_due=self._speak_when_due(),
                    hub=self._hub.run(),
                )
            except Exception:
                logger.exception("the pipeline has failed and begins anew")
            self._lost(Lost("the pipeline has failed", self._clock(), "defect"))
            await asyncio.sleep(RESTART_SECONDS)

    async def wait_for_snapshot(self, seconds: float) -> bool:
        """Whether there is a picture to serve, after waiting that long for the first one."""
        try:
            async with asyncio.timeout(seconds):
                await self._wait_no_longer.wait()
        except TimeoutError:
            return False
        return self.has_snapshot

    def stop_waiting(self) -> None:
        """Let those go who wait for the first picture: this replica will not have it."""
        self._wait_no_longer.set()

    @property
    def has_snapshot(self) -> bool:
        """Whether there is a picture to serve, stale or not."""
        return self._has_snapshot.is_set()

    @property
    def missed_reports_reason(self) -> str | None:
        """That some workers are seen late, since the channel does not bring their words; None if it does."""
        workers = self.silence.workers
        if not workers:
            return None
        who = "1 worker is" if workers == 1 else f"{workers} workers are"
        return f"{who} not heard on the channel, only by reading Redis: changes are seen late; may they PUBLISH there?"

    @property
    def stale_seconds(self) -> float | None:
        """For how long Redis has not been heard; None while it is."""
        return None if self.lost_reason is None else self._clock() - self._since

    def frame(self) -> Frame:
        """The picture of now, encoded; a moment old at most."""
        if self._frame is not None and self._clock() < self._frame_until:
            return self._frame
        was_open = self._debounce.is_open
        frame = self._new_frame()
        if self._debounce.is_open and not was_open:
            self._look.set()  # whoever asked has seen a change before the loop did
        return frame

    def workers(self) -> Workers:
        """Who they all are, as well as is known here."""
        self.frame()  # whoever is lost is called so
        return describe_workers(self._fleet.workers, self._clock())

    def join(self, transport: Transport, encoder: Encoder, *, peer: Peer, wants_feed: bool) -> Client:
        """A client's place among those who listen; its first event is written."""
        state: FeedState = "live" if self.lost_reason is None else "lost"
        feed = feed_event(state, self._clock() - self._since) if wants_feed else b""
        return self._hub.join(transport, encoder, self.frame(), peer=peer, wants_feed=wants_feed, feed=feed)

    async def _take_in(self) -> None:
        while True:
            if self._took(await self._feed.news.get()) and not self._debounce.is_open:
                self._look.set()

    def _took(self, news: News) -> bool:
        """Tell the inbox or the fleet; True if the picture may have changed."""
        now = self._clock()
        if isinstance(news, ReportHeard):
            self._metrics.reports.inc()
            self.silence.heard(news.report.worker_id)
            self._inbox.put(news.report, now)
            return False if self._debounce.is_open and not self._inbox.is_full else self._read_inbox()
        if isinstance(news, ClockTicked):
            self._fleet.tick(news.time_ms, news.asked_at, news.came_at)
            return False
        self._read_inbox()
        match news:
            case FullRead(reading, asked_at):
                self._metrics.full_reads.inc()
                self._count_missed_reports(reading)
                self._note(self._fleet.read(reading, asked_at, now))
            case Live(reading, asked_at):
                self._live(now)
                self.silence.forget()
                self._note(self._fleet.read(reading, asked_at, now))
                self._has_snapshot.set()
                self._wait_no_longer.set()
            case Malformed(error):
                self._malformed.note(error)
                return False
            case Lost():
                self._lost(news)
        return True

    def _read_inbox(self) -> bool:
        """Tell the fleet what has come meanwhile; True if the picture may have changed."""
        has_changed = False
        for unread in self._inbox.take():
            try:
                has_changed |= self._fleet.hear(unread.report, unread.came_at)
            except MalformedReportError as error:
                self._malformed.note(error)
                if unread.has_displaced:
                    self._feed.want_reading()
        return has_changed

    async def _speak_when_due(self) -> None:
        await self._has_snapshot.wait()
        await self._hub.broadcast(self._new_frame())  # if we begin anew, somebody may not have got the last one
        while True:
            self._look.clear()
            now = self._clock()
            if not self._debounce.is_open or self._debounce.is_due(now):
                frame = self._new_frame()
                now = frame.made_at
                if self._debounce.is_due(now):
                    changed_at, began_at = self._debounce.opened_at, self._clock()
                    self._debounce.spoke(frame.fingerprint)
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
        """Look at the picture, and show it to the debounce."""
        self._read_inbox()
        now = self._clock()
        frame = self._frame = encode_frame(take_snapshot(self._fleet, now), now)
        self._frame_until = now + max(FRAME_SECONDS, FRAME_SHARE * (self._clock() - now))
        self._metrics.frames.inc()
        self._debounce.saw(frame.fingerprint, now)
        return frame

    def _live(self, now: float) -> None:
        if self.has_snapshot:
            self._fleet.outage_ended(now, now - self._since)
            logger.info("feed live again, after %.1f s", now - self._since)
            self._hub.broadcast_feed("live", 0.0)
        else:
            logger.info("feed live")
        self.lost_reason = None
        self._since = now

    def _lost(self, lost: Lost) -> None:
        if self.lost_reason is None:
            self._metrics.feed_losses.labels(lost.kind).inc()
            self._since = lost.since
            self._fleet.outage_began(self._clock())
            self._hub.broadcast_feed("lost", self._clock() - self._since)
        if self.lost_reason != lost.reason:
            logger.warning("feed lost, serving the last picture: %s", lost.reason)
        self.lost_reason = lost.reason

    def _count_missed_reports(self, reading: Reading) -> None:
        before = self.silence.workers
        self.silence.read(reading, self._fleet.known_seq)
        if self.silence.workers and not before:
            logger.warning("%s", self.missed_reports_reason)
        elif before and not self.silence.workers:
            logger.info("the channel is heard again")

    def _note(self, errors: tuple[MalformedReportError, ...]) -> None:
        for error in errors:
            self._malformed.note(error)
