"""uvicorn, signals, and the drain between a signal and the end."""

import asyncio
import logging
import resource
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final

import uvicorn

from gateway.hub import Hub
from gateway.listening import BACKLOG, listen

logger = logging.getLogger("gateway.server")

BACKSTOP_SECONDS: Final = 1
"""How long uvicorn waits for what is still open after the drain."""
START_FAILED_STATUS: Final = 3

LOG_CONFIG: Final[dict[str, Any]] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)-7s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
}


def serve(app: Any, *, host: str, port: int) -> None:
    """Run one replica until a signal ends it. The signal is raised again at the end, as uvicorn does.

    Raises:
        ListeningError: The port is taken.
    """
    raise_open_files()
    listener = listen(host, port)
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        backlog=BACKLOG,
        log_config=LOG_CONFIG,
        timeout_graceful_shutdown=BACKSTOP_SECONDS,
        server_header=False,
    )
    server = uvicorn.Server(config)
    try:
        server.run(sockets=[listener])
    except KeyboardInterrupt:  # raised again by uvicorn after all has been drained: that was a clean end
        return
    if not server.started:
        sys.exit(START_FAILED_STATUS)


def raise_open_files() -> None:
    """Each client is an open file: take as many as the machine allows."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


@contextmanager
def drain_on_signal(hub: Hub, drain_seconds: float) -> Iterator[None]:
    """Put a drain before what the server does at SIGTERM and SIGINT; a second signal is at once.

    A server that installed no handlers of its own (a test's, or one that is not in the main thread) is left alone.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    drains: list[asyncio.Task[None]] = []
    handlers = {int(number): signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    servers = {
        number: handler
        for number, handler in handlers.items()
        if callable(handler) and handler is not signal.default_int_handler
    }

    async def drain(number: int, finish: Callable[[int, FrameType | None], Any]) -> None:
        logger.info("draining %d open streams over %g s", len(hub), drain_seconds)
        await hub.drain(drain_seconds)
        logger.info("drained")
        finish(number, None)

    def on_signal(number: int, frame: FrameType | None) -> None:
        finish = servers[number]
        if drains:
            finish(number, frame)
        else:
            loop.call_soon_threadsafe(lambda: drains.append(asyncio.create_task(drain(number, finish), name="drain")))

    for number in servers:
        signal.signal(number, on_signal)
    try:
        yield
    finally:
        for number, handler in servers.items():
            signal.signal(number, handler)
