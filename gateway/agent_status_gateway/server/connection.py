"""A client's transport on uvicorn: the connection itself, written to by the hub, without a task or a timer of its own.

A request for the stream is answered in the parser's callback, if the answer can be given without waiting, and the
response stays open. uvicorn does everything else, within limits (request_limits.py). `RELIED_ON` names what is relied
on in uvicorn; docs/explanation/fan-out.md says what happens without it.
"""

import logging
from typing import Any, Final

from starlette.types import Scope
from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from agent_status_gateway.fanout.client import Client
from agent_status_gateway.http.stream import STREAM, Headers, StatusStream
from agent_status_gateway.server.request_limits import MAX_TARGET_BYTES, LimitedConnection

logger = logging.getLogger(__name__)

RELIED_ON: Final = {
    HttpToolsProtocol: (
        "_start_asgi_task",
        "connection_lost",
        "connection_made",
        "data_received",
        "handle_websocket_upgrade",
        "on_body",
        "on_headers_complete",
        "on_message_complete",
        "on_response_complete",
        "pause_writing",
        "resume_writing",
        "send_400_response",
    ),
}
"""Methods of uvicorn that are overridden or called. Attributes are relied on, too: a protocol's `app`, `app_state`,
`config`, `connections`, `cycle`, `flow`, `headers`, `loop`, `parser`, `pipeline`, `scope`, `server_state`, `transport`,
and a cycle's `body`, `disconnected`, `keep_alive`, `message_event`, `response_started`, `response_complete`, `scope`.
Tests fail without them."""


def is_supported() -> bool:
    """Test whether this uvicorn has all the methods that are relied on."""
    return all(callable(getattr(owner, name, None)) for owner, names in RELIED_ON.items() for name in names)


class OpenStream:
    """One response that stays open: a client's transport."""

    __slots__ = ("_connection", "_cycle", "_headers", "_transport", "client", "is_blocked", "is_chunked", "write")

    def __init__(self, connection: "Connection", cycle: RequestResponseCycle) -> None:
        self.is_blocked = False
        # For HTTP/1.0 the end of the connection is the end of the response.
        self.is_chunked = cycle.scope["http_version"] != "1.0"
        self.client: Client | None = None
        self._connection = connection
        self._transport = connection.transport
        self.write = connection.transport.write  # no call of ours between the hub and the transport
        self._cycle = cycle
        self._headers: Headers = []

    @property
    def backlog_bytes(self) -> int:
        """The bytes that the kernel has not taken."""
        return 0 if self.client is None else self._transport.get_write_buffer_size()

    def set_headers(self, headers: Headers) -> None:
        """Keep the response's headers until `open` sends them."""
        self._headers = headers

    def open(self, chunk: bytes) -> None:
        """Write the response's head and the first event, in one write."""
        headers = self._connection.server_state.default_headers + self._headers
        if not self._cycle.keep_alive:
            headers.append((b"connection", b"close"))
        if self.is_chunked:
            headers.append((b"transfer-encoding", b"chunked"))
        self._cycle.response_started = True
        lines = b"".join([b"%b: %b\r\n" % header for header in headers])
        self._transport.write(b"HTTP/1.1 200 OK\r\n%b\r\n%b" % (lines, chunk))

    def end(self, chunk: bytes) -> None:
        """Finish the response as uvicorn does; a request that waits behind it is answered next."""
        self._transport.write(chunk)
        self.closed()
        self._cycle.response_complete = True
        if not self._cycle.keep_alive:
            self._transport.close()
        self._connection.on_stream_complete()

    def abort(self) -> None:
        """End the connection at once and drop what is unsent."""
        self._transport.abort()

    def closed(self) -> None:
        """Detach the client: nothing can be written any more."""
        self.is_blocked = True
        client, self.client = self.client, None
        if client is not None:
            client.closed()

    def answers(self, cycle: RequestResponseCycle) -> bool:
        """Test whether this is the response to a request, and not to one before it on the connection."""
        return cycle is self._cycle

    def set_blocked(self, *, is_blocked: bool) -> None:
        """Note that the buffer is full, or has room again."""
        self.is_blocked = is_blocked
        if not is_blocked and self.client is not None:
            self.client.unblocked()


class Connection(LimitedConnection):
    """HTTP connection that may carry an open stream."""

    _stream: OpenStream | None = None

    @override
    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        endpoint: StatusStream | None = self.app_state.get(STREAM)
        scope: Scope = cycle.scope  # type: ignore[assignment]
        if (
            endpoint is None
            or app is not self.app  # uvicorn's own refusal
            or len(scope["query_string"]) > MAX_TARGET_BYTES  # ours
            or self.flow.write_paused
            or not endpoint.opens_at_once(scope)
        ):
            super()._start_asgi_task(cycle, app)
            return
        self._guests.remove(self)
        self._stream = stream = OpenStream(self, cycle)
        try:
            stream.client = endpoint.open(scope, stream, is_chunked=stream.is_chunked, set_headers=stream.set_headers)
        except Exception:  # the parser would take the error for an invalid request
            logger.exception("a stream could not be opened")
            self._stream = None
            self.transport.abort()

    @override
    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        # Without reading, nothing would notice that the client closes.
        if self._stream is not None and not self.transport.is_closing():
            self.flow.resume_reading()

    @override
    def handle_websocket_upgrade(self) -> None:
        # Behind a stream, another protocol would take the connection with a client still on it.
        if self._stream is None:
            super().handle_websocket_upgrade()
        else:
            self.transport.abort()

    @override
    def on_body(self, body: bytes) -> None:
        if self._stream is None or not self._stream.answers(self.cycle):
            super().on_body(body)
        else:
            self._framing_bytes -= len(body)  # no code reads the body of a request for the stream

    def on_stream_complete(self) -> None:
        """Go on with the next request: the hub has ended the stream."""
        self._stream = None
        self._guests.add(self)
        self.on_response_complete()

    @override
    def pause_writing(self) -> None:
        super().pause_writing()
        if self._stream is not None:
            self._stream.set_blocked(is_blocked=True)

    @override
    def resume_writing(self) -> None:
        super().resume_writing()
        if self._stream is not None:
            self._stream.set_blocked(is_blocked=False)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self._stream is not None:
            stream, self._stream = self._stream, None
            stream.closed()
