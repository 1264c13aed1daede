"""How long a fresh replica takes from its start to its first right answer."""

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Final

from agent_status_gateway.cli.embedded import embedded_server
from agent_status_publisher import StatusPublisher
from bench.gateway_run import STATUS_PATH
from bench.options import Options
from bench.row import Row
from bench.started import ROOT
from chaos.ports import free_port

SESSION_KEY: Final = "bench:1"
POLL_SECONDS: Final = 0.01
GIVE_UP_SECONDS: Final = 60.0


def measure(options: Options) -> Iterator[Row]:
    """Interpreter start and imports included; then the same from the moment that it listens."""
    with embedded_server() as server, StatusPublisher(server.url) as publisher:
        publisher.session(SESSION_KEY)
        publisher.flush()
        starts = [_start(server.url) for _ in range(options.rounds)]
    yield Row.of("replica", "exec to first right answer", "s", [answered for answered, _ in starts])
    yield Row.of("replica", "listening to first right answer", "ms", [1000 * since for _, since in starts])


def _start(redis_url: str) -> tuple[float, float]:
    port = free_port()
    started_at = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "agent_status_gateway", "serve", "--port", str(port), "--redis-url", redis_url],
        cwd=ROOT,
        env=os.environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _until(lambda: socket.create_connection(("127.0.0.1", port), timeout=1).close())
        listening_at = time.monotonic()
        _until(lambda: _check(port))
        return time.monotonic() - started_at, time.monotonic() - listening_at
    finally:
        process.terminate()
        process.wait()


def _check(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", STATUS_PATH)
        if SESSION_KEY.encode() not in connection.getresponse().read():
            raise OSError("not right yet")
    finally:
        connection.close()


def _until(attempt: Callable[[], None]) -> None:
    give_up_at = time.monotonic() + GIVE_UP_SECONDS
    while True:
        try:
            attempt()
        except OSError:
            if time.monotonic() > give_up_at:
                raise
            time.sleep(POLL_SECONDS)
        else:
            return
