"""Loop of a live view: news and keys go in, pages come out, until somebody quits."""

import time
from collections.abc import Callable
from contextlib import closing
from typing import Final

from rich.console import Console, Group
from rich.live import Live

from agent_status_gateway.cli.reader import Reader
from agent_status_gateway.cli.terminal.listening import TICK_SECONDS, refuse_if_final, start_reading, taken
from agent_status_gateway.cli.terminal.live.browsing import Browsing
from agent_status_gateway.cli.terminal.live.details import Details
from agent_status_gateway.cli.terminal.live.keys import Key
from agent_status_gateway.cli.terminal.live.pages import Page, help_page, list_page, session_page
from agent_status_gateway.cli.terminal.live.pinned import PinnedLine
from agent_status_gateway.cli.terminal.live.screen import Screen
from agent_status_gateway.cli.terminal.session.timeline import Timelines, lines_of
from agent_status_gateway.cli.terminal.table import draw
from agent_status_gateway.cli.terminal.view import Feed, Known, News, ReceivedSnapshot, Trouble, View, view

LEAST_HEIGHT: Final = 4


def watch_live(reader: Reader, console: Console, matching: str = "", *, has_keys: bool = False) -> None:
    """Show the snapshot live, on a screen of its own, until somebody quits.

    Args:
        reader: Source of the news.
        console: Terminal with a cursor.
        matching: Filter at the beginning.
        has_keys: True if a line shows the keys.

    Raises:
        RefusedError: The gateway refuses, or the address is not a gateway's.
        BrokenPipeError: The terminal is gone.
    """
    live = _live(console, is_whole=True)
    shown: object = None
    known, browsing, timelines = Known(), Browsing(matching=matching), Timelines()
    with Screen(live, takes_keys=True) as screen, closing(Details(reader, screen.ring)) as details:
        unread = start_reading(reader, screen.ring)
        while not browsing.is_over:
            looked = _look(known, browsing, reader)
            width, height = console.size
            details.open(browsing.opened)
            lines, browsing = _page(browsing, looked, details, timelines, width, height, has_keys=has_keys)
            if (lines, console.size) != shown:
                shown = lines, console.size
                live.update(Group(*map(PinnedLine, lines)), refresh=True)
            for key in screen.wait(TICK_SECONDS):
                if key == Key.REDRAW:
                    shown = None
                before, browsing = browsing, browsing.after(key, [row["session_key"] for row in looked.rows])
                if (before.order, before.matching) != (browsing.order, browsing.matching):
                    looked = _look(known, browsing, reader)
                if browsing.is_over:
                    break
            known = taken(unread, known, lambda news: _follow(timelines, news))
            refuse_if_final(known)
            if screen.lend_if_asked():
                shown = None


def watch_in_place(reader: Reader, console: Console, *, below: int, check: Callable[[], None]) -> None:
    """Show the snapshot live under so many lines of others, until `check` raises.

    Raises:
        RefusedError: The gateway refuses, or the address is not a gateway's.
        BrokenPipeError: The terminal is gone.
    """
    live = _live(console, is_whole=False)
    shown: object = None
    known = Known()
    with Screen(live) as screen:
        unread = start_reading(reader, screen.ring)
        while True:
            check()
            known = taken(unread, known)
            refuse_if_final(known)
            width, height = console.size
            height = max(LEAST_HEIGHT, height - below - 1)
            lines = draw(view(known, time.monotonic(), url=reader.source), width, height)
            if (lines, console.size) != shown:
                shown = lines, console.size
                live.update(Group(*map(PinnedLine, lines)), refresh=True)
            screen.wait(TICK_SECONDS)
            if screen.lend_if_asked():
                shown = None


def _live(console: Console, *, is_whole: bool) -> Live:
    return Live(
        console=console,
        screen=is_whole,
        auto_refresh=False,
        redirect_stdout=False,
        redirect_stderr=False,
        vertical_overflow="crop",
    )


def _look(known: Known, browsing: Browsing, reader: Reader) -> View:
    return view(
        known,
        time.monotonic(),
        url=reader.source,
        matching=browsing.matching,
        order=browsing.order,
        ended_seconds=reader.view.ended,
    )


def _page(
    browsing: Browsing,
    looked: View,
    details: Details,
    timelines: Timelines,
    width: int,
    height: int,
    *,
    has_keys: bool,
) -> Page:
    if browsing.has_help:
        return help_page(browsing, width, height)
    if browsing.opened is None:
        return list_page(browsing, looked, width, height, has_keys=has_keys)
    listed = [] if looked.snapshot is None else looked.snapshot["sessions"]  # also those that the filter leaves out
    now = time.monotonic()
    seen = lines_of(timelines.of(browsing.opened), now, _clock(now))
    opened = details.look(listed, seen, now)
    return session_page(browsing, opened, looked, width, height, has_keys=has_keys)


def _follow(timelines: Timelines, news: News) -> None:
    match news:
        case ReceivedSnapshot():
            timelines.see(news.snapshot, news.at)
        case Feed():
            if news.is_lost:
                timelines.lose(news.since)
        case Trouble():
            timelines.lose(time.monotonic())


def _clock(now: float) -> Callable[[float], str]:
    """Local time of day of a moment, with the date if that is not today's."""
    wall = time.time() - now
    today = time.localtime(wall + now)[:3]

    def time_of(moment: float) -> str:
        local = time.localtime(wall + moment)
        return time.strftime("%H:%M:%S" if local[:3] == today else "%Y-%m-%d %H:%M:%S", local)

    return time_of
