"""How many files this process may have open, and so how many connections. Each client is an open file."""

import resource
import sys
from typing import Final

OTHER_FILES: Final = 64
"""That a process opens beside its connections: listeners, Redis, the file of keys, the log."""


def raise_open_files() -> None:
    """Each client is an open file: take as many as the machine allows."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def open_files() -> int:
    """How many files this process may have open."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return sys.maxsize if soft == resource.RLIM_INFINITY else soft


def connections_at_most(wanted: int) -> int:
    """So many, if there are files for them: who finds no file left is not even accepted, and nobody makes room."""
    return max(1, min(wanted, open_files() - OTHER_FILES))
