"""The composition root: `create_app`. pipeline/pipeline.py holds what runs, http/endpoints what answers."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final, NamedTuple

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from redis.asyncio import Redis
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from agent_status_gateway.access.credentials import DropKeys
from agent_status_gateway.access.guests import MAX_CONNECTIONS
from agent_status_gateway.access.open_files import connections_at_most, open_files
from agent_status_gateway.dashboard import page
from agent_status_gateway.feed.redis_client import check_client
from agent_status_gateway.http.answers.misdirected import HostCheck
from agent_status_gateway.http.cors import cors_options
from agent_status_gateway.http.documentation.api_page import api_page
from agent_status_gateway.http.endpoints import keyed, open_to_all
from agent_status_gateway.http.endpoints.held import HeldAnswers
from agent_status_gateway.http.polls import POLLS, Polls
from agent_status_gateway.http.stream import STREAM, StatusStream
from agent_status_gateway.replica import Replica
from agent_status_gateway.server.serve import drain_on_signal
from agent_status_gateway.settings import Settings, SettingsError, renamed_settings, unknown_names
from agent_status_gateway.telemetry.logs import DropProbes
from agent_status_gateway.version import VERSION

logger = logging.getLogger(__name__)

NOT_STARTED: Final = (
    "The Agent Status Gateway is not running, since its lifespan has not begun. An app that mounts it must enter it: "
    "give FastAPI or Starlette a lifespan with `async with status.router.lifespan_context(status): yield`, where "
    "`status` is what create_app() returned. With uvicorn, do not use --lifespan off.\n"
)


class _Parts(NamedTuple):
    """All that is new at each start."""

    replica: Replica
    stream: StatusStream
    polls: Polls
    held_answers: HeldAnswers


class Gateway(FastAPI):
    """One replica as an ASGI app. It reads the environment when it starts, never at import."""

    def __init__(self, settings: Settings | None, redis: Redis | None) -> None:
        super().__init__(
            title="Agent Status Gateway",
            version=VERSION,
            summary="One live snapshot of what a fleet of AI agents is doing.",
            lifespan=_lifespan,
            redirect_slashes=False,  # a redirect would repeat the query, in which a key may be
            # FastAPI's own page at /docs loads scripts from a third party: http/documentation/api_page.py is ours.
            docs_url=None,
            redoc_url=None,
        )
        self._settings = settings
        self._redis = redis
        self._parts: _Parts | None = None
        self._is_running = False
        self._has_logged_start = False
        self.include_router(keyed)
        self.include_router(open_to_all)
        self.include_router(api_page)
        self.include_router(page)

    @property
    def replica(self) -> Replica:
        """The parts behind the routes, new at each start."""
        return self._configured().replica

    @property
    def stream(self) -> StatusStream:
        """The streams' endpoint, new at each start."""
        return self._configured().stream

    @property
    def polls(self) -> Polls:
        """The requests that are held, new at each start."""
        return self._configured().polls

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve as an ASGI app. A start that fails says why, without a traceback."""
        try:
            parts = self._configured()
        except SettingsError as error:
            if scope["type"] == "lifespan":  # uvicorn logs this message instead of a traceback
                await receive()
                await send({"type": "lifespan.startup.failed", "message": str(error)})
            raise
        if scope["type"] == "http" and not self._is_running:
            await self._not_started(scope, receive, send)
        elif parts.stream.is_for(scope):
            await parts.stream(scope, receive, send)
        elif parts.held_answers.is_for(scope):
            await parts.held_answers(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)

    async def _not_started(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer every request with the reason why none can be answered, probes included, and log it once."""
        if not self._has_logged_start:
            self._has_logged_start = True
            logger.error("%s", NOT_STARTED)
        await PlainTextResponse(NOT_STARTED, status_code=500)(scope, receive, send)

    def _configured(self) -> _Parts:
        """Read the settings and make the parts, once for each start.

        Raises:
            SettingsError: The environment has a wrong value.
        """
        if self._parts is not None:
            return self._parts
        settings = self._settings or Settings.load()
        replica = Replica(settings, self._redis)
        self._parts = _Parts(replica, StatusStream(replica), Polls(replica), HeldAnswers(self, replica))
        self.middleware_stack = None
        self.user_middleware.clear()
        self.add_middleware(HostCheck, hosts=replica.hosts)
        # The last one is the outermost: pages that may read can read a refusal, too.
        self.add_middleware(CORSMiddleware, **cors_options(settings))
        return self._parts

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run the replica. Its parts are dropped at the end, since the next run may be in another event loop."""
        try:
            async with self._configured().replica.running():
                self._is_running = True
                yield
        finally:
            self._is_running = False
            self._parts = None


def create_app(settings: Settings | None = None, redis: Redis | None = None) -> Gateway:
    """Make one replica. An app that mounts it must enter its lifespan; until then, every answer says so and how.

    Args:
        settings: Default: the environment's, read when the app starts.
        redis: A `redis.asyncio` client to use, which stays open (in tests, of fakeredis). Default: a new one.

    Raises:
        SettingsError: `redis` is a client that cannot be used.
    """
    if redis is not None:
        check_client(redis)
    return Gateway(settings, redis)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[dict[str, Any]]:
    if not isinstance(app, Gateway):
        raise TypeError("this lifespan belongs to Gateway")
    replica = app.replica
    for sentence in renamed_settings():
        logger.warning("%s", sentence)
    for name in unknown_names():
        logger.warning("%s is not a setting: is it misspelt?", name)
    most = app.stream.max_connections
    if (files := open_files()) < most:
        logger.warning("only %d files may be open, but MAX_CLIENTS needs %d: raise `ulimit -n`", files, most)
    for name in ("uvicorn.access", "uvicorn.error"):
        logging.getLogger(name).addFilter(DropKeys())
    logging.getLogger("uvicorn.access").addFilter(DropProbes())
    with drain_on_signal(replica.drain):
        async with app.running():
            yield {STREAM: app.stream, POLLS: app.polls, MAX_CONNECTIONS: connections_at_most(most)}


app = create_app()
