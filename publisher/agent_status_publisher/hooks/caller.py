"""The command-line agent that runs a hook: a process among the hook's ancestors.

The hook's own parent is often a shell that ends at once, so the agent is looked for by its names. An agent that is
killed calls no hook. Ingest ends its sessions, for which it needs the host, the process id and its start.
"""

import re
import socket
import sys
from collections.abc import Callable, Iterator
from os import getpid
from pathlib import Path
from typing import Final, NamedTuple

from agent_status_publisher.hooks.names import HOST_HEADER, PID_HEADER, START_HEADER
from agent_status_publisher.hooks.process_start import PS, process_start

MAX_ANCESTORS: Final = 32
"""Maximum number of ancestors that are looked at."""
PS_SECONDS: Final = 0.5
"""Seconds after which `ps` is given up."""
INTERPRETERS: Final = re.compile(r"(node|nodejs|bun|deno)(\.exe)?", re.ASCII)
"""Programs that run an agent which is a script."""
CLI_NAMES: Final = {
    "claude-code": re.compile(r"claude(-code)?"),
    "codex": re.compile(r"codex(-.*)?"),
    "gemini": re.compile(r"gemini(-cli)?"),
}
"""The whole name of each agent's program, or of its script without `.js`. Codex' downloads name their platform."""
CLI_PACKAGES: Final = {"claude-code": "@anthropic-ai/claude-code/", "codex": "@openai/codex/", "gemini": "gemini-cli/"}
"""A part of the path of each agent's script, as npm and others install it."""


class Process(NamedTuple):
    """A running process. A data class would take longer to import than the whole search."""

    parent: int
    name: str
    arguments: tuple[str, ...]


def caller_headers(cli: str) -> dict[str, str]:
    """Return the headers that name the agent's process, or none if it is not found. Never raises."""
    try:
        pid = find_cli(cli, getpid(), _proc() if sys.platform == "linux" else _ps())
        start = None if pid is None else process_start(pid)
    except Exception:  # noqa: BLE001 - whatever a system answers, the event itself is sent
        return {}
    return {} if start is None else {HOST_HEADER: host_name(), PID_HEADER: str(pid), START_HEADER: start}


def host_name() -> str:
    """Return the host's name as a header can hold it: Python's escapes stand for what is not printable ASCII."""
    return socket.gethostname().encode("unicode_escape").decode("ascii")


def find_cli(cli: str, pid: int, look: Callable[[int], Process | None]) -> int | None:
    """Return the nearest ancestor of `pid` that is this agent. `look` finds a process by its id."""
    for ancestor, process in _ancestors(pid, look):
        if is_cli(cli, process):
            return ancestor
    return None


def is_cli(cli: str, process: Process) -> bool:
    """Tell whether a process is this agent, by its name and the program that it runs."""
    names = CLI_NAMES.get(cli)
    if names is None:
        return False
    program = process.arguments[0] if process.arguments else ""
    if names.fullmatch(process.name) or names.fullmatch(_stem(program)):
        return True
    if not INTERPRETERS.fullmatch(_base(program)):
        return False
    script = next((text for text in process.arguments[1:] if not text.startswith("-")), "").replace("\\", "/")
    return names.fullmatch(_stem(script)) is not None or CLI_PACKAGES[cli] in script


def _ancestors(pid: int, look: Callable[[int], Process | None]) -> Iterator[tuple[int, Process]]:
    process = look(pid)
    for _ in range(MAX_ANCESTORS):
        if process is None or process.parent <= 0:
            return
        pid, process = process.parent, look(process.parent)
        if process is not None:
            yield pid, process


def _base(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2]


def _stem(path: str) -> str:
    return re.sub(r"\.(exe|[cm]?js)$", "", _base(path))


def _proc() -> Callable[[int], Process | None]:
    def look(pid: int) -> Process | None:
        try:
            stat = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
            arguments = Path(f"/proc/{pid}/cmdline").read_text("utf-8", "replace")
        except OSError:
            return None
        # The name may hold spaces and parentheses; the parent is the second field behind it.
        before, _, after = stat.rpartition(")")
        return Process(int(after.split()[1]), before.partition("(")[2], tuple(arguments.rstrip("\0").split("\0")))

    return look


def _ps() -> Callable[[int], Process | None]:
    """Ask `ps` once for all processes.

    It shows arguments without their ends, so a path with a space is cut. The accounting name is for agents in such a
    folder, for example in macOS' `Application Support`.
    """
    import subprocess  # noqa: PLC0415 - the hook's command loads little, and Linux does not need it

    try:
        done = subprocess.run(  # noqa: S603 - our own arguments
            [PS, "-A", "-o", "pid=", "-o", "ppid=", "-o", "ucomm=", "-o", "command="],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=PS_SECONDS,
            check=False,
            env={"LC_ALL": "C"},
        )
    except (OSError, subprocess.SubprocessError):
        return lambda _: None
    processes: dict[int, Process] = {}
    for line in done.stdout.decode("utf-8", "replace").splitlines():
        pid, parent, name, *arguments = [*line.split(), ""]
        processes[int(pid)] = Process(int(parent), name, tuple(arguments))
    return processes.get
