"""The loops of the commands that stay: `watch` shows what is known as it changes, `wait` ends when it is so.

A thread reads, since reading blocks; all else happens here. Before it comes the reader; after it views and lines.
"""

import threading
import time
from collections.abc import Callable, Iterator
from queue import Empty, Queue
from typing import Final

import orjson
from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from agent_status_gateway.cli.reader import Reader, RefusedError
from agent_status_gateway.cli.terminal.changes import changes, gateway_changes
from agent_status_gateway.cli.terminal.goal import Goal
from agent_status_gateway.cli.terminal.output import note, write, write_changes
from agent_status_gateway.cli.terminal.roster import worker_lines
from agent_status_gateway.cli.terminal.screen import Screen
from agent_status_gateway.cli.terminal.table import draw
from agent_status_gateway.cli.terminal.view import Feed, Known, News, ReceivedSnapshot, Trouble, view

TICK_SECONDS: Final = 0.5
WAIT_TICK_SECONDS: Final = 0.05
MOST_UNREAD: Final = 100
PIPE_WIDTH: Final = 200
"""Of what has no width of its own; programs take JSON."""
LEAST_HEIGHT: Final = 4


class NotReachedError(Exception):
    """What was waited for did not come in time."""


def listen(
    reader: Reader, *, check: Callable[[], None] | None = None, tick_seconds: float = TICK_SECONDS
) -> Iterator[tuple[News | None, Known]]:
    """Each piece of news with what is known after it; with None if there was none for `tick_seconds`.

    Args:
        reader: Is read from a thread of its own.
        check: Is called each time, and raises when it is over.
        tick_seconds: How long it may be quiet.

    Raises:
        RefusedError: There is nothing to wait for.
    """
    unread: Queue[News] = Queue(MOST_UNREAD)
    threading.Thread(target=_read, args=(reader, unread), name="reader", daemon=True).start()
    known = Known()
    while True:
        if check is not None:
            check()
        try:
            news = unread.get(timeout=tick_seconds)
        except Empty:
            yield None, known
            continue
        if isinstance(news, Trouble) and news.is_final:
            raise RefusedError(news.reason)
        known = known.hear(news)
        yield news, known


def _read(reader: Reader, unread: "Queue[News]") -> None:
    try:
        for news in reader.read_news():
            unread.put(news)
            if isinstance(news, Trouble) and news.is_final:
                return
    except Exception as error:  # noqa: BLE001 - whoever waits for news must hear that none will come
        unread.put(Trouble(reason=f"reading failed: {error!r}", retry_at=time.monotonic(), is_final=True))


def show(reader: Reader, matching: str = "", *, as_json: bool = False) -> None:
    """The picture of now: as high as it takes.

    Raises:
        ReaderError: There is none to be had.
    """
    received = reader.read_once()
    known = Known().hear(received)
    if received.stale_seconds is not None:
        known = known.hear(Feed(is_lost=True, since=received.at - received.stale_seconds))
        note(known.condition(received.at))
    if as_json:
        write([received.json(matching)])
        return
    console = Console()
    is_terminal = console.file.isatty()
    shown = view(known, received.at, url=reader.url, matching=matching)
    lines = draw(shown, console.width if is_terminal else PIPE_WIDTH)
    if is_terminal:
        console.print(Group(*lines))
    else:
        write([line.plain.rstrip() for line in lines])


def show_workers(reader: Reader, *, as_json: bool = False) -> None:
    """Who the workers are now.

    Raises:
        ReaderError: It is not to be had.
    """
    workers = reader.read_workers()
    write([orjson.dumps(workers).decode()] if as_json else worker_lines(workers))


def watch(reader: Reader, matching: str = "", *, as_json: bool = False) -> None:
    """The picture as it changes, in the way that suits what stdout is, until interrupted.

    Raises:
        RefusedError: There is nothing to watch.
        BrokenPipeError: Nobody reads any more.
    """
    console = Console()
    if as_json:
        watch_json(reader, matching)
    elif is_screen(console):
        watch_live(reader, console, matching)
    else:
        watch_lines(reader, matching)


def is_screen(console: Console) -> bool:
    """Whether what is written can be written over: colour may be forced into a pipe, a cursor not."""
    return console.file.isatty() and not console.is_dumb_terminal


def watch_live(
    reader: Reader,
    console: Console,
    matching: str = "",
    *,
    below: int | None = None,
    check: Callable[[], None] | None = None,
) -> None:
    """The picture, ticking, until interrupted; on a screen of its own, or in place `below` so many lines."""
    live = Live(
        console=console,
        screen=below is None,
        auto_refresh=False,
        redirect_stdout=False,
        redirect_stderr=False,
        vertical_overflow="crop",
    )
    shown: object = None
    with Screen(live) as screen:
        for _news, known in listen(reader, check=check):
            if screen.lend_if_asked():
                shown = None
            width, height = console.size
            if below is not None:
                height = max(LEAST_HEIGHT, height - below - 1)
            lines = draw(view(known, time.monotonic(), url=reader.url, matching=matching), width, height)
            if (lines, console.size) != shown:
                shown = lines, console.size
                live.update(Group(*(_whole(line) for line in lines)), refresh=True)


def _whole(line: Text) -> Text:
    line.no_wrap, line.overflow = True, "crop"
    return line


def watch_lines(reader: Reader, matching: str = "", *, check: Callable[[], None] | None = None) -> None:
    """A line per change, until interrupted or nobody reads them; the first picture is all change."""
    before = Known()
    for news, known in listen(reader, check=check):
        lines = gateway_changes(before, known, time.monotonic())
        if isinstance(news, ReceivedSnapshot):
            lines += changes(before.received.snapshot if before.received else None, news.snapshot, matching)
        before = known
        write_changes(lines)


def watch_json(reader: Reader, matching: str = "") -> None:
    """Each snapshot as it came, on a line; what happens to the gateway, as words on stderr."""
    before = Known()
    for news, known in listen(reader):
        for line in gateway_changes(before, known, time.monotonic()):
            note(line)
        before = known
        write([news.json(matching)] if isinstance(news, ReceivedSnapshot) else [])


def wait_for(reader: Reader, goal: Goal, timeout_seconds: float | None = None) -> None:
    """Wait until it is so, by a gateway that hears Redis, and print the line that tells of it.

    Raises:
        NotReachedError: It was not so in time; the message says what was instead.
        RefusedError: There is nothing to wait for.
    """
    give_up_at = float("inf") if timeout_seconds is None else time.monotonic() + timeout_seconds
    before = Known()

    def check() -> None:
        if time.monotonic() >= give_up_at:
            raise NotReachedError(f"timed out after {timeout_seconds:g} s waiting until {goal}")

    for _news, known in listen(reader, check=check, tick_seconds=WAIT_TICK_SECONDS):
        now = time.monotonic()
        for told in gateway_changes(before, known, now):
            note(told)
        before = known
        snapshot = known.snapshot(now)
        if snapshot is not None and known.is_current(now) and (line := goal.line(snapshot)):
            write_changes([line])
            return
