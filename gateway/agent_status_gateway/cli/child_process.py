"""Program that runs beside ours, and ends with it."""

import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import IO, Final

STOP_SECONDS: Final = 10.0
"""Seconds between SIGTERM and SIGKILL."""


@contextmanager
def child(
    command: Sequence[str], *, environment: Mapping[str, str] | None = None, log: IO[bytes] | None = None
) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a program until the block ends. It is then terminated, and killed after `STOP_SECONDS` at the latest.

    Args:
        command: The program and its arguments.
        environment: The program's environment. Default: this process's.
        log: File for its output. Default: its output is dropped.
    """
    output = subprocess.DEVNULL if log is None else log
    # In a session of its own, so that Ctrl-C reaches us first and the order of the end is ours.
    process = subprocess.Popen(  # noqa: S603 - programs that we found, with arguments of ours
        command, env=environment, stdout=output, stderr=output, start_new_session=True
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
