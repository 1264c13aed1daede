"""A thousand browsers: clients of one gateway that come back to another one, after the time that they were sent."""

import asyncio
import json
import threading
import time
from types import TracebackType
from typing import Self

from chaos.gateways.gateway_client import STREAM
from chaos.wait import wait_until


class Crowd:
    """Each client connects to the first port, and when its stream ends, to the second."""

    def __init__(self, size: int, first_port: int, second_port: int) -> None:
        self.size = size
        self.has_first = 0
        self.lateness_seconds: list[float] = []
        """Seconds from the end of each client's stream to its next snapshot, less the `retry` that it was sent."""
        self._ports = (first_port, second_port)
        self.snapshots: list[dict[str, str]] = []
        """The first snapshot of each client on the other replica."""
        self._broken: list[Exception] = []
        self._thread = threading.Thread(target=self._run, name="crowd", daemon=True)
        self._loop = asyncio.new_event_loop()
        self._over = asyncio.Event()
        self._thread.start()

    def __enter__(self) -> Self:
        wait_until(lambda: self._all_are(self.has_first), "all are connected", 60)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(10)
        self._loop.close()

    @property
    def all_moved(self) -> bool:
        """True once all have their first snapshot from the other replica. Raises what a client failed with."""
        return self._all_are(len(self.snapshots))

    def _all_are(self, count: int) -> bool:
        if self._broken:
            raise AssertionError(f"{len(self._broken)} of {self.size} failed") from self._broken[0]
        return count == self.size

    def _run(self) -> None:
        async def all_of_them() -> None:
            limit = asyncio.Semaphore(100)
            clients = [asyncio.create_task(self._client(limit)) for _ in range(self.size)]
            await self._over.wait()
            for client in clients:
                client.cancel()
            await asyncio.gather(*clients, return_exceptions=True)
            await asyncio.sleep(0.01)  # sockets are closed in the loop's next turns

        self._loop.run_until_complete(all_of_them())

    async def _client(self, limit: asyncio.Semaphore) -> None:
        try:
            await self._move(limit)
        except Exception as error:  # noqa: BLE001 whatever ends a client ends the measurement, and is said by it
            self._broken.append(error)

    async def _move(self, limit: asyncio.Semaphore) -> None:
        first, second = self._ports
        async with limit:
            stream = await _Stream.connect(first)
        self.has_first += 1
        await stream.wait_for_end()
        ended_at = time.monotonic()
        retry_seconds = stream.retry_seconds
        await asyncio.sleep(ended_at + retry_seconds - time.monotonic())
        stream = await _Stream.connect(second)
        self.lateness_seconds.append(time.monotonic() - ended_at - retry_seconds)
        self.snapshots.append(stream.states)
        await stream.wait_for_end()


class _Stream:
    """One connection, once its first event is there."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._head = b""

    @classmethod
    async def connect(cls, port: int) -> Self:
        stream = cls(*await asyncio.open_connection("127.0.0.1", port))
        try:
            await stream._begin()
        except BaseException:
            stream._writer.transport.abort()
            raise
        return stream

    @property
    def retry_seconds(self) -> float:
        return int(self._head.rpartition(b"\nretry: ")[2].split()[0]) / 1000

    @property
    def states(self) -> dict[str, str]:
        status = json.loads(self._head.partition(b"\ndata: ")[2].partition(b"\n")[0])
        return {row["session_key"]: row["state"] for row in status["sessions"]}

    async def wait_for_end(self) -> None:
        try:
            while await self._reader.read(65536):
                pass
        except ConnectionError:
            return
        finally:
            self._writer.transport.abort()

    async def _begin(self) -> None:
        self._writer.write(f"GET {STREAM} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n".encode())
        while not (b"\nretry: " in self._head and b"\n\n\r\n" in self._head):  # a keepalive may be behind it already
            received = await self._reader.read(65536)
            if not received:
                raise ConnectionError(f"no first event: {self._head[-300:]!r}")
            self._head += received
