"""The machine's start, and the seconds since then, which no step of its clock changes."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

BOOT_ID_FILE: Final = Path("/proc/sys/kernel/random/boot_id")


class Boot(NamedTuple):
    """Start of this machine.

    Attributes:
        id: Name that no other start has.
        seconds: Gives the seconds since then. They go on while the machine is suspended.
    """

    id: str
    seconds: Callable[[], float]


def this_boot() -> Boot | None:
    """Find the machine's last start; None where the system does not say it."""
    try:
        name = BOOT_ID_FILE.read_text("ascii").strip()
        time.clock_gettime(time.CLOCK_BOOTTIME)
    except (OSError, ValueError, AttributeError):
        return None
    return Boot(name, lambda: time.clock_gettime(time.CLOCK_BOOTTIME))
