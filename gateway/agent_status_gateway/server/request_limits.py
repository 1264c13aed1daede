"""uvicorn's HTTP connection with limits that uvicorn lacks, so that no client can make a replica hold more and more.

Bounded are the time that a request takes to arrive, the size of its head, the requests that wait behind another, the
time that an answer waits for a client that does not read, and the number of connections. access/guests.py decides which
connection is aborted when there are too many. `RELIED_ON` in connection.py, which extends this class, names what is
relied on in uvicorn.
"""

import asyncio
from http import HTTPStatus
from typing import Any, Final, cast

import orjson
from starlette.responses import JSONResponse
from starlette.types import Scope
from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from agent_status_gateway.access.guests import LET_IN, MAX_CONNECTIONS, Guests
from agent_status_gateway.fanout.members.rounds import STUCK_SECONDS
from agent_status_gateway.server.lazy_parts import LazyFlowControl, WaitingRequests
from agent_status_gateway.server.proxies import resolve_client
from agent_status_gateway.server.request_deadlines import Deadlines

REQUEST_SECONDS: Final = 10.0
"""Seconds in which a request must arrive, from the connect, or from its first byte if it is not the first request."""
MAX_FRAMING_BYTES: Final = 32 * 1024
"""The most bytes of a request without its body: line, headers, chunk sizes, trailers. One read may exceed it."""
MAX_FIELDS: Final = 100
"""The most headers of a request, as in most servers: many small ones take fifty times their size in memory."""
MAX_TARGET_BYTES: Final = 8 * 1024
"""The most bytes of path and query together, as in most servers."""
MAX_BEHIND: Final = 8
"""The most requests that wait behind another on a connection. No real client sends more, and each takes memory."""
MAX_BEHIND_BYTES: Final = 64 * 1024
"""The most bytes of all requests that wait on a connection, with their bodies."""
DEADLINES: Final = "agent_status.deadlines"
GUESTS: Final = "agent_status.guests"
TOO_LONG: Final = f"path and query must be at most {MAX_TARGET_BYTES} bytes"
ANSWER_TOO_LONG: Final = cast("Any", JSONResponse({"detail": TOO_LONG}, 414))


class TooMuchError(Exception):
    """Stops the parser, which would otherwise parse all that was read, perhaps thousands of requests."""


class _DiscardedTrailers(list[tuple[bytes, bytes]]):
    """List that drops trailers: no code reads them, and their number has no bound."""

    @override
    def append(self, _: tuple[bytes, bytes]) -> None:
        pass


DISCARDED_TRAILERS: Final = _DiscardedTrailers()


