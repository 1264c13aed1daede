"""A real uvicorn in a thread of this process: quick to start, for whatever needs no process of its own."""

import threading
from types import TracebackType
from typing import Self

import uvicorn

from gateway.main import create_app
from gateway.settings import Settings
from tests.support.gateway_client import GatewayClient
from tests.support.wait import wait_until


class GatewayThread(GatewayClient):
    """Settings by their names in lower case."""

    def __init__(self, redis_url: str, **settings: object) -> None:
        app = create_app(Settings.load(redis_url=redis_url, **settings))
        config = uvicorn.Config(app, port=0, log_config=None, timeout_graceful_shutdown=1)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, name="gateway", daemon=True)
        self._thread.start()
        wait_until(lambda: self._server.started, "the gateway listens")
        port: int = self._server.servers[0].sockets[0].getsockname()[1]
        super().__init__(port)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join(10)
        assert not self._thread.is_alive(), "the gateway did not end"
