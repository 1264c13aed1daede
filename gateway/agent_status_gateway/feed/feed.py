"""Redis → news. Before it comes redis_client.py, which talks to Redis; after it the pipeline, which takes the `news`.

The feed subscribes, awaits the acknowledgement, and reads everything that is not known. Only then is it live. Then it
reads what workers that are gone have said last. It is lost when the subscription ends or Redis does not answer, when
Redis refuses writes (then no worker can report), when a read fails, or when this process was stopped itself. Then it
starts again.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from agent_status_gateway.feed.news import (
    ClockTicked,
    FullRead,
    KeptRead,
    Live,
    Lost,
    Malformed,
    ReportHeard,
    news_queue,
)
from agent_status_gateway.feed.redis_client import Primary, RedisClient, SubscriptionLostError
from agent_status_gateway.tasks import Turns, together
from agent_status_publisher.contract.reading import KEPT, Known
from agent_status_publisher.contract.redaction import redacted
from agent_status_publisher.contract.wire import MalformedReportError, decode_message

logger = logging.getLogger(__name__)

PING_SECONDS: Final = 0.5
"""Seconds between two pings of the channel's connection."""
PROBE_SECONDS: Final = 1.0
"""Seconds between two probes, which write to Redis and ask for its clock."""
ANSWER_SECONDS: Final = 3.0
"""The feed is lost when Redis has not answered for this many seconds."""
LATE_SECONDS: Final = 1.0
"""This process was stopped if it wakes this many seconds late."""
RETRY_SECONDS: Final = 0.5
"""Seconds between a loss and the next attempt."""
READ_SECONDS_WITHOUT_WORKERS: Final = 10.0
"""Seconds between two readings while no worker is live; else two heartbeats."""
MIN_READ_SECONDS: Final = 0.2
"""Fewest seconds between two readings, however short the heartbeat."""


class FeedLostError(Exception):
    """The reason why the feed is lost, when it is not redis-py's."""

    def __init__(self, reason: str, kind: str) -> None:
        super().__init__(reason)
        self.kind = kind


