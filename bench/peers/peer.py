"""What is compared: a server that can be started, sent an event, and asked for its stream."""

import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.clients import WINDOW

EVENT_BYTES: Final = 360
"""Bytes of one event on the wire, from any server: a snapshot with one session."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A peer that runs.

    Attributes:
        port: Where it listens.
        path: Where its stream is.
        marker: What each event has once.
        pids: Its processes; their children count, too.
        publish: Sends all clients an event with this stamp, padded to EVENT_BYTES.
        beside: Processes that it needs and that serve no client: accounted apart.
        window: How many may be connecting at once.
    """

    port: int
    path: str
    marker: str
    pids: tuple[int, ...]
    publish: Callable[[int], None]
    beside: tuple[int, ...] = ()
    window: int = WINDOW


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """How to have one. `why_missing` says how to get it, or None; `run` is given a folder of its own."""

    name: str
    why_missing: Callable[[], str | None]
    run: Callable[[Path], AbstractContextManager[Server]]
    note: str = ""


def text(stamp_ns: int, overhead_bytes: int) -> str:
    """What a peer sends as data, when it puts so many bytes around it."""
    stamp = f"@{stamp_ns}@"
    return stamp + "x" * (EVENT_BYTES - overhead_bytes - len(stamp))


def needs(program: str, how: str) -> Callable[[], str | None]:
    """For a peer that is one program on PATH."""
    return lambda: None if shutil.which(program) else f"no {program} on PATH: {how}"
