"""How many files this process may have open, and so how many connections: each one is an open file."""

import sys
from typing import Final

try:
    import resource
except ImportError:
    HAS_LIMITS = False
    """False on Windows."""
else:
    HAS_LIMITS = True

OTHER_FILES: Final = 64
"""The files that a process opens besides its connections: listeners, Redis, the file of keys, the log."""


LIMITS_TO_TRY: Final = (1_048_576, 524_288, 262_144, 131_072, 65_536, 32_768, 16_384, 10_240)
"""The limits to try where the kernel refuses the hard limit, in files. Every macOS grants the last one, `OPEN_MAX`."""


def raise_open_files() -> None:
    """Raise the limit of open files to what the machine allows. Where it allows no more, the limit stays as it is.

    A hard limit may be infinite, as on macOS, while the kernel grants no more than a number that only it knows. See
    setrlimit(2) there: "unlimited" is refused, and the most is `kern.maxfilesperproc`.
    """
    if not HAS_LIMITS:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft in (hard, resource.RLIM_INFINITY):
        return
    for files in (hard, *LIMITS_TO_TRY):
        is_infinite = files == resource.RLIM_INFINITY
        if not is_infinite and (files <= soft or (hard != resource.RLIM_INFINITY and files > hard)):
            continue
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))
        except (ValueError, OSError):
            continue
        return


def open_files() -> int:
    """The number of files that this process may have open."""
    if not HAS_LIMITS:
        return sys.maxsize
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return sys.maxsize if soft == resource.RLIM_INFINITY else soft


def connections_at_most(wanted: int) -> int:
    """Cap a number of connections by the open files: without a free file, no newcomer is accepted or makes room."""
    return max(1, min(wanted, open_files() - OTHER_FILES))
