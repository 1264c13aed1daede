"""uvicorn, signals, and the drain before the end."""

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
"""Seconds that uvicorn waits for what is still open after the drain."""
START_FAILED_STATUS: Final = 3
GC_THRESHOLD: Final = 20_000
"""The new objects after which the collector looks at the young ones; CPython's default is 700."""


def serve(
    app: Any, *, host: str, port: int, log_config: dict[str, Any] | None = None, logs_requests: bool = True
) -> int | None:
    """Run an app until it ends; return the signal that ended it, for `reraise_signal` after the cleanup.

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
    # uvicorn raises the signal again at its end, which would end the process before the caller can clean up.
    ended_by: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda caught, _frame: ended_by.append(caught))
    freeze_startup_objects()
    server.run(sockets=listeners)
    if not server.started and not ended_by:
        sys.exit(START_FAILED_STATUS)
    return ended_by[0] if ended_by else None


def http_protocol() -> type[asyncio.Protocol] | str:
    """Choose our connection, on which the hub writes itself; or uvicorn's own, if this uvicorn is unsupported."""
    try:
        from agent_status_gateway.server.connection import Connection, is_supported  # noqa: PLC0415 - not every uvicorn has what it needs
    except ImportError as error:
        logger.warning("streams take tasks, since this version of uvicorn is not supported: %s", error)
        return "auto"
    if not is_supported():
        logger.warning("streams take tasks, since this version of uvicorn is not supported")
        return "auto"
    return Connection


def reraise_signal(number: int) -> None:
    """End by this signal, as a process that does not handle it: its parent sees which signal it was."""
    signal.signal(number, signal.SIG_DFL)
    signal.raise_signal(number)


def freeze_startup_objects() -> None:
    """Exempt the objects of the startup from the cycle collector, and have it run less often.

    An open stream is dozens of objects that stay. With the default thresholds, a storm of connects spends a sixth of
    its time in collections that find nothing.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD, 20, 20)


@contextmanager
def drain_on_signal(drain: Callable[[], Awaitable[None]]) -> Iterator[None]:
    """Run a drain before the server's own handling of SIGTERM and SIGINT; a second signal ends the drain at once.

    A server without handlers of its own (a test's, or one outside the main thread) is left as it is.
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
        except Exception:  # a defect must not lose the signal
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
