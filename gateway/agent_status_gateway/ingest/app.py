"""HTTP endpoints for agents that do not publish themselves.

`agent-status-gateway ingest` begins here.

Every answer comes at once: an update goes to the publisher, which never waits for Redis.
"""

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any, Final, Literal, NoReturn

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Path, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.middleware.trustedhost import TrustedHostMiddleware

from agent_status_gateway.access.credentials import DropKeys, has_key
from agent_status_gateway.access.guests import LET_IN, MAX_CONNECTIONS
from agent_status_gateway.access.open_files import connections_at_most
from agent_status_gateway.http.documentation.api_page import api_page
from agent_status_gateway.ingest.body_limit import BodyLimit
from agent_status_gateway.ingest.hook_event import Cli, HookEvent
from agent_status_gateway.ingest.hooks import take
from agent_status_gateway.ingest.processes import Missed, missing, named_process
from agent_status_gateway.ingest.session_update import SessionUpdate
from agent_status_gateway.ingest.sessions import IngestSessions, TooManySessionsError
from agent_status_gateway.paths import LIVENESS_PATH
from agent_status_gateway.settings import LOOPBACK, IngestSettings
from agent_status_gateway.tasks import keep_running
from agent_status_gateway.version import VERSION
from agent_status_publisher import StatusPublisher
from agent_status_publisher.contract.report import check_session_key
from agent_status_publisher.hooks.caller import host_name
from agent_status_publisher.hooks.process_start import process_start

logger = logging.getLogger(__name__)

REFUSAL: Final = "Invalid or missing ingest key"
LOOK_SECONDS: Final = 1.0
"""Seconds between two looks for idle sessions."""
PROCESS_LOOK_SECONDS: Final = 15.0
"""Seconds between two looks for agents' processes that are gone, which two looks in a row must miss."""
CONNECTIONS: Final = 1000
"""The most connections at once: each sends an update, and is gone again."""
HOSTS: Final = (*sorted(LOOPBACK), "[::1]")
"""The names of this machine in a request's `Host`, where IPv6 addresses stand in brackets."""
UNREADABLE: Final = "the body must be JSON in UTF-8, less deeply nested and with shorter numbers than this one"
MAX_PROBLEMS: Final = 20
"""The most problems in a refusal. A client may send any number of them."""
MAX_PLACE_CHARACTERS: Final = 100
"""The most characters of a field's name in a refusal. A client invents the names of unknown fields."""


async def _require_key(request: Request) -> None:
    key = request.app.state.settings.ingest_key
    if key is None:
        return
    if not has_key(request.scope, key):
        raise HTTPException(403, REFUSAL)
    request.scope[LET_IN] = True


async def _sessions(request: Request) -> IngestSessions:
    sessions: IngestSessions = request.app.state.sessions
    return sessions


async def _shown_key(key: Annotated[str, Path(description="`channel:session_id`")]) -> str:
    try:
        return check_session_key(key)
    except ValueError as error:
        _refuse(["path", "key"], str(error))


Sessions = Annotated[IngestSessions, Depends(_sessions)]
Key = Annotated[str, Depends(_shown_key)]
keyed = APIRouter(dependencies=[Depends(_require_key)])
open_to_all = APIRouter()


@keyed.post("/sessions/{key:path}", status_code=204, summary="Set what a session does now; open it first if necessary")
async def update(key: Key, change: SessionUpdate, sessions: Sessions) -> None:
    """Set what a session does now. An error ends it, and is shown for the error TTL. Usage is the total of this run."""
    one = sessions.get(key)
    if problem := change.problem_for(key, {} if one is None else one.session.labels):
        field, reason = problem
        _refuse(["body", field], reason)
    change.apply(key, sessions)


@keyed.delete("/sessions/{key:path}", status_code=204, summary="End a session")
async def end(key: Key, sessions: Sessions, outcome: Literal["done", "cancelled"] = "done") -> None:
    """End a session, as done or as cancelled. Nothing happens if it is not open."""
    sessions.end(key, outcome=outcome)


@keyed.post("/hooks/{cli}", summary="Receive a hook event of a command-line agent")
async def hook(cli: Cli, event: HookEvent, sessions: Sessions, request: Request) -> Response:
    """Answer `{}`, which changes nothing in the agent, or 204 for an event that means nothing here."""
    key = f"{cli}:{event.session_id}"
    try:
        check_session_key(key)
    except ValueError as error:
        _refuse(["body", "session_id"], str(error))
    means_something = take(cli, event, sessions)
    await _watch_process(key, request, sessions)
    return JSONResponse({}) if means_something else Response(status_code=204)


