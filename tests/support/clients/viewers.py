"""Browsers behind a load balancer: each opens the stream as an EventSource does, and comes back when it ends."""

import asyncio
import contextlib
import json
import re
import threading
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from itertools import pairwise
from types import TracebackType
from typing import Final, Self

from chaos.gateways.gateway_client import STREAM
from chaos.wait import wait_until

DEFAULT_RETRY_SECONDS: Final = 3.0
"""Chromium's, until a server sends another."""


@dataclass(slots=True)
class Viewer:
    """What one of them was sent, and when (monotonic seconds)."""

    came_at: list[float] = field(default_factory=list)
    ended_at: list[float] = field(default_factory=list)
    told_not_now: int = 0
    finals: list[str] = field(default_factory=list)
    """Answers that an EventSource takes as final: it would never come back."""
    lateness_seconds: list[float] = field(default_factory=list)
    """For each stream that ended: how long until it had a snapshot again, less the `retry` that it was sent there."""
    gaps_seconds: list[float] = field(default_factory=list)
    """The same, with it."""
    retry_seconds: float = DEFAULT_RETRY_SECONDS
    lost_at: float | None = None
    owed_seconds: float = 0.0
    newest: dict[str, str] | None = None
    """Each session's tool, or state where it has none."""

    def take(self, line: bytes) -> None:
        """One line of the stream."""
        if line.startswith(b"retry: "):
            self.retry_seconds = int(line[7:]) / 1000
        elif line.startswith(b"data: "):
            self.came_at.append(time.monotonic())
            self.newest = {
                row["session_key"]: row["tool_name"] or row["state"] for row in json.loads(line[6:])["sessions"]
            }
            if self.lost_at is not None:
                self.gaps_seconds.append(self.came_at[-1] - self.lost_at)
                self.lateness_seconds.append(self.gaps_seconds[-1] - self.owed_seconds)
                self.lost_at = None

    def lose(self) -> None:
        """The stream is over."""
        self.lost_at, self.owed_seconds = time.monotonic(), self.retry_seconds
        self.ended_at.append(self.lost_at)


class Viewers:
    """So many, through one port, from the beginning of the block to its end."""

    def __init__(self, port: int, count: int) -> None:
        self._port = port
        self.all = [Viewer() for _ in range(count)]
        self._errors: list[Exception] = []
        self._loop = asyncio.new_event_loop()
        self._over = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="viewers", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        wait_until(lambda: all(viewer.newest is not None for viewer in self.all), "every viewer has a snapshot", 30)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(10)
        self._loop.close()
        assert not self._errors, self._errors

    def wait_for(self, shown: dict[str, str], timeout_seconds: float = 15.0) -> None:
        wait_until(lambda: all(v.newest == shown for v in self.all), f"every viewer shows {shown}", timeout_seconds)

    @property
    def finals(self) -> list[str]:
        return [final for viewer in self.all for final in viewer.finals]

    @property
    def told_not_now(self) -> int:
        return sum(viewer.told_not_now for viewer in self.all)

    @property
    def lateness_seconds(self) -> list[float]:
        return [late for viewer in self.all for late in viewer.lateness_seconds]

    @property
    def gaps_seconds(self) -> list[float]:
        return [gap for viewer in self.all for gap in viewer.gaps_seconds]

    def longest_silence_seconds(self) -> float:
        """The longest that any of them was connected and sent nothing."""
        silences = [0.0]
        for viewer in self.all:
            moments = sorted(viewer.came_at + viewer.ended_at)
            ended = set(viewer.ended_at)
            silences += [b - a for a, b in pairwise(moments) if a not in ended]
        return max(silences)

    def _run(self) -> None:
        async def all_of_them() -> None:
            tasks = [asyncio.create_task(self._live(viewer)) for viewer in self.all]
            await self._over.wait()
            for task in tasks:
                task.cancel()
            ends = await asyncio.gather(*tasks, return_exceptions=True)
            self._errors = [end for end in ends if isinstance(end, Exception)]
            await asyncio.sleep(0.01)  # sockets are closed in the loop's next turns

        self._loop.run_until_complete(all_of_them())

    async def _live(self, viewer: Viewer) -> None:
        while True:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                await self._one_stream(viewer)
            await asyncio.sleep(viewer.retry_seconds)

    async def _one_stream(self, viewer: Viewer) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        snapshots = len(viewer.came_at)
        try:
            writer.write(f"GET {STREAM} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            status, _, fields = head.decode().partition("\r\n")
            if " 200 " not in status:
                viewer.finals.append(status)
            async for line in _lines(reader, fields.lower()):
                viewer.take(line)
        finally:
            writer.transport.abort()
            if len(viewer.came_at) > snapshots:
                viewer.lose()
            else:
                viewer.told_not_now += 1


async def _lines(reader: asyncio.StreamReader, fields: str) -> AsyncIterator[bytes]:
    """What is in the body, whichever way a balancer cuts it into chunks; a line that is not whole yet is waited for."""
    length = re.search(r"^content-length: (\d+)", fields, re.MULTILINE)
    left_bytes = int(length.group(1)) if length else None
    rest = b""
    while True:
        if "chunked" in fields:
            size = int(await reader.readline() or b"0", 16)
            received = (await reader.readexactly(size + 2))[:size]
        elif left_bytes is not None:
            received = await reader.readexactly(left_bytes)
            left_bytes = 0
        else:
            received = await reader.read(65536)
        *lines, rest = (rest + received).split(b"\n")
        for line in lines:
            yield line
        if not received:
            return
