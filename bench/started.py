"""A server process for as long as a block runs, all its children included."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from bench.account import tree

ROOT: Final = Path(__file__).parents[1]
START_SECONDS: Final = 30.0
STOP_SECONDS: Final = 15.0
POLL_SECONDS: Final = 0.01


class NotStartedError(Exception):
    """The server does not listen; the message has the end of what it said."""


@contextmanager
def started(
    command: Sequence[str | Path],
    *,
    port: int,
    log: Path,
    environment: Mapping[str, str] | None = None,
    commanded: bool = False,
) -> Iterator["subprocess.Popen[str]"]:
    """Listening when the block begins. `commanded`: its stdin and stdout are pipes.

    Raises:
        NotStartedError: It ended, or does not listen in time.
    """
    with log.open("w") as said:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=dict(os.environ if environment is None else environment),
            stdin=subprocess.PIPE if commanded else subprocess.DEVNULL,
            stdout=subprocess.PIPE if commanded else said,
            stderr=said,
            text=True,
        )
    try:
        _wait_until_listening(process, port, log)
        yield process
    finally:
        _stop(process)


def _wait_until_listening(process: "subprocess.Popen[str]", port: int, log: Path) -> None:
    give_up_at = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < give_up_at:
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        time.sleep(POLL_SECONDS)
    raise NotStartedError(f"{process.args!r} does not listen on {port}; it said: {log.read_text()[-2000:]}")


def _stop(process: "subprocess.Popen[str]") -> None:
    family = tree([process.pid])
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe:
            with suppress(OSError):
                pipe.close()
    for pid in family[1:]:  # whom a killed parent left behind; most are gone by now
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
