"""News of a reader, which a thread reads, since reading blocks. The commands that stay are loops over it."""

import threading
import time
from collections.abc import Callable, Iterator
from queue import Empty, Queue
from typing import Final

from agent_status_gateway.cli.reader import Reader
from agent_status_gateway.cli.reading.problems import RefusedError
from agent_status_gateway.cli.terminal.view import Known, News, Trouble

TICK_SECONDS: Final = 0.5
"""Seconds between two looks at the clock, if there is no news."""
MOST_UNREAD: Final = 100
"""Maximum pieces of news that wait. With more, the thread stops to read."""


def start_reading(reader: Reader, on_news: Callable[[], None] | None = None) -> Queue[News]:
    """Start a thread that reads the news, and calls `on_news` after each piece."""
    unread: Queue[News] = Queue(MOST_UNREAD)
    threading.Thread(target=_read, args=(reader, unread, on_news), name="reader", daemon=True).start()
    return unread


def taken(unread: Queue[News], known: Known, each: Callable[[News], None] | None = None) -> Known:
    """Knowledge after all news that waits. `each` is called with each piece of it."""
    while True:
        try:
            news = unread.get_nowait()
        except Empty:
            return known.as_of(time.monotonic())
        known = known.after(news)
        if each is not None:
            each(news)


def listen(
    reader: Reader, *, check: Callable[[], None] | None = None, tick_seconds: float = TICK_SECONDS
) -> Iterator[tuple[News | None, Known]]:
    """Each piece of news with what is known after it, and None after each `tick_seconds` without news.

    Args:
        reader: Source of the news, read by a thread.
        check: Function to call each time. It raises to end the loop.
        tick_seconds: Longest time without a result.

    Raises:
        RefusedError: The gateway refuses, or the address is not a gateway's.
    """
    unread = start_reading(reader)
    known = Known()
    while True:
        if check is not None:
            check()
        try:
            news = unread.get(timeout=tick_seconds)
        except Empty:
            known = known.as_of(time.monotonic())
            yield None, known
            continue
        known = known.after(news).as_of(time.monotonic())
        refuse_if_final(known)
        yield news, known


def refuse_if_final(known: Known) -> None:
    """End the loop if there will be no more news.

    Raises:
        RefusedError: The gateway refuses, or the address is not a gateway's.
    """
    if known.trouble is not None and known.trouble.is_final:
        raise RefusedError(known.trouble.reason)


def _read(reader: Reader, unread: Queue[News], on_news: Callable[[], None] | None) -> None:
    try:
        for news in reader.read_news():
            unread.put(news)
            if on_news is not None:
                on_news()
            if isinstance(news, Trouble) and news.is_final:
                return
    except Exception as error:  # noqa: BLE001 - the main thread must learn that no more news will come
        unread.put(Trouble(reason=f"reading failed: {error!r}", retry_at=time.monotonic(), is_final=True))
