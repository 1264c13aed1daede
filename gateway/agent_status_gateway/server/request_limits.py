"""uvicorn's HTTP connection within limits that uvicorn has not, so that a stranger can make nothing grow.

How long a request may take to come, how large all but its body may be, how many requests may wait behind another, how
long what we send may wait for a client that does not read, and how many connections there may be: who goes when there
are too many is in guests.py. What is relied on in uvicorn is named in `RELIED_ON` of connection.py, which goes on from
here.
"""

import asyncio
from http import HTTPStatus
from typing import Any, Final, cast

import orjson
from starlette.responses import JSONResponse
from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from agent_status_gateway.access.guests import LET_IN, MAX_CONNECTIONS, Guests
from agent_status_gateway.fanout.hub import STUCK_SECONDS
from agent_status_gateway.server.proxies import settle_client
from agent_status_gateway.server.request_deadlines import Deadlines

REQUEST_SECONDS: Final = 10.0
"""For a request to come whole, from the connection on, or from its first byte where there has been one before."""
MAX_FRAMING_BYTES: Final = 32 * 1024
"""Of a request, all but its body: line, headers, chunk sizes, trailers. What comes in one read is in memory anyway."""
MAX_FIELDS: Final = 100
"""Headers of a request, as most servers have it: many small ones are fifty times their size in memory."""
MAX_TARGET_BYTES: Final = 8 * 1024
"""Of the path and the query together, as most servers have it."""
MAX_BEHIND: Final = 8
"""Requests that may wait behind another on its connection; no client sends more, and each is memory."""
MAX_BEHIND_BYTES: Final = 64 * 1024
"""Of all of them, bodies included."""
DEADLINES: Final = "agent_status.deadlines"
GUESTS: Final = "agent_status.guests"
TOO_LONG: Final = cast(
    "Any", JSONResponse({"detail": f"a path and query of at most {MAX_TARGET_BYTES} bytes are read"}, 414)
)


class TooMuchError(Exception):
    """Stops the parser, which else would go on to the end of what was read: thousands of requests, perhaps."""


class _Nowhere(list[tuple[bytes, bytes]]):
    """Where trailers go: nobody reads them, and there is no end to them."""

    def append(self, _: tuple[bytes, bytes]) -> None:
        """Forget it."""


NOWHERE: Final = _Nowhere()


