"""A client's transport on uvicorn: one response that stays open, written to by the hub.

Rule 1. While the transport's buffer is empty, bytes go straight to its socket (borrowed_socket.py). What the kernel
        does not take goes to the transport, and the stream is blocked until that buffer is empty: the order is kept.
Rule 2. A stream whose connection is closing stays blocked: nothing more is written.
Rule 3. The socket is given back when the stream ends, and before the transport closes its descriptor.
"""

import asyncio
from collections.abc import Sequence
from typing import Protocol

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle
from uvicorn.server import ServerState

from agent_status_gateway.fanout.client import Client
from agent_status_gateway.http.stream import Headers
from agent_status_gateway.server.open_requests.borrowed_socket import BorrowedSocket


class Carrier(Protocol):
    """The connection that a stream is open on."""

    transport: asyncio.Transport
    server_state: ServerState

    def on_stream_complete(self) -> None:
        """Go on with the next request."""


class OpenStream:
    """One response that stays open. Its connection says when it is blocked, when it closes, and when it has closed."""

    __slots__ = ("_connection", "_cycle", "_headers", "_socket", "_transport", "client", "is_blocked", "is_chunked")

    def __init__(self, connection: Carrier, cycle: RequestResponseCycle) -> None:
        self.is_blocked = False
        # For HTTP/1.0 the end of the connection is the end of the response.
        self.is_chunked = cycle.scope["http_version"] != "1.0"
        self.client: Client | None = None
        self._connection = connection
        self._transport = connection.transport
        self._socket = BorrowedSocket.of(connection.transport)
        self._cycle = cycle
        self._headers: Headers = []

    @property
    def backlog_bytes(self) -> int:
        """The bytes that the kernel has not taken."""
        return 0 if self.client is None else self._transport.get_write_buffer_size()

    def set_headers(self, headers: Headers) -> None:
        """Keep the response's headers until `open` sends them."""
        self._headers = headers

    def open(self, chunks: Sequence[bytes]) -> None:
        """Write the response's head and the first event, in one write unless it has parts."""
        headers = self._connection.server_state.default_headers + self._headers
        if not self._cycle.keep_alive:
            headers.append((b"connection", b"close"))
        if self.is_chunked:
            headers.append((b"transfer-encoding", b"chunked"))
        self._cycle.response_started = True
        if self._socket is not None:
            self._transport.set_write_buffer_limits(high=0)  # blocked by a single byte in the buffer
        lines = b"".join([b"%b: %b\r\n" % header for header in headers])
        head = b"HTTP/1.1 200 OK\r\n%b\r\n" % lines
        if len(chunks) == 1:
            self._transport.write(head + chunks[0])
        else:
            self._transport.write(head)
            self.write_all(chunks)

    def write(self, chunk: bytes) -> None:
        """Write to the socket, and what it does not take to the transport; only while not blocked."""
        if self._socket is None:
            self._transport.write(chunk)
            return
        try:
            sent = self._socket.send(chunk)
        except OSError:
            sent = 0  # no room, or the connection has ended: the transport knows what to do
        if sent < len(chunk):
            self._transport.write(memoryview(chunk)[sent:])

    def write_all(self, chunks: Sequence[bytes]) -> None:
        """Write one after another; behind bytes that wait in the transport, to the transport."""
        for chunk in chunks:
            if self._transport.get_write_buffer_size():
                self._transport.write(chunk)
            else:
                self.write(chunk)

    def end(self, chunk: bytes) -> None:
        """Finish the response as uvicorn does; a request that waits behind it is answered next."""
        self.write(chunk)
        if self._socket is not None:
            self._transport.set_write_buffer_limits()  # the defaults, for ordinary answers
        self.closed()
        self._cycle.response_complete = True
        if not self._cycle.keep_alive:
            self._transport.close()
        self._connection.on_stream_complete()

    def abort(self) -> None:
        """End the connection at once and drop what is unsent."""
        self.stop()
        self._transport.abort()

    def closed(self) -> None:
        """Detach the client: nothing can be written any more."""
        self.stop()
        if self._socket is not None:
            self._socket.detach()
        client, self.client = self.client, None
        if client is not None:
            client.closed()

    def answers(self, cycle: RequestResponseCycle) -> bool:
        """Test whether this is the response to a request, and not to one before it on the connection."""
        return cycle is self._cycle

    def set_blocked(self, *, is_blocked: bool) -> None:
        """Note that bytes wait in the buffer, or that it is empty again."""
        self.is_blocked = is_blocked or self._transport.is_closing()
        if not self.is_blocked and self.client is not None:
            self.client.unblocked()

    def stop(self) -> None:
        """Write nothing more: the connection is closing, and `closed` follows."""
        self.is_blocked = True
