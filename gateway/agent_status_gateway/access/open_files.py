"""How many files this process may have open, and so how many connections: each one is an open file."""

import resource
import sys
from typing import Final

OTHER_FILES: Final = 64
"""The files that a process opens besides its connections: listeners, Redis, the file of keys, the log."""


def raise_open_files() -> None:
    """Raise the limit of open files to what the machine allows."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def open_files() -> int:
    """The number of files that this process may have open."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return sys.maxsize if soft == resource.RLIM_INFINITY else soft


def connections_at_most(wanted: int) -> int:
    """Cap a number of connections by the open files: without a free file, no newcomer is accepted or makes room."""
    return max(1, min(wanted, open_files() - OTHER_FILES))
