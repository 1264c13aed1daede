"""uvicorn's HTTP connection within limits that uvicorn has not, so that a stranger can make nothing grow.

How long a request may take to come, how large all but its body may be, and how many connections there may be. What
is relied on in uvicorn is named in `RELIED_ON` of connection.py, which goes on from here.
"""

import asyncio
from http import HTTPStatus
from typing import Any, Final, cast

import orjson
from starlette.responses import JSONResponse
from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from agent_status_gateway.http.stream import MAX_CONNECTIONS
from agent_status_gateway.server.proxies import settle_client
from agent_status_gateway.server.request_deadlines import Deadlines

REQUEST_SECONDS: Final = 10.0
"""For a request to come whole, from the connection on, or from its first byte where there has been one before."""
MAX_FRAMING_BYTES: Final = 32 * 1024
"""Of a request, all but its body: line, headers, chunk sizes, trailers. What comes in one read is in memory anyway."""
MAX_TARGET_BYTES: Final = 8 * 1024
"""Of the path and the query together, as most servers have it."""
DEADLINES: Final = "agent_status.deadlines"
TOO_LONG: Final = cast(
    "Any", JSONResponse({"detail": f"a path and query of at most {MAX_TARGET_BYTES} bytes are read"}, 414)
)


class _Nowhere(list[tuple[bytes, bytes]]):
    """Where trailers go: nobody reads them, and there is no end to them."""

    def append(self, _: tuple[bytes, bytes]) -> None:
        """Forget it."""


NOWHERE: Final = _Nowhere()


class LimitedConnection(HttpToolsProtocol):
    """One connection, from which requests come in time and in size."""

    _framing_bytes = 0
    """Since the last whole head."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A newcomer, which owes us a request; one too many is let go without a word."""
        super().connection_made(cast("asyncio.Transport", transport))
        if len(self.connections) > self.app_state.get(MAX_CONNECTIONS, len(self.connections)):
            self.transport.abort()
        else:
            self._deadlines.start(self)

    @property
    def _deadlines(self) -> "Deadlines[LimitedConnection]":
        """One for all connections of a server."""
        deadlines: Deadlines[LimitedConnection] | None = self.app_state.get(DEADLINES)
        if deadlines is None:
            deadlines = Deadlines(REQUEST_SECONDS, LimitedConnection.give_up, self.loop)
            self.app_state[DEADLINES] = deadlines
        return deadlines

    def data_received(self, data: bytes) -> None:
        """Parse it; who sends a head without an end is refused."""
        if self._is_answered:
            self._deadlines.start(self)
        self._framing_bytes += len(data)
        super().data_received(data)
        if self._framing_bytes > MAX_FRAMING_BYTES:
            self.refuse(431, f"at most {MAX_FRAMING_BYTES} bytes of headers are read")

    def on_headers_complete(self) -> None:
        """A head is whole, and so who asks is known; what comes as a header after it is a trailer."""
        self._framing_bytes = 0
        settle_client(cast("Scope", self.scope), self.config)
        super().on_headers_complete()
        if not self.parser.should_upgrade():
            self.headers = NOWHERE

    def on_body(self, body: bytes) -> None:
        """A part of the body, which is the app's business."""
        self._framing_bytes -= len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request has come whole."""
        self._deadlines.stop(self)
        super().on_message_complete()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        scope = cast("dict[str, Any]", cycle.scope)
        is_too_long = len(scope["raw_path"]) + len(scope["query_string"]) > MAX_TARGET_BYTES
        super()._start_asgi_task(cycle, TOO_LONG if is_too_long else app)

    def connection_lost(self, exc: Exception | None) -> None:
        """It owes us nothing any more."""
        self._deadlines.stop(self)
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

    @property
    def _is_answered(self) -> bool:
        """Whether no request is being answered."""
        cycle = cast("RequestResponseCycle | None", self.cycle)
        return cycle is None or cycle.response_complete
