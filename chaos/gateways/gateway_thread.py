"""A real uvicorn in a thread of this process: quick to start, for whatever needs no process of its own."""

import asyncio
import threading
from collections.abc import Coroutine
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal, Self, TypeVar

import uvicorn

from agent_status_gateway.main import create_app
from agent_status_gateway.server.connection import Connection
from agent_status_gateway.server.sockets import listen
from agent_status_gateway.settings import Settings
from chaos.gateways.gateway_client import GatewayClient
from chaos.wait import wait_until

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Served:
    """How uvicorn serves: by which class for connections, on which event loop."""

    http: type[asyncio.Protocol] | Literal["httptools", "h11"] = Connection
    loop: Literal["uvloop", "asyncio"] = "uvloop"
    root_path: str = ""


EVERY_WAY = {
    "connection on uvloop": Served(),
    "connection on asyncio": Served(loop="asyncio"),
    "task on httptools": Served(http="httptools"),
    "task on h11": Served(http="h11", loop="asyncio"),
}
"""The ways that a stream is served, which must all look the same."""


class GatewayThread(GatewayClient):
    """Settings by their names in lower case."""

    def __init__(self, redis_url: str, served: Served = EVERY_WAY["connection on uvloop"], **settings: object) -> None:
        app = create_app(Settings.load(redis_url=redis_url, **settings))
        config = uvicorn.Config(
            app,
            http=served.http,
            loop=served.loop,
            root_path=served.root_path,
            log_config=None,
            timeout_graceful_shutdown=1,
        )
        self.app = app
        self._server = uvicorn.Server(config)
        listeners = listen("127.0.0.1", 0)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": listeners}, name="gateway", daemon=True
        )
        self._thread.start()
        wait_until(lambda: self._server.started, "the gateway listens")
        super().__init__(listeners[0].getsockname()[1])

    def drain(self) -> None:
        """End the streams as the end of a gateway does; the server goes on."""
        self.run(self.app.replica.drain())

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine in the gateway's event loop, and give its result."""
        loop = self._server.servers[0].get_loop()
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result(10)

    def connections(self) -> list[Any]:
        """Those that it has now."""
        return list(self._server.server_state.connections)

    def requests(self) -> int:
        """How many are being answered."""
        return len(self._server.server_state.tasks)

    def tasks(self) -> int:
        """How many tasks its event loop has."""
        loop = self._server.servers[0].get_loop()
        return len(asyncio.all_tasks(loop))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join(10)
        assert not self._thread.is_alive(), "the gateway did not end"
