"""uvicorn's connection, with limits (request_limits.py), that may carry an open stream (open_requests/open_stream.py).

A request for the stream is answered in the parser's callback, if the answer can be given without waiting, and the
response stays open, without a task or a timer of its own. uvicorn does everything else. `RELIED_ON` names what is
relied on in uvicorn; docs/explanation/fan-out.md says what happens without it.
"""

import logging
from types import MappingProxyType
from typing import Any, Final, cast

from starlette.types import Scope
from typing_extensions import override
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from agent_status_gateway.access.guests import LET_IN
from agent_status_gateway.http.stream import STREAM, StatusStream
from agent_status_gateway.server.lazy_parts import NOBODY_WAITS
from agent_status_gateway.server.open_requests.open_stream import OpenStream
from agent_status_gateway.server.request_limits import MAX_TARGET_BYTES, LimitedConnection

logger = logging.getLogger(__name__)

RELIED_ON: Final = {
    HttpToolsProtocol: (
        "_start_asgi_task",
        "connection_lost",
        "connection_made",
        "data_received",
        "eof_received",
        "handle_websocket_upgrade",
        "on_body",
        "on_headers_complete",
        "on_message_complete",
        "on_response_complete",
        "pause_writing",
        "resume_writing",
        "send_400_response",
    ),
    FlowControl: ("drain", "pause_reading", "pause_writing", "resume_reading", "resume_writing"),
}
"""Methods of uvicorn that are overridden or called. Attributes are relied on, too: a protocol's `app`, `app_state`,
`config`, `connections`, `cycle`, `flow`, `headers`, `loop`, `parser`, `pipeline`, `scope`, `server_state`, `transport`,
`url`, a flow control's `read_paused` and `write_paused`, and a cycle's `body`, `disconnected`, `keep_alive`,
`message_event`, `response_started`, `response_complete`, `scope`. Tests fail without them."""

OPEN_SCOPE: Final = MappingProxyType({LET_IN: True})
"""The scope that an open stream keeps of its request. All streams have this one, so nothing can be put into it."""


def is_supported() -> bool:
    """Test whether this uvicorn has all the methods that are relied on."""
    return all(callable(getattr(owner, name, None)) for owner, names in RELIED_ON.items() for name in names)


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
            return
        # Nothing of the request is needed any more, and a stream may stay for days.
        cycle.message_event = NOBODY_WAITS
        cycle.scope = cast("Any", OPEN_SCOPE)
        if self.scope is scope:  # else the parser has begun with a request behind this one
            self.scope = cycle.scope
            self.url = b""

    @override
    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._stream is None:
            return
        if self.transport.is_closing():  # what arrived behind the stream was refused
            self._stream.stop()
        else:
            # Without reading, nothing would notice that the client closes.
            self.flow.resume_reading()

    @override
    def eof_received(self) -> None:
        super().eof_received()
        if self._stream is not None:  # the transport closes now
            self._stream.stop()

    @override
    def time_out(self) -> None:
        super().time_out()
        if self._stream is not None:
            self._stream.stop()

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
        if self._stream is not None:
            stream, self._stream = self._stream, None
            stream.closed()  # first: the transport closes the descriptor next
        super().connection_lost(exc)