async def _watch_process(key: str, request: Request, sessions: IngestSessions) -> None:
    process = named_process(request.headers, host_name())
    session = sessions.get(key)
    if process is None or session is None or session.process == process:
        return
    if await asyncio.to_thread(process_start, process.pid) == process.start:
        session.process = process


@open_to_all.get(LIVENESS_PATH, summary="Liveness")
async def livez() -> dict[str, str]:
    """Answer 200 while the process runs."""
    return {"status": "ok"}


def create_ingest(settings: IngestSettings, publisher: StatusPublisher | None = None) -> FastAPI:
    """The app; the publisher, a worker like any other, starts and says goodbye with it."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, int]]:
        for name in ("uvicorn.access", "uvicorn.error"):
            logging.getLogger(name).addFilter(DropKeys())
        ours = publisher or StatusPublisher(settings.redis_url, namespace=settings.namespace, max_concurrent=0)
        async with ours:
            app.state.sessions = sessions = IngestSessions(
                ours,
                time.monotonic,
                settings.ingest_ttl_seconds,
                shows_idle=settings.show_idle,
                has_children=settings.subagents == "sessions",
            )
            end_idle = keep_running("the look for idle sessions", lambda: _end_idle_sessions(sessions))
            end_dead = keep_running("the look for dead agents", lambda: _end_dead_sessions(sessions))
            looks = [
                asyncio.create_task(end_idle, name="idle-sessions"),
                asyncio.create_task(end_dead, name="dead-sessions"),
            ]
            try:
                yield {MAX_CONNECTIONS: connections_at_most(CONNECTIONS)}
            finally:
                for look in looks:
                    look.cancel()

    app = FastAPI(
        title="Agent Status Ingest",
        version=VERSION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # a redirect would repeat the query, in which the key may be
    )
    app.state.settings = settings
    app.include_router(keyed)
    app.include_router(open_to_all)
    app.include_router(api_page)
    app.add_exception_handler(TooManySessionsError, _too_many)
    app.add_exception_handler(RequestValidationError, _refused)
    app.add_exception_handler(400, _unreadable)
    key = settings.ingest_key
    app.add_middleware(BodyLimit, may_send=lambda scope: key is None or has_key(scope, key))
    if settings.ingest_key is None:
        # Without a key, a page in a browser on this machine must not write under a name that leads here.
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=HOSTS)
    return app


async def _end_idle_sessions(sessions: IngestSessions) -> None:
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        sessions.end_idle()


async def _refused(_request: Request, error: Exception) -> Response:
    """Answer 422 with the fields that are wrong, and why.

    What was sent is not repeated: it may be private, as large as a body, or not a value of JSON or UTF-8.
    """
    assert isinstance(error, RequestValidationError)  # noqa: S101 - it is registered for nothing else
    problems = [
        {"type": one["type"], "loc": [_place(part) for part in one["loc"]], "msg": one["msg"]}
        for one in error.errors()[:MAX_PROBLEMS]
    ]
    return Response(json.dumps({"detail": problems}), 422, media_type="application/json")


async def _unreadable(request: Request, _error: Exception) -> Response:
    """Answer 422 for a body that Python's reader of JSON gives up on, where FastAPI answers 400 and names nothing."""
    problem = {"type": "json_invalid", "loc": ("body",), "msg": UNREADABLE, "input": None}
    return await _refused(request, RequestValidationError([problem]))


def _place(part: str | int) -> str | int:
    return part if isinstance(part, int) else part[:MAX_PLACE_CHARACTERS]


async def _end_dead_sessions(sessions: IngestSessions) -> None:
    missed = Missed()
    while True:
        await asyncio.sleep(PROCESS_LOOK_SECONDS)
        now_missing = await asyncio.to_thread(missing, sessions.processes, process_start)
        sessions.end_gone(missed.gone(now_missing))


async def _too_many(_request: Request, error: Exception) -> Response:
    return JSONResponse({"detail": str(error)}, 429)


def _refuse(place: list[Any], reason: str) -> NoReturn:
    raise RequestValidationError([{"type": "value_error", "loc": tuple(place), "msg": reason, "input": None}])
