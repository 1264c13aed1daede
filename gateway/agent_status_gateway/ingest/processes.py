"""Processes of command-line agents on this host, and which of them are gone. The look at the system comes after it.

Rule 1. A process is watched if its agent named this host, and it was found alive with the same start: a container may
        have this host's name and process ids of its own.
Rule 2. A process is gone if two looks in a row did not find it with that start. One look may fail for another reason.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final, NamedTuple

from agent_status_publisher.hooks.names import HOST_HEADER, PID_HEADER, START_HEADER

MAX_PID: Final = 2**31 - 1
"""The highest process id that a system gives."""
MAX_START_CHARACTERS: Final = 400
"""Maximum characters of a process's start, which is kept while its session is open."""


class Process(NamedTuple):
    """A process of this host. `start` tells it from an earlier or later one with this id."""

    pid: int
    start: str


def named_process(headers: Mapping[str, str], host: str) -> Process | None:
    """Find the process that a hook's request names, if it is of this host."""
    pid, start = headers.get(PID_HEADER, ""), headers.get(START_HEADER, "")
    if headers.get(HOST_HEADER) != host or not (pid.isascii() and pid.isdigit() and len(pid) <= len(str(MAX_PID))):
        return None
    if not 0 < int(pid) <= MAX_PID or not 0 < len(start) <= MAX_START_CHARACTERS:
        return None
    return Process(int(pid), start)


def missing(processes: Iterable[Process], start_of: Callable[[int], str | None]) -> frozenset[Process]:
    """Find those that do not run. `start_of` finds the start of a process by its id, and may take long."""
    return frozenset(one for one in frozenset(processes) if start_of(one.pid) != one.start)


class Missed:
    """Processes that the last look did not find."""

    def __init__(self) -> None:
        self._missed: frozenset[Process] = frozenset()

    def gone(self, now_missing: frozenset[Process]) -> frozenset[Process]:
        """Take in a look, and find the processes that are gone."""
        gone = now_missing & self._missed
        self._missed = now_missing
        return gone
