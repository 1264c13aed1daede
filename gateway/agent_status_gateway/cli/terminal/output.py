"""What commands write: lines at once, to whoever still reads them, and notes beside them."""

import os
import select
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from agent_status_gateway.cli.terminal.presentation import plain


def write(lines: list[str]) -> None:
    """Print at once; even without a line it is noticed that nobody reads any more.

    Raises:
        BrokenPipeError: Nobody does.
    """
    if lines:
        sys.stdout.write("".join(f"{line}\n" for line in lines))
        sys.stdout.flush()
    elif _is_closed(sys.stdout.fileno()):
        raise BrokenPipeError


def write_changes(lines: list[str]) -> None:
    """The same for lines of change, each with the local time."""
    write([f"{time.strftime('%H:%M:%S')} {line}" for line in lines])


def note(line: str) -> None:
    """Say on stderr what is no answer."""
    sys.stderr.write(f"agent-status-gateway: {plain(line)}\n")
    sys.stderr.flush()


@contextmanager
def for_readers() -> Iterator[None]:
    """Write what the terminal's alphabet has; once nobody reads any more, be done."""
    if (reconfigure := getattr(sys.stdout, "reconfigure", None)) is not None:
        reconfigure(errors="replace")
    try:
        yield
    except BrokenPipeError:
        # What is still in the buffer would be tried again at exit, and complained about.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _is_closed(file: int) -> bool:
    poll = select.poll()
    poll.register(file, 0)
    return any(events & (select.POLLERR | select.POLLNVAL) for _, events in poll.poll(0))
