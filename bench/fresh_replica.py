"""How long a fresh replica takes from its start to its first right answer."""

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator

from bench.row import Row
from gateway.embedded import embedded_server
from publisher import StatusPublisher

POLL_SECONDS = 0.01


def measure(starts: int) -> Iterator[Row]:
    """Interpreter start and imports included; then the same from the moment that it listens."""
    with embedded_server() as server, StatusPublisher(server.url) as publisher:
        publisher.session("bench:1")
        publisher.flush()
        runs = [_start(server.url) for _ in range(starts)]
    yield Row.of("replica: exec to first right answer", [answered for answered, _ in runs], "s")
    yield Row.of("replica: listening to first right answer", [1000 * since for _, since in runs], "ms")


def _start(redis_url: str) -> tuple[float, float]:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    started_at = time.monotonic()
    command = [sys.executable, "-m", "gateway", "serve", "--port", str(port), "--redis-url", redis_url]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _until(lambda: socket.create_connection(("127.0.0.1", port), timeout=1).close())
        listening_at = time.monotonic()
        _until(lambda: _check(port))
        return time.monotonic() - started_at, time.monotonic() - listening_at
    finally:
        process.terminate()
        process.wait()


def _check(port: int) -> None:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/agent/status", timeout=10) as response:
        if b"bench:1" not in response.read():
            raise OSError("not right yet")


def _until(attempt: Callable[[], None]) -> None:
    while True:
        try:
            attempt()
        except OSError:
            time.sleep(POLL_SECONDS)
        else:
            return
