"""The endpoint of the streams, as raw ASGI: who may read, and what a client gets first. The server comes before it.

A stream is of snapshots or of summaries. They differ in what a request can ask for, and in nothing else.

FastAPI's routing and dependencies cost more than the answer does, so its route only documents this endpoint. A server
whose connections are transports themselves asks `opens_at_once` and then calls `open` (server/connection.py): no task
stays. On any other server a client has three tasks (asgi_transport.py).
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Final

from fastapi.middleware.cors import CORSMiddleware
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agent_status_gateway.access.credentials import REFUSAL
from agent_status_gateway.access.guests import LET_IN
from agent_status_gateway.access.keys.reader import Reader
from agent_status_gateway.fanout.address import client_of
from agent_status_gateway.fanout.client import Client, Peer, Transport
from agent_status_gateway.fanout.events.encoders import encoder_for
from agent_status_gateway.http.answers.misdirected import misdirected
from agent_status_gateway.http.answers.room import why_no_room
from agent_status_gateway.http.answers.unavailable import unavailable
from agent_status_gateway.http.answers.unprocessable import unprocessable
from agent_status_gateway.http.asgi_transport import AsgiTransport, body
from agent_status_gateway.http.asking.asked import Asked, asked_by, summary_asked_by
from agent_status_gateway.http.asking.negotiation import accepts_gzip
from agent_status_gateway.http.asking.request_head import header, path_below_root
from agent_status_gateway.http.cors import cors_options
from agent_status_gateway.paths import STREAM_PATH, SUMMARY_STREAM_PATH
from agent_status_gateway.replica import Replica
from agent_status_gateway.settings import Settings
from agent_status_gateway.state.views.query import WrongFieldError
from agent_status_gateway.tasks import run_at_once

FIRST_SNAPSHOT_SECONDS: Final = 5.0
"""The longest that a request waits for the first snapshot, in seconds."""
STREAM: Final = "agent_status.stream"
"""The key of the lifespan state that holds this endpoint, for connections that call it themselves."""
READER: Final = "agent_status.reader"
"""The key of a request's scope that holds the reader who was not refused."""
PATHS: Final = frozenset({STREAM_PATH, SUMMARY_STREAM_PATH})
HEADERS: Final = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache, no-transform"),
    (b"x-accel-buffering", b"no"),
    (b"vary", b"Accept-Encoding"),
)
SPARE_CONNECTIONS: Final = 1000
"""Connections besides the streams: for probes, JSON, the dashboard, and streams that are refused."""
GZIPPED: Final = (b"content-encoding", b"gzip")
Headers = list[tuple[bytes, bytes]]


