"""A client's line on uvicorn: the connection itself, written to by the hub, with no task and no timer of its own.

It answers a request for the stream right in the parser's callback, if that has nothing to wait for, and then keeps the
response open. Everything else is uvicorn's, within limits (limited.py). What is relied on in uvicorn is named in
`RELIED_ON`; docs/explanation/fan-out.md says what happens without it.
"""

import logging
from typing import Any, Final

from starlette.types import Scope
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
"""And attributes: a protocol's `app`, `app_state`, `config`, `connections`, `cycle`, `flow`, `headers`, `loop`,
`parser`, `pipeline`, `scope`, `server_state`, `transport`, and a cycle's `body`, `disconnected`, `keep_alive`,
`message_event`, `response_started`, `response_complete`, `scope`. Tests fail without them."""


def is_supported() -> bool:
    """Whether this uvicorn is built as we know it."""
    return all(callable(getattr(owner, name, None)) for owner, names in RELIED_ON.items() for name in names)


class OpenStream:
    """One response that stays open: a client's line."""

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
        """What the kernel has not taken."""
        return 0 if self.client is None else self._transport.get_write_buffer_size()

    def set_headers(self, headers: Headers) -> None:
        """Keep the response's headers until there is something to send with them."""
        self._headers = headers

    def open(self, chunk: bytes) -> None:
        """The response's head and the first event, in one write."""
        headers = self._connection.server_state.default_headers + self._headers
        if not self._cycle.keep_alive:
            headers.append((b"connection", b"close"))
        if self.is_chunked:
            headers.append((b"transfer-encoding", b"chunked"))
        self._cycle.response_started = True
        lines = b"".join([b"%b: %b\r\n" % header for header in headers])
        self._transport.write(b"HTTP/1.1 200 OK\r\n%b\r\n%b" % (lines, chunk))

    def end(self, chunk: bytes) -> None:
        """Finish the response as uvicorn does; a request that was sent behind it is answered now."""
        self._transport.write(chunk)
        self.closed()
        self._cycle.response_complete = True
        if not self._cycle.keep_alive:
            self._transport.close()
        self._connection.on_stream_complete()

    def abort(self) -> None:
        """Throw away what is unsent."""
        self._transport.abort()

    def closed(self) -> None:
        """Nothing can be written any more."""
        self.is_blocked = True
        client, self.client = self.client, None
        if client is not None:
            client.closed()

    def answers(self, cycle: RequestResponseCycle) -> bool:
        """Whether this is the response to that request, and not one before it on the connection."""
        return cycle is self._cycle

    def set_blocked(self, *, is_blocked: bool) -> None:
        """The transport's buffer is full, or has room again."""
        self.is_blocked = is_blocked
        if not is_blocked and self.client is not None:
            self.client.unblocked()


class Connection(LimitedConnection):
    """An HTTP connection with a stream on it, perhaps."""

    _stream: OpenStream | None = None

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
        self._guests.leave(self)
        self._stream = stream = OpenStream(self, cycle)
        try:
            stream.client = endpoint.open(scope, stream, is_chunked=stream.is_chunked, set_headers=stream.set_headers)
        except Exception:  # the parser would take it for an invalid request
            logger.exception("a stream could not be opened")
            self._stream = None
            self.transport.abort()

    def data_received(self, data: bytes) -> None:
        """Go on reading while a stream is open, whatever was sent behind it: else nobody sees the client leave."""
        super().data_received(data)
        if self._stream is not None and not self.transport.is_closing():
            self.flow.resume_reading()

    def handle_websocket_upgrade(self) -> None:
        """Not behind a stream: the connection would be another protocol's, with our client still on it."""
        if self._stream is None:
            super().handle_websocket_upgrade()
        else:
            self.transport.abort()

    def on_body(self, body: bytes) -> None:
        """Drop what comes with the request for an open stream: it is nobody's."""
        if self._stream is None or not self._stream.answers(self.cycle):
            super().on_body(body)
        else:
            self._framing_bytes -= len(body)

    def on_stream_complete(self) -> None:
        """The stream has been ended by us."""
        self._stream = None
        self._guests.come(self)
        self.on_response_complete()

    def pause_writing(self) -> None:
        """The transport's buffer is full."""
        super().pause_writing()
        if self._stream is not None:
            self._stream.set_blocked(is_blocked=True)

    def resume_writing(self) -> None:
        """It has room again."""
        super().resume_writing()
        if self._stream is not None:
            self._stream.set_blocked(is_blocked=False)

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has gone."""
        super().connection_lost(exc)
        if self._stream is not None:
            stream, self._stream = self._stream, None
            stream.closed()
