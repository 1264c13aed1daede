"""Loops of `watch` and `wait`: one shows changes, the other ends when its goal is reached.

A thread reads, since reading blocks; all else happens here. The reader comes before it, views and lines after it.
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

from agent_status_gateway.cli.reader import Reader
from agent_status_gateway.cli.reading.asked_view import keeps_sessions
from agent_status_gateway.cli.reading.problems import RefusedError
from agent_status_gateway.cli.terminal.changes import ENDED, LEFT, changes, gateway_changes
from agent_status_gateway.cli.terminal.goal import Goal
from agent_status_gateway.cli.terminal.output import note, write, write_changes
from agent_status_gateway.cli.terminal.presentation import json_line
from agent_status_gateway.cli.terminal.roster import worker_lines
from agent_status_gateway.cli.terminal.screen import Screen
from agent_status_gateway.cli.terminal.table import draw
from agent_status_gateway.cli.terminal.view import Feed, Known, News, ReceivedSnapshot, Trouble, view

TICK_SECONDS: Final = 0.5
WAIT_TICK_SECONDS: Final = 0.05
MOST_UNREAD: Final = 100
PIPE_WIDTH: Final = 200
"""Characters per line in a pipe, which has no width."""
LEAST_HEIGHT: Final = 4


class NotReachedError(Exception):
    """The goal was not reached in time."""


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
    unread: Queue[News] = Queue(MOST_UNREAD)
    threading.Thread(target=_read, args=(reader, unread), name="reader", daemon=True).start()
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
        if isinstance(news, Trouble) and news.is_final:
            raise RefusedError(news.reason)
        known = known.after(news).as_of(time.monotonic())
        yield news, known


def _read(reader: Reader, unread: "Queue[News]") -> None:
    try:
        for news in reader.read_news():
            unread.put(news)
            if isinstance(news, Trouble) and news.is_final:
                return
    except Exception as error:  # noqa: BLE001 - the main thread must learn that no more news will come
        unread.put(Trouble(reason=f"reading failed: {error!r}", retry_at=time.monotonic(), is_final=True))


def show(reader: Reader, matching: str = "", *, as_json: bool = False) -> None:
    """Print the current snapshot, with as many lines as needed.

    Raises:
        ReaderError: The gateway cannot be read.
    """
    received = reader.read_once()
    known = Known().after(received)
    if received.stale_seconds is not None:
        known = known.after(Feed(is_lost=True, since=received.at - received.stale_seconds, at=received.at))
        note(known.condition(received.at))
    if as_json:
        write([received.json(matching)])
        return
    console = Console()
    is_terminal = console.file.isatty()
    shown = view(known, received.at, url=reader.source, matching=matching)
    lines = draw(shown, console.width if is_terminal else PIPE_WIDTH)
    if is_terminal:
        console.print(Group(*lines))
    else:
        write([line.plain.rstrip() for line in lines])


def show_workers(reader: Reader, *, as_json: bool = False) -> None:
    """Print the current workers.

    Raises:
        ReaderError: The gateway cannot be read.
    """
    workers = reader.read_workers()
    write([json_line(orjson.dumps(workers).decode())] if as_json else worker_lines(workers))


def watch(reader: Reader, matching: str = "", *, as_json: bool = False) -> None:
    """Show the snapshot as it changes, in a form that suits stdout, until interrupted.

    Raises:
        RefusedError: The gateway refuses, or the address is not a gateway's.
        BrokenPipeError: The output has no reader any more.
    """
    console = Console()
    if as_json:
        watch_json(reader, matching)
    elif is_screen(console):
        watch_live(reader, console, matching)
    else:
        watch_lines(reader, matching)


def is_screen(console: Console) -> bool:
    """True if lines can be overwritten. Colour may be forced into a pipe, but it has no cursor."""
    return console.file.isatty() and not console.is_dumb_terminal


def watch_live(
    reader: Reader,
    console: Console,
    matching: str = "",
    *,
    below: int | None = None,
    check: Callable[[], None] | None = None,
) -> None:
    """Show the snapshot live until interrupted: on a screen of its own, or in place under `below` lines."""
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
            lines = draw(view(known, time.monotonic(), url=reader.source, matching=matching), width, height)
            if (lines, console.size) != shown:
                shown = lines, console.size
                live.update(Group(*(_whole(line) for line in lines)), refresh=True)


def _whole(line: Text) -> Text:
    line.no_wrap, line.overflow = True, "crop"
    return line


def watch_lines(reader: Reader, matching: str = "", *, check: Callable[[], None] | None = None) -> None:
    """Print a line per change until interrupted. All of the first snapshot is a change."""
    before = Known()
    gone = ENDED if keeps_sessions(reader.view) else LEFT
    for news, known in listen(reader, check=check):
        lines = gateway_changes(before, known, time.monotonic())
        if isinstance(news, ReceivedSnapshot):
            old = before.received.snapshot if before.received else None
            lines += changes(old, news.snapshot, matching, gone=gone)
        before = known
        write_changes(lines)


def watch_json(reader: Reader, matching: str = "") -> None:
    """Print each snapshot as a line of JSON, and changes of the connection or the feed on stderr."""
    before = Known()
    for news, known in listen(reader):
        for line in gateway_changes(before, known, time.monotonic()):
            note(line)
        before = known
        write([news.json(matching)] if isinstance(news, ReceivedSnapshot) else [])


def wait_for(reader: Reader, goal: Goal, timeout_seconds: float | None = None) -> None:
    """Wait until a current snapshot reaches the goal, and print the line that shows it.

    Raises:
        NotReachedError: The goal was not reached in time.
        RefusedError: The gateway refuses, or the address is not a gateway's.
    """
    give_up_at = float("inf") if timeout_seconds is None else time.monotonic() + timeout_seconds
    before = Known()

    def check() -> None:
        if time.monotonic() >= give_up_at:
            raise NotReachedError(f"timed out after {timeout_seconds:g} s waiting until {goal}")

    for _news, known in listen(reader, check=check, tick_seconds=WAIT_TICK_SECONDS):
        now = time.monotonic()
        for line in gateway_changes(before, known, now):
            note(line)
        before = known
        snapshot = known.snapshot(now)
        if snapshot is not None and known.is_current(now) and (reached := goal.line(snapshot)):
            write_changes([reached])
            return
