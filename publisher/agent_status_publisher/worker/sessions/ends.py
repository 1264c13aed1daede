"""Pure: the ends of this worker's sessions, and which of them its reports name.

Rule 1. A session that is in error when it ends has failed, even if its agent ends it. Else it is done, unless its agent
        says that it was cancelled.
Rule 2. A session whose question nobody has answered for too long, or which had to make room, has expired.
Rule 3. A session that is open when its worker leaves was cancelled: its agent has not said that it is done.
Rule 4. Of the newest ends a report says more, as long as that is short. Of the others it names the key and its run.
"""

from typing import Final, NamedTuple

import orjson

from agent_status_publisher.contract.details.end import (
    MAX_ENDED_ERROR_CHARACTERS,
    MAX_ENDED_TITLE_CHARACTERS,
    EndedRecord,
    Outcome,
)
from agent_status_publisher.contract.details.labels import Labels
from agent_status_publisher.contract.report import MAX_SESSIONS, SessionState
from agent_status_publisher.contract.text import cut_text
from agent_status_publisher.worker.sessions.run import Run, to_ms

MAX_ENDED: Final = 64
"""The most ended session keys in a report, apart from those of the last minute."""
MAX_DESCRIBED_BYTES: Final = 16 * 1024
"""The most bytes that a report has of ends, but for keys and the beginnings of runs."""
_PLAIN_BYTES: Final = 60
"""The most bytes of an end's JSON but for its key, the beginning of its run, its texts, its labels and its parent."""
ENDED_SECONDS: Final = 3600.0
MINUTE_SECONDS: Final = 60.0
"""Seconds for which an end is in every report, however many follow: 64 can pass within a heartbeat."""


class End(NamedTuple):
    """The end of a session's run: when it began and when it ended, in seconds on the worker's monotonic clock.

    The title and the error are cut as in a report.

    Attributes:
        more_bytes: The most bytes that a report has of this end, but for its key and the beginning of its run.
    """

    run_started_at: float
    ended_at: float
    outcome: Outcome = Outcome.DONE
    title: str | None = None
    error: str | None = None
    labels: Labels = ()
    parent: str | None = None
    more_bytes: int = 0


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


def end_of(run: Run, now: float, outcome: Outcome) -> End:
    """Return the end of a run that is ended now. One that is in error has failed, whatever the outcome."""
    title = run.title and cut_text(run.title, MAX_ENDED_TITLE_CHARACTERS)
    error = None
    if run.state is SessionState.ERROR:
        outcome, error = Outcome.FAILED, cut_text(run.error or "", MAX_ENDED_ERROR_CHARACTERS)
    labels, parent = run.details.labels, run.details.parent
    more_bytes = _PLAIN_BYTES + len(orjson.dumps((title, error)))
    if labels or parent is not None:
        more_bytes += len(orjson.dumps({"labels": dict(labels), "parent": parent}))
    return End(run.started_at, now, outcome, title, error, labels, parent, more_bytes)


def ended_records(ends: dict[str, End], now: float) -> tuple[EndedRecord, ...]:
    """Return the records of ends, for the report that is drafted at `now`."""
    described = _described(list(ends.values()))
    others = len(ends) - described
    return tuple(
        [
            EndedRecord(key, to_ms(now - run_started_at))
            if place < others
            else EndedRecord(
                key, to_ms(now - run_started_at), to_ms(now - ended_at), outcome, title, error, labels, parent
            )
            for place, (key, (run_started_at, ended_at, outcome, title, error, labels, parent, _)) in enumerate(
                ends.items()
            )
        ]
    )


def _described(ends: list[End]) -> int:
    """The number of ends, from the newest on, of which a report says more."""
    described = size_bytes = 0
    for end in reversed(ends[-MAX_ENDED:]):
        size_bytes += end.more_bytes
        if size_bytes > MAX_DESCRIBED_BYTES:
            break
        described += 1
    return described
