"""A bare HTTP client, which sends what no library would, and keeps every byte that comes."""

import contextlib
import socket
from typing import Final

from chaos.clients.watcher import SocketWatcher
from chaos.gateways.gateway_client import STREAM
from chaos.wait import wait_until

SECONDS: Final = 20.0


class RawClient(SocketWatcher):
    """Sends text as it is, and reads until the server ends the connection."""

    def __init__(self, port: int, request: str, *, reads: bool = True, receive_bytes: int | None = None) -> None:
        super().__init__("raw client", socket.socket())
        if receive_bytes is not None:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        self._socket.settimeout(SECONDS)
        self._socket.connect(("127.0.0.1", port))
        self.send(request)
        self.received = b""
        if reads:
            self.read()

    def send(self, text: str) -> None:
        self._socket.sendall(text.encode("utf-8", "surrogateescape"))

    def read(self) -> None:
        """Begin to read."""
        self.start()

    def end_writing(self) -> None:
        """End its half of the connection, and go on reading."""
        self._socket.shutdown(socket.SHUT_WR)

    def read_one(self) -> None:
        """One byte, instead of all that comes."""
        self.read_some(1)

    def read_some(self, most: int) -> None:
        """So many bytes at most, instead of all that comes."""
        self.received += self._socket.recv(most)

    def read_available(self) -> None:
        """What has come already, without waiting."""
        self._socket.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            self.read_some(65_536)
        self._socket.settimeout(SECONDS)

    def wait_for(self, text: bytes) -> None:
        wait_until(lambda: text in self.received, f"{text!r} comes; so far {self.received[-2000:]!r}")

    def wait_for_count(self, text: bytes, count: int) -> None:
        wait_until(lambda: self.received.count(text) == count, f"{text!r} comes {count} times")

    def wait_for_end(self) -> bytes:
        wait_until(lambda: self.has_ended, f"the server ends it; so far {self.received[-2000:]!r}")
        return self.received

    def _take(self, received: bytes) -> None:
        self.received += received


def stream_request(*, method: str = "GET", version: str = "1.1", query: str = "", headers: str = "") -> str:
    """A request for the stream."""
    return f"{method} {STREAM}{query} HTTP/{version}\r\nHost: localhost\r\n{headers}\r\n"
