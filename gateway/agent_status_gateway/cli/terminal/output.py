"""Output of the commands: lines on stdout, written at once, and notes on stderr."""

import os
import select
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from agent_status_gateway.plain_text import plain


class OutputError(Exception):
    """The output cannot be written. The message says why."""


def write(lines: list[str]) -> None:
    """Print at once. Without a line, check whether the output still has a reader.

    Raises:
        BrokenPipeError: The output has no reader any more.
        OutputError: The output takes nothing, such as a file on a full disk.
    """
    if sys.stdout is None:  # the shell has closed it, as by `>&-`
        raise OutputError("the output is closed")
    if not lines and _is_closed(sys.stdout.fileno()):
        raise BrokenPipeError
    try:
        sys.stdout.write("".join(f"{line}\n" for line in lines))
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(f"the output cannot be written: {error.strerror}") from None


def write_changes(lines: list[str]) -> None:
    """Print lines of change, each with the local time."""
    write([f"{time.strftime('%H:%M:%S')} {line}" for line in lines])


def note(line: str) -> None:
    """Print a note on stderr, unless the shell has closed that."""
    if sys.stderr is None:
        return
    sys.stderr.write(f"agent-status-gateway: {plain(line)}\n")
    sys.stderr.flush()


def drop_the_rest() -> None:
    """Drop what the output has not taken. Python would write it at exit, and complain."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def for_readers() -> Iterator[None]:
    """Replace characters that the output cannot encode, and stop quietly when its reader is gone.

    Raises:
        OutputError: The output takes nothing.
    """
    if (reconfigure := getattr(sys.stdout, "reconfigure", None)) is not None:
        reconfigure(errors="replace")
    try:
        yield
    except BrokenPipeError:
        drop_the_rest()
    except OutputError:
        drop_the_rest()
        raise


def _is_closed(file: int) -> bool:
    poll = select.poll()
    poll.register(file, 0)
    return any(events & (select.POLLERR | select.POLLNVAL) for _, events in poll.poll(0))
