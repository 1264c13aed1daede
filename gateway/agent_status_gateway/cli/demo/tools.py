"""The real work that demo sessions do: shell commands, file reads, HTTP requests. Each gives back what it found."""

import asyncio
import os
import signal
import sysconfig
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from agent_status_gateway.paths import HEALTH_PATH, METRICS_PATH, READINESS_PATH, STATUS_PATH

HTTP_TIMEOUT_SECONDS: Final = 5.0
SHELL_TIMEOUT_SECONDS: Final = 15.0


class ToolError(Exception):
    """A tool that did its work and found something wrong."""


@dataclass(frozen=True, slots=True)
class Step:
    """Tool call: its name on the dashboard, and the work."""

    tool: str
    run: Callable[[], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Job:
    """Work of one session, from its title to its end. Some jobs ask the user, and some fail."""

    title: str
    steps: tuple[Step, ...]
    question: bool = False


def shell(command: str) -> Step:
    """A shell command; a status that is not 0 is an error."""

    async def run() -> str:
        process = await asyncio.create_subprocess_shell(
            command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, start_new_session=True
        )
        try:
            async with asyncio.timeout(SHELL_TIMEOUT_SECONDS):
                output, _ = await process.communicate()
        finally:
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGKILL)  # the shell and whatever it has started
        if process.returncode:
            raise ToolError(f"{command}: exit status {process.returncode}")
        return output.decode("utf-8", "replace")

    return Step("bash", run)


def read_file(path: Path) -> Step:
    """A file's text."""
    return Step("read_file", lambda: asyncio.to_thread(path.read_text, "utf-8"))


def search(folder: Path, word: str) -> Step:
    """Search for a word in the files of a folder."""

    def run() -> str:
        return "\n".join(
            str(path) for path in sorted(folder.glob("*.py")) if word in path.read_text("utf-8", "replace")
        )

    return Step("search", lambda: asyncio.to_thread(run))


def fetch(url: str) -> Step:
    """An HTTP request; a status of 400 or more is an error."""

    async def run() -> str:
        async with httpx.AsyncClient(timeout=HTTP_TIMEOUT_SECONDS) as client:
            response = await client.get(url)
        if response.is_error:
            raise ToolError(f"GET {url}: {response.status_code} {response.reason_phrase}")
        return response.text

    return Step("http_get", run)


def jobs(gateway_url: str) -> tuple[Job, ...]:
    """Every job that a demo worker can do."""
    library = Path(sysconfig.get_paths()["stdlib"])
    return (
        Job("Check the free disk space", (shell("df -h ."), shell(f"du -sh {library / 'json'} | cut -f1"))),
        Job("Is the gateway well?", (fetch(f"{gateway_url}{HEALTH_PATH}"), fetch(f"{gateway_url}{METRICS_PATH}"))),
        Job("Find who imports asyncio", (search(library, "import asyncio"), read_file(library / "queue.py"))),
        Job(
            "Summarise the logging module",
            (read_file(library / "logging" / "__init__.py"), shell("sleep 2"), search(library, "import logging")),
            question=True,
        ),
        Job("Which kernel is this?", (shell("uname -sr"), shell("cat /proc/loadavg 2>/dev/null || uptime"))),
        Job(
            "Deploy to production",
            (shell("sleep 1"), fetch(f"{gateway_url}{READINESS_PATH}"), shell("sleep 2")),
            question=True,
        ),
        Job("Read the missing report", (search(library, "report"), read_file(library / "quarterly-report.txt"))),
        Job("Call an API that is not there", (fetch(f"{gateway_url}{STATUS_PATH}/nowhere"),)),
        Job("Count the fleet's sessions", (fetch(f"{gateway_url}{STATUS_PATH}"), shell("sleep 1.5"))),
    )