class LimitedConnection(HttpToolsProtocol):
    """One connection, from which requests come in time and in size, and answers are read."""

    _framing_bytes = 0
    """Since the last whole head."""
    _answered: RequestResponseCycle | None = None
    """The request whose turn it is, or was; `cycle` is the newest, which may still wait."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A newcomer, which owes us a request; for one too many another one has to go."""
        super().connection_made(cast("asyncio.Transport", transport))
        self._deadlines.start(self)
        self._guests.come(self)
        if len(self.connections) > self.app_state.get(MAX_CONNECTIONS, len(self.connections)):
            self._guests.make_room()

    @property
    def _deadlines(self) -> "Deadlines[LimitedConnection]":
        """One for all connections of a server."""
        deadlines: Deadlines[LimitedConnection] | None = self.app_state.get(DEADLINES)
        if deadlines is None:
            deadlines = Deadlines(REQUEST_SECONDS, LimitedConnection.give_up, self.loop)
            self.app_state[DEADLINES] = deadlines
        return deadlines

    @property
    def _guests(self) -> Guests:
        """The same."""
        guests: Guests | None = self.app_state.get(GUESTS)
        if guests is None:
            self.app_state[GUESTS] = guests = Guests(STUCK_SECONDS, self.loop)
        return guests

    @property
    def is_let_in(self) -> bool:
        """Whether the last request was let in."""
        cycle = cast("RequestResponseCycle | None", self.cycle)
        return cycle is not None and LET_IN in cycle.scope

    @property
    def unsent_bytes(self) -> int:
        """What the kernel has not taken."""
        return self.transport.get_write_buffer_size()

    @property
    def held_bytes(self) -> int:
        """All that is kept for this connection, about."""
        body = len(self.cycle.body) if cast("RequestResponseCycle | None", self.cycle) else 0
        return self.unsent_bytes + body + (MAX_BEHIND_BYTES if self.pipeline else 0)

    def abort(self) -> None:
        """End it at once, whatever is unsent."""
        self.transport.abort()

    def data_received(self, data: bytes) -> None:
        """Parse it; who sends a head without an end is refused, and who sends too much behind a request is cut off."""
        if self.transport.is_closing():
            return
        if self._is_answered:
            self._deadlines.start(self)
        self._framing_bytes += len(data)
        super().data_received(data)
        if self._framing_bytes > MAX_FRAMING_BYTES:
            self.refuse(431, f"at most {MAX_FRAMING_BYTES} bytes of headers are read")
        elif self.pipeline and sum(_bytes_of(cycle) for cycle, _ in self.pipeline) > MAX_BEHIND_BYTES:
            self.abort()

    def on_headers_complete(self) -> None:
        """A head is whole, and so who asks is known; what comes as a header after it is a trailer."""
        self._framing_bytes = 0
        if len(self.headers) > MAX_FIELDS:
            self.refuse(431, f"at most {MAX_FIELDS} headers are read")
            raise TooMuchError
        settle_client(cast("Scope", self.scope), self.config)
        super().on_headers_complete()
        if not self.parser.should_upgrade():
            self.headers = NOWHERE
        if len(self.pipeline) > MAX_BEHIND:
            self.abort()
            raise TooMuchError

    def on_body(self, body: bytes) -> None:
        """A part of the body, which is the app's business."""
        self._framing_bytes -= len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request has come whole."""
        self._deadlines.stop(self)
        self._guests.ask(self)
        super().on_message_complete()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        scope = cast("dict[str, Any]", cycle.scope)
        self._answered = cycle
        is_too_long = len(scope["raw_path"]) + len(scope["query_string"]) > MAX_TARGET_BYTES
        super()._start_asgi_task(cycle, TOO_LONG if is_too_long else app)

    def on_response_complete(self) -> None:
        """Nobody asks for this request's body any more; the next request's turn."""
        if not self.pipeline:
            self.cycle.body = bytearray()
        super().on_response_complete()

    def handle_websocket_upgrade(self) -> None:
        """The connection is another protocol's from now on."""
        self._guests.leave(self)
        super().handle_websocket_upgrade()

    def connection_lost(self, exc: Exception | None) -> None:
        """It owes us nothing any more, and whoever writes the answer is told."""
        self._deadlines.stop(self)
        self._guests.leave(self)
        if self._answered is not None and not self._answered.response_complete:  # uvicorn tells the newest only
            self._answered.disconnected = True
            self._answered.message_event.set()
        super().connection_lost(exc)

    def give_up(self) -> None:
        """The request has not come in time."""
        self.refuse(408, f"a request has to come within {REQUEST_SECONDS:g} seconds")

    def refuse(self, status: int, reason: str) -> None:
        """Say so, if nothing has been said in answer to the last request, and end the connection."""
        if self.transport.is_closing():
            return
        if not self._is_answered and self.cycle.response_started:
            self.transport.abort()
            return
        body = orjson.dumps({"detail": reason})
        head = (
            f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\ncontent-type: application/json\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()

    def send_400_response(self, msg: str) -> None:
        """What could not be parsed is refused; what we have ended is not."""
        if not self.transport.is_closing():
            super().send_400_response(msg)

    @property
    def _is_answered(self) -> bool:
        """Whether no request is being answered."""
        cycle = cast("RequestResponseCycle | None", self.cycle)
        return cycle is None or cycle.response_complete


def _bytes_of(cycle: RequestResponseCycle) -> int:
    """How much of a request is kept while it waits."""
    scope = cycle.scope
    fields = sum(len(name) + len(value) for name, value in scope["headers"])
    return len(scope["raw_path"]) + len(scope["query_string"]) + fields + len(cycle.body)
