"""A dashboard: reads a stream in a thread of its own and keeps every byte, event and moment."""

import contextlib
import json
import socket
import threading
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from chaos.gateways.gateway_process import STREAM
from chaos.wait import wait_until


@dataclass
class Event:
    """One SSE event and when it came (monotonic seconds)."""

    name: str
    data: Any
    id: str | None
    retry: int | None
    came_at: float = field(default_factory=time.monotonic)


class Dashboard:
    """A plain socket, so that what the server really sends is seen."""

    def __init__(self, url: str, path: str = STREAM, headers: str = "") -> None:
        parts = urlsplit(url)
        assert parts.hostname
        self._socket = socket.create_connection((parts.hostname, parts.port or 80), timeout=20)
        request = f"GET {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nAccept: text/event-stream\r\n{headers}\r\n"
        self._socket.sendall(request.encode())
        self._socket.settimeout(None)  # silence is no end: the thread ends when we close
        self.raw = b""
        self.body = b""
        self.events: list[Event] = []
        self.has_ended = False
        self.head = ""
        self._thread = threading.Thread(target=self._read, name="dashboard", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        self._socket.close()

    @property
    def statuses(self) -> list[Event]:
        return [event for event in self.events if event.name == "status"]

    @property
    def newest(self) -> dict[str, str] | None:
        """Each session's state in the newest snapshot; None before the first one."""
        statuses = self.statuses
        return {row["session_key"]: row["state"] for row in statuses[-1].data["sessions"]} if statuses else None

    def wait_for(self, states: dict[str, str], timeout_seconds: float = 10.0) -> None:
        wait_until(lambda: self.newest == states, f"the dashboard shows {states}, not {self.newest}", timeout_seconds)

    def wait_for_first(self) -> Event:
        return wait_until(lambda: self.statuses, "the first event comes")[0]

    def _read(self) -> None:
        while True:
            try:
                received = self._socket.recv(65536)
            except OSError:
                break
            if not received:
                break
            self.raw += received
            self._parse()
        self.has_ended = True

    def _parse(self) -> None:
        head, separator, rest = self.raw.partition(b"\r\n\r\n")
        if not separator:
            return
        self.head = head.decode()
        self.body = _unchunk(rest) if "chunked" in self.head.lower() else rest
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
