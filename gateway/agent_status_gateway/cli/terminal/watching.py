"""Loops of `watch` and `wait`: one shows changes, the other ends when its goal is reached."""

import time
from collections.abc import Callable
from typing import Final

from rich.console import Console

from agent_status_gateway.cli.reader import Reader
from agent_status_gateway.cli.reading.asked_view import keeps_sessions
from agent_status_gateway.cli.terminal.changes import ENDED, LEFT, changes, gateway_changes
from agent_status_gateway.cli.terminal.goal import Goal
from agent_status_gateway.cli.terminal.listening import listen
from agent_status_gateway.cli.terminal.live.loop import watch_live
from agent_status_gateway.cli.terminal.output import note, write, write_changes
from agent_status_gateway.cli.terminal.view import Known, ReceivedSnapshot

WAIT_TICK_SECONDS: Final = 0.05


class NotReachedError(Exception):
    """The goal was not reached in time."""


def watch(reader: Reader, matching: str = "", *, as_json: bool = False, has_keys: bool = False) -> None:
    """Show the snapshot as it changes, in a form that suits stdout, until interrupted or, on a screen, somebody quits.

    Raises:
        RefusedError: The gateway refuses, or the address is not a gateway's.
        BrokenPipeError: The output has no reader any more.
    """
    console = Console()
    if as_json:
        watch_json(reader, matching)
    elif is_screen(console):
        watch_live(reader, console, matching, has_keys=has_keys)
    else:
        watch_lines(reader, matching)


def is_screen(console: Console) -> bool:
    """True if lines can be overwritten. Colour may be forced into a pipe, but it has no cursor."""
    return console.file.isatty() and not console.is_dumb_terminal


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
