"""A program that runs beside ours, and ends with it."""

import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import IO, Final

STOP_SECONDS: Final = 10.0


@contextmanager
def child(
    command: Sequence[str], *, environment: Mapping[str, str] | None = None, log: IO[bytes] | None = None
) -> Iterator["subprocess.Popen[bytes]"]:
    """It, until the block is left: then it is asked to end, and made to if it does not within `STOP_SECONDS`.

    Args:
        command: The program and its arguments.
        environment: Ours, without.
        log: Where it says what it says; nowhere without.
    """
    said = subprocess.DEVNULL if log is None else log
    # In a session of its own, so that Ctrl-C reaches us first and the order of the end is ours.
    process = subprocess.Popen(  # noqa: S603 - programs that we found, with arguments of ours
        command, env=environment, stdout=said, stderr=said, start_new_session=True
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