class Feed:
    """The feed of one replica.

    Args:
        redis: The way to Redis.
        clock: Gives monotonic seconds.
        shortest_heartbeat: Gives the fleet's shortest heartbeat in seconds; None without a worker.
        known_reports: Gives the reports that a reading need not bring.
        kept_reports: Gives the known reports of workers that are gone.
    """

    def __init__(
        self,
        redis: RedisClient,
        clock: Callable[[], float],
        shortest_heartbeat: Callable[[], float | None],
        known_reports: Callable[[], Known],
        kept_reports: Callable[[], Known],
    ) -> None:
        self.news = news_queue()
        self._redis = redis
        self._clock = clock
        self._shortest_heartbeat = shortest_heartbeat
        self._known_reports = known_reports
        self._kept_reports = kept_reports
        self._wanted = asyncio.Event()
        self._answered_at = clock()
        self._awake_at = clock()

    def want_reading(self) -> None:
        """Read everything again now, not when it is next due."""
        self._wanted.set()

    async def run(self) -> None:
        """Run until cancelled, and start again whenever the feed is lost."""
        while True:
            reason, kind = "the subscription ended", "subscription"
            try:
                async with self._redis.primary() as primary:
                    await self._run_live(primary)
            except Exception as error:  # noqa: BLE001 - redis-py's, ours, or any other: go on
                reason, kind = _reason_of(error), _kind_of(error)
            await self.news.put(Lost(reason, self._lost_since(), kind))
            await asyncio.sleep(RETRY_SECONDS)

    def _lost_since(self) -> float:
        """The moment of Redis's last answer in time; one that waited while this process was stopped does not count."""
        was_stopped = self._late_seconds > LATE_SECONDS
        return min(self._answered_at, self._awake_at) if was_stopped else self._answered_at

    @property
    def _late_seconds(self) -> float:
        return self._clock() - self._awake_at - PING_SECONDS

    async def _run_live(self, primary: Primary) -> None:
        async with asyncio.timeout(ANSWER_SECONDS):
            await primary.subscribe()
            await primary.probe()
        asked_at = self._clock()
        reading = await primary.read(self._known_reports(), ANSWER_SECONDS)
        self._answered_at = self._awake_at = self._clock()
        await self.news.put(Live(reading, asked_at))
        await together(
            feed_listen=self._listen(primary),
            feed_watch=self._watch(primary),
            feed_probe=self._probe_again(primary),
            feed_read=self._read_again(primary, reading.stamps),
        )

    async def _listen(self, primary: Primary) -> None:
        turns = Turns()
        while True:
            await turns.next()
            message = await primary.next_message()
            self._answered_at = self._clock()
            if message is not None:
                try:
                    await self.news.put(ReportHeard(decode_message(message), self._answered_at))
                except MalformedReportError as error:
                    await self.news.put(Malformed(error))

    async def _watch(self, primary: Primary) -> None:
        """Ask for answers, since nothing else shows that a connection is half open; notice when we could not ask."""
        while True:
            self._awake_at = self._clock()
            await asyncio.sleep(PING_SECONDS)
            self._check_that_it_was_awake()
            unanswered_seconds = self._clock() - self._answered_at
            if unanswered_seconds > ANSWER_SECONDS:
                raise FeedLostError(f"Redis has not answered for {unanswered_seconds:.1f} s", "silence")
            async with asyncio.timeout(ANSWER_SECONDS):
                await primary.ping()

    def _check_that_it_was_awake(self) -> None:
        if (late_seconds := self._late_seconds) > LATE_SECONDS:
            raise FeedLostError(f"this process was stopped for {late_seconds:.1f} s", "stopped")

    async def _probe_again(self, primary: Primary) -> None:
        while True:
            await asyncio.sleep(PROBE_SECONDS)
            async with asyncio.timeout(ANSWER_SECONDS):
                await primary.probe()
                asked_at = self._clock()
                time_ms = await primary.time_ms()
            self._check_that_it_was_awake()
            await self.news.put(ClockTicked(time_ms, asked_at, self._clock()))

    async def _read_again(self, primary: Primary, read: Known) -> None:
        """Read what is kept, but for these reports, which were read already. Then read again, for ever."""
        asked_at = self._clock()
        kept = await primary.read({**self._kept_reports(), **read}, ANSWER_SECONDS, of=KEPT)
        self._check_that_it_was_awake()
        await self.news.put(KeptRead(kept))
        while True:
            # A worker that comes during the wait may have a shorter heartbeat: look again every second.
            while not self._wanted.is_set() and (left := asked_at + self._reading_seconds() - self._clock()) > 0:
                try:
                    async with asyncio.timeout(min(left, PROBE_SECONDS)):
                        await self._wanted.wait()
                except TimeoutError:
                    pass
            self._wanted.clear()
            asked_at = self._clock()
            reading = await primary.read(self._known_reports(), ANSWER_SECONDS)
            self._check_that_it_was_awake()
            await self.news.put(FullRead(reading, asked_at))

    def _reading_seconds(self) -> float:
        heartbeat_seconds = self._shortest_heartbeat()
        if heartbeat_seconds is None:
            return READ_SECONDS_WITHOUT_WORKERS
        return max(2 * heartbeat_seconds, MIN_READ_SECONDS)


def _reason_of(error: Exception) -> str:
    """One line for an operator."""
    if isinstance(error, FeedLostError | SubscriptionLostError):
        return str(error)
    if isinstance(error, TimeoutError) and not str(error):
        return f"Redis has not answered within {ANSWER_SECONDS:g} s"
    return f"{type(error).__name__}: {redacted(error)}"


def _kind_of(error: Exception) -> str:
    """The reason in short, as a metric's label."""
    if isinstance(error, FeedLostError):
        return error.kind
    if isinstance(error, SubscriptionLostError):
        return "subscription"
    return "silence" if isinstance(error, TimeoutError) else type(error).__name__