class LimitedConnection(HttpToolsProtocol):
    """One connection whose requests must arrive in time and in size, and whose answers must be read."""

    _framing_bytes = 0
    """Bytes since the last whole head, without bodies."""
    _answered: RequestResponseCycle | None = None
    """The request that is or was answered last; uvicorn's `cycle` is the newest one, which may still wait."""

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(cast("asyncio.Transport", transport))
        self.flow = cast("Any", LazyFlowControl(self.transport))
        self.pipeline = cast("Any", WaitingRequests())
        self._deadlines = _deadlines_of(self.app_state, self.loop)
        self._guests = _guests_of(self.app_state, self.loop)
        self._deadlines.start(self)
        self._guests.add(self)
        if len(self.connections) > self.app_state.get(MAX_CONNECTIONS, len(self.connections)):
            self._guests.make_room()

    @property
    def is_let_in(self) -> bool:
        """True if the last request was let in."""
        cycle = cast("RequestResponseCycle | None", self.cycle)
        return cycle is not None and LET_IN in cycle.scope

    @property
    def unsent_bytes(self) -> int:
        """The bytes that the kernel has not taken."""
        return self.transport.get_write_buffer_size()

    @property
    def held_bytes(self) -> int:
        """The approximate bytes held for this connection."""
        body = len(self.cycle.body) if cast("RequestResponseCycle | None", self.cycle) else 0
        return self.unsent_bytes + body + (MAX_BEHIND_BYTES if self.pipeline else 0)

    def abort(self) -> None:
        """End the connection at once and drop what is unsent."""
        self.transport.abort()

    @override
    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        if self._is_answered:
            self._deadlines.start(self)
        self._framing_bytes += len(data)
        super().data_received(data)
        if self._framing_bytes > MAX_FRAMING_BYTES and len(self.url) > MAX_TARGET_BYTES:
            self.refuse(414, TOO_LONG)
        elif self._framing_bytes > MAX_FRAMING_BYTES:
            self.refuse(431, f"headers must be at most {MAX_FRAMING_BYTES} bytes")
        elif self.pipeline and sum(_bytes_of(cycle) for cycle, _ in self.pipeline) > MAX_BEHIND_BYTES:
            self.abort()

    @override
    def on_headers_complete(self) -> None:
        self._framing_bytes = 0
        if len(self.headers) > MAX_FIELDS:
            self.refuse(431, f"a request must have at most {MAX_FIELDS} headers")
            raise TooMuchError
        resolve_client(cast("Scope", self.scope), self.config)
        super().on_headers_complete()
        if not self.parser.should_upgrade():
            # What arrives as a header after the head is a trailer.
            self.headers = DISCARDED_TRAILERS
        if len(self.pipeline) > MAX_BEHIND:
            self.abort()
            raise TooMuchError

    @override
    def on_body(self, body: bytes) -> None:
        self._framing_bytes -= len(body)
        super().on_body(body)

    @override
    def on_message_complete(self) -> None:
        self._deadlines.stop(self)
        self._guests.requested(self)
        super().on_message_complete()

    @override
    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        scope = cast("dict[str, Any]", cycle.scope)
        self._answered = cycle
        is_too_long = len(scope["raw_path"]) + len(scope["query_string"]) > MAX_TARGET_BYTES
        super()._start_asgi_task(cycle, ANSWER_TOO_LONG if is_too_long else app)

    @override
    def on_response_complete(self) -> None:
        if not self.pipeline:
            self.cycle.body = bytearray()  # no code reads it any more
        super().on_response_complete()

    @override
    def handle_websocket_upgrade(self) -> None:
        self._guests.remove(self)
        super().handle_websocket_upgrade()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._deadlines.stop(self)
        self._guests.remove(self)
        if self._answered is not None and not self._answered.response_complete:  # uvicorn notifies only the newest
            self._answered.disconnected = True
            self._answered.message_event.set()
        super().connection_lost(exc)

    def time_out(self) -> None:
        """Refuse a request that has not arrived in time."""
        self.refuse(408, f"a request must arrive within {REQUEST_SECONDS:g} seconds")

    def refuse(self, status: int, reason: str) -> None:
        """Answer with an error and close; abort instead if an answer to the last request has begun."""
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

    @override
    def send_400_response(self, msg: str) -> None:
        # A connection that we have closed already gets no second answer.
        if not self.transport.is_closing():
            super().send_400_response(msg)

    @property
    def _is_answered(self) -> bool:
        """True if no request is being answered."""
        cycle = cast("RequestResponseCycle | None", self.cycle)
        return cycle is None or cycle.response_complete


def _bytes_of(cycle: RequestResponseCycle) -> int:
    """The bytes that are held of a waiting request."""
    scope = cycle.scope
    fields = sum(len(name) + len(value) for name, value in scope["headers"])
    return len(scope["raw_path"]) + len(scope["query_string"]) + fields + len(cycle.body)


def _deadlines_of(app_state: dict[str, Any], loop: asyncio.AbstractEventLoop) -> Deadlines[LimitedConnection]:
    """The deadlines of all connections of a server."""
    deadlines: Deadlines[LimitedConnection] | None = app_state.get(DEADLINES)
    if deadlines is None:
        deadlines = app_state[DEADLINES] = Deadlines(REQUEST_SECONDS, LimitedConnection.time_out, loop)
    return deadlines


def _guests_of(app_state: dict[str, Any], loop: asyncio.AbstractEventLoop) -> Guests:
    """The guests of a server."""
    guests: Guests | None = app_state.get(GUESTS)
    if guests is None:
        guests = app_state[GUESTS] = Guests(STUCK_SECONDS, loop)
    return guests
