"""Pure: what one worker says of ends, and what follows from its report when it is gone.

Rule 1. A worker says how its newest ends came, the last of its report. Of the others it says only that they are ends:
        nobody is told of them.
Rule 2. A session in error that its worker has left behind has failed.
Rule 3. The other sessions of a lost worker are lost. A question whose time was over before the worker was lost has
        expired then.
Rule 4. What a worker has left behind ends with it: when its lease is over, or when it says goodbye; sooner if its own
        time is over before that. So no end is told of before its moment.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from agent_status_gateway.state.known_worker import KnownWorker
from agent_status_publisher.contract.details.details import NO_DETAILS
from agent_status_publisher.contract.details.end import (
    MAX_ENDED_ERROR_CHARACTERS,
    MAX_ENDED_TITLE_CHARACTERS,
    EndedRecord,
    Outcome,
)
from agent_status_publisher.contract.details.labels import Labels, united
from agent_status_publisher.contract.report import WorkerRecord
from agent_status_publisher.contract.text import cut_text
from agent_status_publisher.contract.wire import SessionRecord, SessionState

MAX_SAID_ENDS: Final = 64
"""The most ends of which a worker says how they came."""
LOST: Final = "lost"
"""The outcome of a session whose worker has vanished."""
WORKER_LOST: Final = "worker lost"
"""The error that a session of a lost worker shows."""


class How(NamedTuple):
    """All of an end but its session and its moment.

    Attributes:
        outcome: None if this gateway does not know what its worker says.
        labels: The labels of the session, its worker's among them.
    """

    outcome: str | None
    title: str | None
    error: str | None
    labels: Labels
    parent: str | None


class SaidEnd(NamedTuple):
    """One end by its worker's report.

    Attributes:
        claimed_ms: Milliseconds from the moment since which the ended run claims its key, to the report.
        ended_ms: Milliseconds from the end to the report; negative if the end is after it.
    """

    claimed_ms: int
    ended_ms: int
    how: How


class SaidEnds(NamedTuple):
    """All ends of one worker by its newest report.

    Attributes:
        at_ms: The moment of the report on Redis's clock, in milliseconds.
        moment: The same, in seconds on the replica's monotonic clock.
        by_key: The ends by session key.
    """

    at_ms: int
    moment: float
    by_key: Mapping[str, SaidEnd]

    def ended_at(self, key: str) -> float:
        """The moment of the end of this key, in seconds on the replica's monotonic clock."""
        return self.moment - self.by_key[key].ended_ms / 1000

    def ended_at_ms(self, key: str) -> int:
        """Moment of the end of this key on Redis's clock, in milliseconds, so that it is equal on every replica."""
        return self.at_ms - self.by_key[key].ended_ms

    def claimed_at_ms(self, key: str) -> int:
        """The moment since which the end claims the key, on Redis's clock, in milliseconds."""
        return self.at_ms - self.by_key[key].claimed_ms


def said_by(known: KnownWorker) -> SaidEnds:
    """Return what a worker says of ends, and what became of the sessions that it has left behind."""
    record = known.report.record
    newest = record.ended[-MAX_SAID_ENDS:]  # they are the last ones
    ends = {run.key: _said(run, record.labels) for run in newest if run.ended_ms is not None}
    if not known.is_live:
        ends |= {session.key: _left_behind(session, record) for session in record.sessions}
    return SaidEnds(known.report.at_ms, known.moment, ends)


def _said(run: EndedRecord, of_worker: Labels) -> SaidEnd:
    _, run_ms, ended_ms, outcome, title, error, labels, parent = run
    how = How(outcome, title, error, united(labels, of_worker), parent)
    return SaidEnd(run_ms, ended_ms or 0, how)


def _left_behind(session: SessionRecord, record: WorkerRecord) -> SaidEnd:
    expires_ms, gone_ms = session.expires_ms, 0 if record.left else record.lease_ms
    ends_ms = gone_ms if expires_ms is None else min(expires_ms, gone_ms)
    claimed_ms, error = 0, None
    if session.state is SessionState.ERROR:
        outcome: str = Outcome.FAILED
        claimed_ms, error = session.changed_ms, cut_text(session.error or "", MAX_ENDED_ERROR_CHARACTERS)
    elif expires_ms is not None and expires_ms <= record.lease_ms:
        outcome = Outcome.EXPIRED
    else:
        outcome, error = LOST, WORKER_LOST
    details = session.details or NO_DETAILS
    title = session.title and cut_text(session.title, MAX_ENDED_TITLE_CHARACTERS)
    how = How(outcome, title, error, united(details.labels, record.labels), details.parent)
    return SaidEnd(claimed_ms, -ends_ms, how)
