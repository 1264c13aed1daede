"""uvicorn, signals, and the drain between a signal and the end."""

import asyncio
import gc
import logging
import signal
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final

import uvicorn

from agent_status_gateway.access.open_files import raise_open_files
from agent_status_gateway.server.sockets import BACKLOG, listen
from agent_status_gateway.telemetry import logs

logger = logging.getLogger(__name__)

BACKSTOP_SECONDS: Final = 1
"""How long uvicorn waits for what is still open after the drain."""
START_FAILED_STATUS: Final = 3
GC_THRESHOLD: Final = 20_000
"""New objects before the collector looks at the young ones; 700 is CPython's."""


def serve(
    app: Any, *, host: str, port: int, log_config: dict[str, Any] | None = None, logs_requests: bool = True
) -> int | None:
    """Run an app until it ends; gives back the signal that ended it, for `reraise_signal` when all is cleaned up.

    Raises:
        ListeningError: The port is taken.
    """
    raise_open_files()
    listeners = listen(host, port)
    config = uvicorn.Config(
        app,
        http=http_protocol(),
        host=host,
        port=port,
        backlog=BACKLOG,
        log_config=log_config or logs.log_config(),
        access_log=logs_requests,
        ws="none",
        timeout_graceful_shutdown=BACKSTOP_SECONDS,
        server_header=False,
    )
    server = uvicorn.Server(config)
    # uvicorn raises the signal again when it is done, which would end us before whoever called could clean up.
    ended_by: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda caught, _frame: ended_by.append(caught))
    freeze_startup_objects()
    server.run(sockets=listeners)
    if not server.started and not ended_by:
        sys.exit(START_FAILED_STATUS)
    return ended_by[0] if ended_by else None


def http_protocol() -> type[asyncio.Protocol] | str:
    """Our connection, on which the hub writes to clients itself; or uvicorn's, if that is not as we know it."""
    try:
        from agent_status_gateway.server.connection import Connection, is_supported  # noqa: PLC0415 - not every uvicorn has what it needs
    except ImportError as error:
        logger.warning("streams cost a task each, since this uvicorn is not as we know it: %s", error)
        return "auto"
    if not is_supported():
        logger.warning("streams cost a task each, since this uvicorn is not as we know it")
        return "auto"
    return Connection


def reraise_signal(number: int) -> None:
    """End as a process does that does not handle this signal: whoever waits for us sees what it was."""
    signal.signal(number, signal.SIG_DFL)
    signal.raise_signal(number)


def freeze_startup_objects() -> None:
    """Have the cycle collector look at what comes and goes, not at code and clients again and again.

    Every open stream is some dozens of objects that stay: with the default thresholds, a storm of connects spends a
    sixth of its time in collections that find nothing.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD, 20, 20)


@contextmanager
def drain_on_signal(drain: Callable[[], Awaitable[None]]) -> Iterator[None]:
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

    async def drain_and_finish(number: int, finish: Callable[[int, FrameType | None], Any]) -> None:
        try:
            await drain()
        except Exception:  # the signal must not be lost for it
            logger.exception("the drain has failed")
        finally:
            finish(number, None)

    def on_signal(number: int, _frame: FrameType | None) -> None:
        finish = servers[number]
        if drains:
            loop.call_soon_threadsafe(drains[0].cancel)
        else:
            loop.call_soon_threadsafe(
                lambda: drains.append(asyncio.create_task(drain_and_finish(number, finish), name="drain"))
            )

    for number in servers:
        signal.signal(number, on_signal)
    try:
        yield
    finally:
        for number, handler in servers.items():
            signal.signal(number, handler)
