"""Clients as browsers are: they come back by the `retry` that they were sent, to whichever replica lets them in."""

import asyncio
import contextlib
import random
import threading
from collections.abc import Mapping, Sequence
from typing import Final

import orjson

from chaos.gateways.gateway_client import STREAM

REQUEST: Final = f"GET {STREAM} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n".encode()
DEFAULT_RETRY_SECONDS: Final = 1.0
SILENT_SECONDS: Final = 40.0
"""Longer than a keepalive: then the connection is dead, as a browser or what is on the way would find."""


MAX_LINE_BYTES: Final = 64 * 1024 * 1024
PREFIX: Final = "soak:"
"""Of the sessions whose states are known. All others are of the background."""


def split(states: Mapping[str, str]) -> tuple[dict[str, str], int]:
    """The states of known sessions, and how many others there are."""
    known = {key: state for key, state in states.items() if key.startswith(PREFIX)}
    return known, len(states) - len(known)


class Client:
    """A client, and the newest snapshot that it was shown: known sessions' states, and how many others."""

    def __init__(self, ports: Sequence[int], randomly: random.Random) -> None:
        self.newest: tuple[dict[str, str], int] | None = None
        self.is_connected = False
        self.writer: asyncio.StreamWriter | None = None
        self._ports = ports
        self._randomly = randomly
        self._retry_seconds = DEFAULT_RETRY_SECONDS

    async def live(self) -> None:
        """For ever."""
        while True:
            with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError, ValueError):
                await self._read_one_stream()
            self.is_connected, self.writer = False, None
            await asyncio.sleep(self._retry_seconds)

    async def _read_one_stream(self) -> None:
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", self._randomly.choice(self._ports), limit=MAX_LINE_BYTES
        )
        try:
            self.writer = writer
            writer.write(REQUEST)
            async with asyncio.timeout(SILENT_SECONDS):
                await reader.readuntil(b"\r\n\r\n")
            pending = bytearray()  # of a line that has not ended
            while True:
                async with asyncio.timeout(SILENT_SECONDS):
                    text = await _read_chunk(reader)
                if not text:
                    return
                pending += text
                if b"\n" in text:
                    *lines, pending = pending.split(b"\n")
                    for line in lines:
                        self._read_line(line)
        finally:
            writer.transport.abort()

    def _read_line(self, line: bytearray) -> None:
        if line.startswith(b"retry: "):
            self._retry_seconds = int(line[7:]) / 1000
        elif line.startswith(b"data: "):
            rows = orjson.loads(line[6:])["sessions"]
            self.newest = split({row["session_key"]: row["state"] for row in rows})
            self.is_connected = True


async def _read_chunk(reader: asyncio.StreamReader) -> bytes:
    """The next chunk of an answer: an event may have many. Empty at the end."""
    size = int(await reader.readline() or b"0", 16)
    return (await reader.readexactly(size + 2))[:-2] if size else b""


class Crowd:
    """All of them, on a thread of their own."""

    def __init__(self, size: int, ports: Sequence[int], randomly: random.Random) -> None:
        self.clients = [Client(ports, random.Random(randomly.random())) for _ in range(size)]
        self._loop = asyncio.new_event_loop()
        self._over = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="crowd", daemon=True)
        self._thread.start()

    def leave(self, client: Client) -> None:
        """It is gone, and comes back."""

        def abort() -> None:
            if client.writer is not None:
                client.writer.transport.abort()

        self._loop.call_soon_threadsafe(abort)

    def close(self) -> None:
        """All leave for good."""
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(10)

    def _run(self) -> None:
        async def until_over() -> None:
            tasks = [asyncio.create_task(client.live()) for client in self.clients]
            await self._over.wait()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        self._loop.run_until_complete(until_over())
        self._loop.close()
