"""A dashboard: reads a stream in a thread of its own and keeps every byte, event and moment."""

import json
import socket
import time
import zlib
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from chaos.clients.watcher import SocketWatcher
from chaos.gateways.gateway_process import STREAM
from chaos.wait import wait_until

GZIP: Final = 16 + zlib.MAX_WBITS


@dataclass
class Event:
    """One SSE event and when it came (monotonic seconds)."""

    name: str
    data: Any
    id: str | None
    retry: int | None
    came_at: float = field(default_factory=time.monotonic)


class Dashboard(SocketWatcher):
    """A plain socket, so that the bytes that the server really sends are seen.

    Args:
        version: The version of HTTP that it asks with.
        receive_bytes: What its kernel keeps for it while it does not read; the default is much.
        reads: False if it reads nothing until `start`.
    """

    def __init__(
        self,
        url: str,
        path: str = STREAM,
        headers: str = "",
        *,
        version: str = "1.1",
        receive_bytes: int | None = None,
        reads: bool = True,
    ) -> None:
        parts = urlsplit(url)
        assert parts.hostname
        super().__init__("dashboard", socket.socket())
        if receive_bytes is not None:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        self._socket.settimeout(20)
        self._socket.connect((parts.hostname, parts.port or 80))
        fields = f"Host: {parts.netloc}\r\nAccept: text/event-stream\r\n{headers}"
        self._socket.sendall(f"GET {path} HTTP/{version}\r\n{fields}\r\n".encode())
        self._socket.settimeout(None)  # silence is not an end: the thread ends when we close
        self.raw = b""
        self.body = b""
        self.events: list[Event] = []
        self.head = ""
        if reads:
            self.start()

    @property
    def statuses(self) -> list[Event]:
        return [event for event in self.events if event.name == "status"]

    @property
    def newest(self) -> dict[str, str] | None:
        """Each session's state in the newest snapshot; None before the first one."""
        statuses = self.statuses
        return {row["session_key"]: row["state"] for row in statuses[-1].data["sessions"]} if statuses else None

    def wait_for(self, states: dict[str, str], timeout_seconds: float = 20.0) -> None:
        wait_until(lambda: self.newest == states, f"the dashboard shows {states}, not {self.newest}", timeout_seconds)

    def wait_for_first(self) -> Event:
        return wait_until(lambda: self.statuses, "the first event comes")[0]

    def _take(self, received: bytes) -> None:
        self.raw += received
        self._parse()

    def _parse(self) -> None:
        head, separator, rest = self.raw.partition(b"\r\n\r\n")
        if not separator:
            return
        self.head = head.decode()
        body = _unchunk(rest) if "chunked" in self.head.lower() else rest
        is_gzipped = "content-encoding: gzip" in self.head.lower()
        self.body = zlib.decompressobj(wbits=GZIP).decompress(body) if is_gzipped else body
        blocks = self.body.split(b"\n\n")[:-1]
        self.events += [_event(block.decode()) for block in blocks[len(self.events) :]]


def _unchunk(rest: bytes) -> bytes:
    body = b""
    while True:
        size, separator, rest = rest.partition(b"\r\n")
        length = int(size, 16) if separator else 0
        if not length or len(rest) < length + 2:
            return body
        body += rest[:length]
        rest = rest[length + 2 :]


def _event(block: str) -> Event:
    fields = dict(line.split(": ", 1) for line in block.split("\n") if not line.startswith(":") and ": " in line)
    retry = fields.get("retry")
    return Event(fields["event"], json.loads(fields["data"]), fields.get("id"), int(retry) if retry else None)