class StatusStream:
    """ASGI app with CORS; `answer` is the app without, for callers that have added it."""

    def __init__(self, replica: Replica) -> None:
        settings = replica.settings
        self._hosts = replica.hosts
        self._access = replica.access
        self._pipeline = replica.pipeline
        self._hub = replica.hub
        self._with_cors = CORSMiddleware(self.answer, **cors_options(settings))
        self._headers_for = _headers_by_origin(settings)

    @property
    def max_connections(self) -> int:
        """The most connections that a server of this app should accept."""
        return self._hub.max_clients + SPARE_CONNECTIONS

    def is_for(self, scope: Scope) -> bool:
        """Test whether a request is for the stream, or for that of summaries."""
        return scope["type"] == "http" and scope["method"] in ("GET", "HEAD") and path_below_root(scope) in PATHS

    def opens_at_once(self, scope: Scope) -> bool:
        """Test whether the answer is an open stream, and can be given without waiting."""
        return (
            self.is_for(scope)
            and scope["method"] == "GET"
            and self._pipeline.has_snapshot
            and self._refusal(scope) is None
        )

    def open(
        self, scope: Scope, transport: Transport, *, is_chunked: bool, set_headers: Callable[[Headers], None]
    ) -> Client:
        """Open a stream on this transport; `set_headers` gets the headers, CORS included, before the first byte."""
        is_gzipped = accepts_gzip(header(scope, b"accept-encoding"))
        set_headers(self._headers_for(_origin(scope), is_gzipped))
        return self._join(scope, transport, is_gzipped=is_gzipped, is_chunked=is_chunked)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with CORS headers, and return when the stream ends."""
        await self._with_cors(scope, receive, send)

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, and return when the stream ends."""
        refusal = self._refusal(scope) or await self._no_snapshot(scope) or self._refusal(scope)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        is_gzipped = accepts_gzip(header(scope, b"accept-encoding"))
        start: Message = {"type": "http.response.start", "status": 200, "headers": _headers(is_gzipped=is_gzipped)}
        if scope["method"] == "HEAD":
            await send(start)
            await send(body(b"", last=True))
            return
        transport = AsgiTransport(start)
        # Before any await: a client that was not refused takes its place at once.
        client = self._join(scope, transport, is_gzipped=is_gzipped, is_chunked=False)
        try:
            await transport.stay(client, receive, send)
        finally:
            client.closed()

    def _join(self, scope: Scope, transport: Transport, *, is_gzipped: bool, is_chunked: bool) -> Client:
        encoder = encoder_for(is_gzipped=is_gzipped, is_chunked=is_chunked)
        # Not looked up again: a ticket may have expired since then, and that must not make anybody of its reader.
        reader: Reader = scope[READER]
        self._access.uses[reader.key_name] += 1
        scope[LET_IN] = True
        peer = Peer(*client_of(scope), reader.key_name)
        view, wants_changes, wants_feed = _asked_by(scope, reader)
        audience = self._pipeline.audience(view)
        try:
            return self._hub.join(
                transport,
                encoder,
                audience,
                self._pipeline.frame_at_once(view, wants_changes=wants_changes),
                peer=peer,
                wants_changes=wants_changes,
                wants_feed=wants_feed,
                feed=self._pipeline.health.event() if wants_feed else b"",
            )
        finally:
            self._hub.drop_empty(audience)  # if anything failed

    def _refusal(self, scope: Scope) -> Response | None:
        """The answer that refuses a stream; None if the client gets one."""
        if (reason := self._hosts.refusal(scope)) is not None:
            return misdirected(reason)
        reader = self._access.streaming_reader(scope)
        if reader is None:
            return JSONResponse({"detail": REFUSAL}, 403)
        scope[READER] = reader
        try:
            view = _asked_by(scope, reader).view
        except WrongFieldError as error:
            return unprocessable(error)
        why = why_no_room(self._hub, reader, client_of(scope)[0], view)
        return None if why is None else unavailable(why, accept=header(scope, b"accept"))

    async def _no_snapshot(self, scope: Scope) -> Response | None:
        """Wait for the first snapshot; return an answer if it does not come."""
        if self._pipeline.has_snapshot or scope["method"] == "HEAD":
            return None
        if await self._pipeline.wait_for_snapshot(FIRST_SNAPSHOT_SECONDS):
            return None
        return unavailable(self._pipeline.health.why_no_snapshot, accept=header(scope, b"accept"))


def _asked_by(scope: Scope, reader: Reader) -> Asked:
    is_summary = scope["path"].endswith(SUMMARY_STREAM_PATH)
    return summary_asked_by(scope, reader) if is_summary else asked_by(scope, reader)


def _headers(*, is_gzipped: bool) -> Headers:
    return [*HEADERS, GZIPPED] if is_gzipped else [*HEADERS]


def _headers_by_origin(settings: Settings) -> Callable[[bytes | None, bool], Headers]:
    """Cache the headers that the CORS middleware makes: they depend on the origin and the encoding alone."""
    options = cors_options(settings)

    @lru_cache(maxsize=100)
    def headers_for(origin: bytes | None, is_gzipped: bool) -> Headers:
        start: Message = {"type": "http.response.start", "status": 200, "headers": _headers(is_gzipped=is_gzipped)}
        scope: Scope = {
            "type": "http",
            "method": "GET",
            "headers": [] if origin is None else [(b"origin", origin)],
        }
        run_at_once(_start_through(CORSMiddleware(_app_that_sends(start), **options), scope))
        headers: Headers = start["headers"]
        return headers

    return headers_for


def _app_that_sends(start: Message) -> ASGIApp:
    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send(start)

    return app


async def _start_through(middleware: ASGIApp, scope: Scope) -> None:
    async def send(_message: Message) -> None:
        """Do nothing: the middleware has changed the message already."""

    async def receive() -> Message:
        raise NotImplementedError

    await middleware(scope, receive, send)


def _origin(scope: Scope) -> bytes | None:
    """The first `Origin` header, which is the one that the CORS middleware takes."""
    return next((value for name, value in scope["headers"] if name == b"origin"), None)
