"""What all real clients need: gateways that run, an agent that publishes, programs whose output is read as it comes."""

import contextlib
import json
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from agent_status_publisher import Session, StatusPublisher
from chaos import need
from chaos.gateways.gateway_process import GatewayProcess
from chaos.servers.redis_server import RedisServer
from chaos.wait import wait_until

KEY: Final = "your key & more"
SESSION_KEY: Final = "websocket:abc123"
THINKING: Final = {SESSION_KEY: "thinking"}
TOOL_RUNNING: Final = {SESSION_KEY: "tool_running"}
DEBOUNCE_SECONDS: Final = 0.1
NODE: Final = Path(__file__).parent / "node"
INSTALL_SECONDS: Final = 90

Picture = dict[str, Any]


def states(snapshot: Picture) -> dict[str, str]:
    """Each session's state."""
    return {row["session_key"]: row["state"] for row in snapshot["sessions"]}


class Program:
    """A client program, whose lines are kept as they come; neither it nor what it starts outlives its `with`."""

    def __init__(self, *command: str | Path, cwd: Path | None = None) -> None:
        self._command = command
        self._process = subprocess.Popen(
            command,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            process_group=0,
        )
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, name="program", daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(10)
        self._reader.join(10)
        if self._process.stdout is not None:
            self._process.stdout.close()

    @property
    def snapshots(self) -> list[Picture]:
        """What came in `data:` lines, oldest first."""
        return [json.loads(line.removeprefix("data: ")) for line in list(self.lines) if line.startswith("data: ")]

    def wait_for_first(self) -> Picture:
        self._wait_until_it_says(lambda: self.snapshots, "a first snapshot")
        return self.snapshots[0]

    def wait_for(self, wanted: dict[str, str], timeout_seconds: float = 20.0) -> None:
        self._wait_until_it_says(
            lambda: self.snapshots and states(self.snapshots[-1]) == wanted, wanted, timeout_seconds
        )

    def wait_for_line(self, line: str, times: int = 1) -> None:
        self._wait_until_it_says(lambda: self.lines.count(line) >= times, f"{line} {times} times")

    def wait_for_text(self, text: str) -> None:
        self._wait_until_it_says(lambda: any(text in line for line in self.lines), text)

    def _wait_until_it_says(self, has_said: Callable[[], object], what: object, timeout_seconds: float = 20.0) -> None:
        def has_said_or_ended() -> bool:
            has_ended = self._process.poll() is not None and not self._reader.is_alive()
            return bool(has_said()) or has_ended

        try:
            wait_until(has_said_or_ended, str(what), timeout_seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}; {self._command[0]} said: {self.lines}") from None
        assert has_said(), f"{self._command[0]} ended by itself ({self._process.returncode}), and said: {self.lines}"

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.lines.append(line.rstrip("\n"))


@pytest.fixture(scope="session")
def shared_redis() -> Iterator[RedisServer]:
    """A server of their own: no remains of others' workers on the boards here."""
    server = RedisServer()
    yield server
    server.close()


@pytest.fixture(scope="session")
def gateway(shared_redis: RedisServer) -> Iterator[GatewayProcess]:
    """One gateway for all tests that do not end it."""
    with GatewayProcess(shared_redis.url, debounce_seconds=DEBOUNCE_SECONDS) as gateway:
        yield gateway.ready()


@pytest.fixture(scope="session")
def keyed_gateway(shared_redis: RedisServer) -> Iterator[GatewayProcess]:
    """The same, for those who know KEY only."""
    with GatewayProcess(shared_redis.url, debounce_seconds=DEBOUNCE_SECONDS, api_key=KEY) as gateway:
        yield gateway.ready()


@pytest.fixture
def publisher(real_redis: RedisServer) -> Iterator[StatusPublisher]:
    with StatusPublisher(real_redis.url, max_concurrent=5) as publisher:
        yield publisher


@pytest.fixture
def session(publisher: StatusPublisher, gateway: GatewayProcess) -> Session:
    """A session that the gateway shows, alone and thinking."""
    session = publisher.session(SESSION_KEY, title="Fix auth bug")

    def is_shown() -> bool:
        rows = gateway.snapshot("?fields=worker_id")["sessions"]  # the test before had a session of the same key
        return [(row["state"], row["worker_id"]) for row in rows] == [("thinking", publisher.worker_id)]

    wait_until(is_shown, "the gateway shows the session")
    return session


@pytest.fixture(scope="session")
def node_packages() -> Path:
    """The folder of the scripts; what they need is installed once, and again when the lock has changed."""
    npm = need.program("npm")
    lock = (NODE / "package-lock.json").read_text("utf-8")
    installed = NODE / "node_modules" / ".installed-lock.json"
    if not installed.exists() or installed.read_text("utf-8") != lock:
        command = [npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
        done = subprocess.run(command, cwd=NODE, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
        if done.returncode:
            need.missing(f"what npm ci installs ({done.stderr.strip()})")
        installed.write_text(lock, "utf-8")
    return NODE


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Not for the whole session: while Playwright runs, no other event loop can in this thread."""
    chromium = need.program("chromium", "chromium-browser", "google-chrome")
    expect.set_options(timeout=20_000)  # a browser shares the machine with other tests; what it shows is asked
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def tabs(browser: Browser) -> Iterator[BrowserContext]:
    """The tabs of one person: new, without cookies or storage. None of them may fail or break its own policy."""
    problems: list[str] = []
    context = browser.new_context()
    context.on("weberror", lambda error: problems.append(str(error.error)))
    context.on("console", lambda said: problems.append(said.text) if "Content Security Policy" in said.text else None)
    context.set_default_timeout(20_000)
    yield context
    context.close()
    assert not problems


@pytest.fixture
def asked_fields(tabs: BrowserContext) -> Callable[[], list[str]]:
    """The fields that each stream of the list asked for."""
    fields: list[str] = []

    def note(url: str) -> None:
        if "/status/stream?" in url:
            fields.append(parse_qs(urlsplit(url).query).get("fields", [""])[0])

    tabs.on("request", lambda request: note(request.url))
    return lambda: fields
