"""The stream's endpoint, as raw ASGI: who may have it, and what they get first. Before it comes the server.

FastAPI's routing and dependencies cost four times what the answer does, so its route only documents this one.
A server's connection that can be a client's line itself says so in the scope (see connection.py), and then no task
stays; on any other server one does (task_line.py).
"""

from typing import Final, Protocol
from urllib.parse import parse_qsl

from fastapi.middleware.cors import CORSMiddleware
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from gateway.auth import REFUSAL, has_key
from gateway.client import Client, Line
from gateway.coding import accepts_gzip, coding_for
from gateway.cors import cors_options
from gateway.hub import Hub
from gateway.not_now import not_now
from gateway.pipeline import NOT_READ_YET, Pipeline
from gateway.settings import Settings
from gateway.task_line import TaskLine, body

STREAM_PATH: Final = "/api/v1/agent/status/stream"
FIRST_PICTURE_SECONDS: Final = 5.0
STREAM: Final = "agent_status.stream"
"""Where the lifespan state has this endpoint, for connections that call it themselves."""
LINE: Final = "agent_status.line"
"""The ASGI extension by which a connection offers to be the client's line: it frames nothing, and stays by itself."""
HEADERS: Final = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache, no-transform"),
    (b"x-accel-buffering", b"no"),
    (b"vary", b"Accept-Encoding"),
)
GZIPPED: Final = (b"content-encoding", b"gzip")


class OwnLine(Line, Protocol):
    """A connection that is a line, as it is in the scope."""

    is_chunked: bool
    """Whether what is written must be framed as chunks."""

    def taken_by(self, client: Client) -> None:
        """It is this client's line from now on."""


class StatusStream:
    """An ASGI app, CORS included; `answer` is the same without, for whoever has seen to it."""

    def __init__(self, settings: Settings, pipeline: Pipeline, hub: Hub) -> None:
        self._key = settings.api_key
        self._pipeline = pipeline
        self._hub = hub
        self._with_cors = CORSMiddleware(self.answer, **cors_options(settings))

    def is_for(self, scope: Scope) -> bool:
        """Whether this request wants the stream."""
        return scope["type"] == "http" and scope["path"] == STREAM_PATH and scope["method"] in ("GET", "HEAD")

    @property
    def answers_at_once(self) -> bool:
        """Whether the answer has nothing to wait for."""
        return self._pipeline.has_picture

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, and stay if need be."""
        await self._with_cors(scope, receive, send)

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, and stay if need be."""
        refusal = await self._refusal(scope)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        is_gzipped = accepts_gzip(_header(scope, b"accept-encoding"))
        headers = [*HEADERS, *((GZIPPED,) if is_gzipped else ())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        if scope["method"] == "HEAD":
            await send(body(b"", last=True))
            return
        wants_feed = _query(scope).get("events") == "all"
        own: OwnLine | None = scope.get("extensions", {}).get(LINE)
        if own is not None:
            coding = coding_for(is_gzipped=is_gzipped, is_chunked=own.is_chunked)
            own.taken_by(self._pipeline.join(own, coding, wants_feed=wants_feed))
            return
        line, coding = TaskLine(), coding_for(is_gzipped=is_gzipped, is_chunked=False)
        client = self._pipeline.join(line, coding, wants_feed=wants_feed)
        try:
            await line.stay(client, receive, send)
        finally:
            client.gone()

    async def _refusal(self, scope: Scope) -> Response | None:
        """Why there is no stream, as an answer; None if there is one."""
        if self._key is not None and not has_key(scope, self._key):
            return JSONResponse({"detail": REFUSAL}, 403)
        events = _query(scope).get("events", "status")
        if events not in ("status", "all"):
            return _unprocessable(events)
        accept = _header(scope, b"accept")
        is_there = self._pipeline.has_picture or scope["method"] == "HEAD"
        if not is_there and not await self._pipeline.wait_for_picture(FIRST_PICTURE_SECONDS):
            return not_now(self._pipeline.lost_reason or NOT_READ_YET, accept=accept)
        if self._hub.is_draining:
            return not_now("this replica is going away", accept=accept)
        if self._hub.is_full:
            return not_now("this replica is full", accept=accept)
        return None


def _header(scope: Scope, name: bytes) -> str:
    return b", ".join(value for given, value in scope["headers"] if given == name).decode("latin-1")


def _query(scope: Scope) -> dict[str, str]:
    query: bytes = scope["query_string"]
    return dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True)) if query else {}


def _unprocessable(events: str) -> Response:
    """In the words that FastAPI has for it, on the other endpoints."""
    problem = {"type": "literal_error", "loc": ["query", "events"], "msg": "Input should be 'status' or 'all'"}
    return JSONResponse({"detail": [problem | {"input": events, "ctx": {"expected": "'status' or 'all'"}}]}, 422)
