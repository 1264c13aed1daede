"""uvicorn's connection, with limits (request_limits.py), that may carry a request that stays open (open_requests).

A request for the stream is answered in the parser's callback, if the answer can be given without waiting, and the
response stays open, without a task or a timer of its own. A poll that must wait is held, without a task, and answered
by one when there is news. uvicorn does everything else. `RELIED_ON` names what is relied on in uvicorn;
docs/explanation/fan-out.md says what happens without it.
"""

import asyncio
import logging
from types import MappingProxyType
from typing import Any, Final, cast

from starlette.types import Scope
from typing_extensions import override
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from agent_status_gateway.access.guests import LET_IN
from agent_status_gateway.http.polls import POLLS, Polls
from agent_status_gateway.http.stream import STREAM, StatusStream
from agent_status_gateway.server.lazy_parts import NOBODY_WAITS
from agent_status_gateway.server.open_requests.held_poll import HeldPoll
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
`message_event`, `more_body`, `response_started`, `response_complete`, `scope`. Tests fail without them."""

OPEN_SCOPE: Final = MappingProxyType({LET_IN: True})
"""The scope that an open stream keeps of its request. All streams have this one, so nothing can be put into it."""


def is_supported() -> bool:
    """Test whether this uvicorn has all the methods that are relied on."""
    return all(callable(getattr(owner, name, None)) for owner, names in RELIED_ON.items() for name in names)


class Connection(LimitedConnection):
    """HTTP connection that may carry an open stream, or a held poll."""

    _open: OpenStream | HeldPoll | None = None

    @override
    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        is_for_us = (
            app is self.app  # and not uvicorn's own refusal
            and len(cycle.scope["query_string"]) <= MAX_TARGET_BYTES  # else we refuse it
            and not self.flow.write_paused
        )
        if not (is_for_us and (self._opens(cycle) or self._holds(cycle))):
            super()._start_asgi_task(cycle, app)

    def _opens(self, cycle: RequestResponseCycle) -> bool:
        """Answer a request for the stream, if its answer can be given without waiting."""
        endpoint: StatusStream | None = self.app_state.get(STREAM)
        scope: Scope = cycle.scope  # type: ignore[assignment]
        if endpoint is None or not endpoint.opens_at_once(scope):
            return False
        self._guests.remove(self)
        self._open = stream = OpenStream(self, cycle)
        try:
            stream.client = endpoint.open(scope, stream, is_chunked=stream.is_chunked, set_headers=stream.set_headers)
        except Exception:  # the parser would take the error for an invalid request
            logger.exception("a stream could not be opened")
            self._open = None
            self.transport.abort()
            return True
        # Nothing of the request is needed any more, and a stream may stay for days.
        cycle.message_event = NOBODY_WAITS
        cycle.scope = cast("Any", OPEN_SCOPE)
        if self.scope is scope:  # else the parser has begun with a request behind this one
            self.scope = cycle.scope
            self.url = b""
        return True

    def _holds(self, cycle: RequestResponseCycle) -> bool:
        """Hold a poll that must wait."""
        polls: Polls | None = self.app_state.get(POLLS)
        if polls is None:
            return False
        held = HeldPoll(cycle, self._answer)
        try:
            held.poll = polls.hold_at_once(cycle.scope, held.release)  # type: ignore[arg-type]
        except Exception:  # as above; the route may fail, too, and says so to the client
            logger.exception("a request could not be held")
        if held.poll is None:
            return False
        self._guests.remove(self)
        self._open = held
        cycle.message_event = NOBODY_WAITS
        if self.scope is cycle.scope:
            self.url = b""
        return True

    def _answer(self, cycle: RequestResponseCycle) -> None:
        """Answer the poll that was held."""
        self._open = None
        if self.transport.is_closing():
            return
        self._guests.add(self)
        cycle.message_event = asyncio.Event()
        if not cycle.more_body:
            cycle.message_event.set()
        super()._start_asgi_task(cycle, self.app)

    @override
    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._open is None:
            return
        if self.transport.is_closing():  # what arrived behind the stream was refused
            self._open.stop()
        else:
            # Without reading, nothing would notice that the client closes.
            self.flow.resume_reading()

    @override
    def eof_received(self) -> None:
        super().eof_received()
        if self._open is not None:  # the transport closes now
            self._open.stop()

    @override
    def time_out(self) -> None:
        super().time_out()
        if self._open is not None:
            self._open.stop()

    @override
    def handle_websocket_upgrade(self) -> None:
        # Behind a request that is open, another protocol would take the connection with a client still on it.
        if self._open is None:
            super().handle_websocket_upgrade()
        else:
            self.transport.abort()

    @override
    def on_body(self, body: bytes) -> None:
        if self._open is None or not self._open.answers(self.cycle):
            super().on_body(body)
        else:
            self._framing_bytes -= len(body)  # no code reads the body of such a request

    def on_stream_complete(self) -> None:
        """Go on with the next request: the hub has ended the stream."""
        self._open = None
        self._guests.add(self)
        self.on_response_complete()

    @override
    def pause_writing(self) -> None:
        super().pause_writing()
        if self._open is not None:
            self._open.set_blocked(is_blocked=True)

    @override
    def resume_writing(self) -> None:
        super().resume_writing()
        if self._open is not None:
            self._open.set_blocked(is_blocked=False)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if self._open is not None:
            open_request, self._open = self._open, None
            open_request.closed()  # first: the transport closes the descriptor next
        super().connection_lost(exc)
