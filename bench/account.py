"""What processes have used: CPU time in nanoseconds, resident memory; of a process and all its children."""

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

CPUCLOCK_SCHED: Final = 2
"""The scheduler's own account in nanoseconds, over all threads, those that have ended included."""


def tree(roots: Iterable[int]) -> list[int]:
    """These processes and all that they have started, as far as they run."""
    found: list[int] = []
    waiting = list(roots)
    while waiting:
        pid = waiting.pop()
        try:
            children = [task.joinpath("children").read_text() for task in Path(f"/proc/{pid}/task").iterdir()]
        except OSError:
            continue
        found.append(pid)
        waiting += [int(child) for line in children for child in line.split()]
    return found


def cpu_ns(roots: Iterable[int]) -> int:
    """The clocks that clock_getcpuclockid(3) names; ticks would be too coarse, and the wall is not theirs."""
    return sum(time.clock_gettime_ns((~pid << 3) | CPUCLOCK_SCHED) for pid in tree(roots))


def resident_bytes(roots: Iterable[int]) -> int:
    """Exact, unlike statm, which each thread brings up to date only now and then."""
    return sum(_resident_bytes(pid) for pid in tree(roots))


def _resident_bytes(pid: int) -> int:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Rss:"):
            return 1024 * int(line.split()[1])
    return 0
