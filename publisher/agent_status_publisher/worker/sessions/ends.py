"""Pure: the ends of this worker's sessions, and which of them its reports name."""

from typing import Final, NamedTuple

from agent_status_publisher.contract.details.end import EndedRecord
from agent_status_publisher.contract.report import MAX_SESSIONS
from agent_status_publisher.worker.sessions.run import to_ms

MAX_ENDED: Final = 64
"""The most ended session keys in a report, apart from those of the last minute."""
ENDED_SECONDS: Final = 3600.0
MINUTE_SECONDS: Final = 60.0
"""Seconds for which an end is in every report, however many follow: 64 can pass within a heartbeat."""


class End(NamedTuple):
    """The end of a session's run: when it began and when it ended, in seconds on the worker's monotonic clock."""

    run_started_at: float
    ended_at: float


class Ends:
    """The newest ends, by key. Like the outbox that has them they are reentrant, so loops run over copies."""

    def __init__(self) -> None:
        self._ends: dict[str, End] = {}  # oldest first

    def __len__(self) -> int:
        return len(self._ends)

    def add(self, key: str, end: End) -> None:
        """Note the end of a key, in place of an earlier one."""
        self._ends.pop(key, None)
        self._ends[key] = end
        self.expire(end.ended_at)

    def forget(self, key: str) -> None:
        """Forget the end of a key, which has been opened again."""
        self._ends.pop(key, None)

    def copy(self) -> dict[str, End]:
        """Return all ends by key, oldest first. A list of its items would let a finalizer in between two of them."""
        return self._ends.copy()

    def expire(self, now: float) -> None:
        """Forget those that are not reported any more."""
        # Over a copy: a finalizer may end a session between the making of an iterator and its first step.
        for key, end in self._ends.copy().items():
            many, age_seconds = len(self._ends), now - end.ended_at
            is_in_time = age_seconds <= (ENDED_SECONDS if many <= MAX_ENDED else MINUTE_SECONDS)
            if is_in_time and many <= MAX_SESSIONS:
                break
            if self._ends.get(key) is end:
                self._ends.pop(key, None)


def ended_records(ends: dict[str, End], now: float) -> tuple[EndedRecord, ...]:
    """Return the records of ends, for the report that is drafted at `now`."""
    return tuple([EndedRecord(key, to_ms(now - end.run_started_at)) for key, end in ends.items()])
