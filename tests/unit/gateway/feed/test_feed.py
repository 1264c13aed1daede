"""The feed's news from a Redis that is well, in a process that was stopped or not."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import TypeVar, cast

from agent_status_gateway.feed.feed import Feed
from agent_status_gateway.feed.news import ClockTicked, FullRead, KeptRead, Live, Lost, News, ReportHeard
from agent_status_gateway.feed.redis_client import RedisClient
from agent_status_publisher.contract.reading import ALL, KEPT, Known, Reading
from agent_status_publisher.contract.wire import Stamp
from chaos.workers.reports import EPOCH_MS, reading

T = TypeVar("T", bound=News)
STOPPED_SECONDS = 5.0
KNOWN = {"w1": Stamp(7, EPOCH_MS)}
KEPT_BEFORE = {"w2": Stamp(3, EPOCH_MS)}
KEPT_NOW = reading(at=1.0)


class StubRedis:
    """A client and a primary in one. It always answers, and `read` takes as long as the process was stopped."""

    def __init__(self) -> None:
        self.now = 100.0
        self.read_seconds = 0.0
        self.asked: list[Known] = []
        self.asked_for_kept: list[Known] = []
        self.messages: list[bytes] = []

    @asynccontextmanager
    async def primary(self) -> AsyncIterator["StubRedis"]:
        yield self

    async def subscribe(self) -> None:
        pass

    async def probe(self) -> None:
        pass

    async def ping(self) -> None:
        pass

    async def next_message(self) -> bytes:
        if not self.messages:
            await asyncio.Event().wait()
        return self.messages.pop()

    async def time_ms(self) -> int:
        return EPOCH_MS

    async def read(self, known: Known, _answer_seconds: float, *, of: str = ALL) -> Reading:
        if of == KEPT:
            self.asked_for_kept.append(known)
            return KEPT_NOW
        self.asked.append(known)
        self.now += self.read_seconds
        return reading()


def news_of(redis: StubRedis, kind: type[T], act: Callable[[Feed], None]) -> tuple[list[News], T]:
    """Act on a feed that is live; return its news up to the first of that kind, and that one."""

    async def collect() -> tuple[list[News], T]:
        before: list[News] = []
        feed = Feed(cast("RedisClient", redis), lambda: redis.now, lambda: None, lambda: KNOWN, lambda: KEPT_BEFORE)
        task = asyncio.create_task(feed.run())
        try:
            async with asyncio.timeout(10):
                assert isinstance(await feed.news.get(), Live)
                await asyncio.sleep(0)  # its loops begin
                act(feed)
                while not isinstance(news := await feed.news.get(), kind):
                    if news != KeptRead(KEPT_NOW):
                        before.append(news)
                return before, news
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    return asyncio.run(collect())


def test_a_reading_that_came_while_this_process_was_stopped_does_not_count() -> None:
    redis = StubRedis()

    def stop_at_the_next_reading(feed: Feed) -> None:
        redis.read_seconds = STOPPED_SECONDS
        feed.want_reading()

    before, lost = news_of(redis, Lost, stop_at_the_next_reading)
    assert before == []
    assert (lost.kind, lost.since) == ("stopped", 100.0)


def test_each_reading_is_asked_for_what_is_not_known() -> None:
    redis = StubRedis()
    news_of(redis, FullRead, Feed.want_reading)
    assert redis.asked == [KNOWN, KNOWN]


def test_what_is_kept_is_read_once_and_but_for_what_is_known() -> None:
    redis = StubRedis()
    _, read = news_of(redis, KeptRead, Feed.want_reading)
    assert read == KeptRead(KEPT_NOW)
    assert redis.asked_for_kept == [KEPT_BEFORE]


def test_a_reading_that_is_wanted_is_news() -> None:
    _, read = news_of(StubRedis(), FullRead, Feed.want_reading)
    assert read == FullRead(reading(), asked_at=100.0)


def test_a_report_says_when_it_came_however_long_it_waits_for_the_pipeline() -> None:
    redis = StubRedis()
    redis.messages = [b"w1 8 %d {}" % EPOCH_MS]

    def be_late(_: Feed) -> None:
        redis.now += STOPPED_SECONDS

    _, heard = news_of(redis, ReportHeard, be_late)
    assert (heard.report.seq, heard.came_at) == (8, 100.0)


def test_what_rediss_clock_says_is_news_without_being_wanted() -> None:
    _, ticked = news_of(StubRedis(), ClockTicked, lambda _: None)
    assert ticked == ClockTicked(EPOCH_MS, asked_at=100.0, came_at=100.0)
