"""What every dashboard should show, from what Redis has taken: the protocol's rules, once more and by another way.

The reports of workers are known here with the true time of each, so nothing is guessed: no clock is estimated, nothing
is lost on the way. What replicas make of the same reports must come to the same rows.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

from agent_status_publisher.contract.wire import EndedRecord, SessionRecord
from tests.model.notes import LetGo, Taken, Whole
from tests.model.simulated_worker import SimulatedWorker

MOMENT_SECONDS: Final = 5.0
"""Seconds by which a replica may err about when a report was written: no answer for three and a stop of one."""
SAME_START_SECONDS: Final = 0.005
MOMENT_OF_SENDING_SECONDS: Final = 0.01
"""Seconds from the draft of a report to Redis, if nothing delays it."""
ROUNDING_SECONDS: Final = 0.005
"""Seconds by which what a report shows of Redis's clock may err: all is rounded to milliseconds."""

Row = tuple[str, str | None, str | None, str | None]
"""State, tool, error, title."""


@dataclass(frozen=True)
class KeyClaim:
    """A worker's claim to a key: the run it holds, or has ended (`row` is None), by the time that all share."""

    counts_from: float
    """When its question was asked, its error came, or its lost worker reported last; else when its run began."""
    is_work: bool
    """True when a live worker thinks, streams or runs a tool."""
    row: Row | None


class Truth:
    """What is true. An upset takes reports back or moves their moments: a wipe, a fail-over, a step of the clock."""

    def __init__(self) -> None:
        self.workers: list[SimulatedWorker] = []
        self.upsets: list[float] = []
        self.steps: list[tuple[float, float]] = []
        """When Redis's clock was stepped (those are `upsets`, too), and by how many seconds."""

    @property
    def upset_at(self) -> float:
        """When the last upset was."""
        return max(self.upsets, default=float("-inf"))

    @property
    def stepped_back_seconds(self) -> float:
        return sum(max(0.0, -seconds) for _, seconds in self.steps)

    def is_answered(self, worker: SimulatedWorker, report: Taken, key: str) -> bool:
        """True when a report asks what was answered before it came: Redis knew a run that began since the question.

        It was another worker's, and nothing since then can have made Redis forget it. A report that is late seems to
        ask later than it did, and its worker's next one puts that right.
        """
        if report.at - report.drafted_at > MOMENT_OF_SENDING_SECONDS:
            return False
        return any(
            not self._may_have_forgotten(earlier.at, report.at)
            for asked_at in _asked_at(report, key)
            for other in self.workers
            if other is not worker
            for earlier in other.taken
            if earlier.at < report.at
            for began_at in _began_at(earlier, key, earlier.drafted_at)
            if began_at > asked_at + SAME_START_SECONDS
        )

    def may_be_answered(self, worker: SimulatedWorker, let_go: LetGo) -> bool:
        """True when a worker was right to give up a question, by what Redis knew.

        A start that was late seems younger. So does one before a step back of Redis's clock that nothing shows.
        """
        return any(
            began_at + self._younger_seconds(earlier.at, let_go.at) >= let_go.asked_at - SAME_START_SECONDS
            for other in self.workers
            if other is not worker
            for earlier in other.taken
            if earlier.at <= let_go.at
            for began_at in _began_at(earlier, let_go.key, earlier.at)
        )

    def _younger_seconds(self, taken_at: float, until: float) -> float:
        """By how much younger than it is a run seems that Redis knows since `taken_at`."""
        since = [(at, seconds) for at, seconds in self.steps if taken_at < at <= until]
        if any(self._is_shown(at, -seconds, until) for at, seconds in since):
            return 0.0
        return max(0.0, -sum(seconds for _, seconds in since))

    def _is_shown(self, stepped_at: float, back_seconds: float, until: float) -> bool:
        """True when a report has shown a step back, and Redis has forgotten all from before it.

        Its worker must know of the same memory, so nothing else was amiss between that answer and the step, nor since.
        """
        return not any(stepped_at < upset <= until for upset in self.upsets) and any(
            whole.after.at < stepped_at < whole.at <= until
            and back_seconds > whole.unsure_seconds + ROUNDING_SECONDS
            and not self._may_have_forgotten(whole.after.at, stepped_at - ROUNDING_SECONDS)
            for worker in self.workers
            for whole in worker.wholes
        )

    def _may_have_forgotten(self, since: float, until: float) -> bool:
        """True when an upset, or a report that shows a step back, may have made Redis forget what it knew then."""
        return any(since <= upset <= until for upset in self.upsets) or any(
            since <= whole.at <= until and self._may_show_a_step(whole)
            for worker in self.workers
            for whole in worker.wholes
        )

    def _may_show_a_step(self, whole: Whole) -> bool:
        back_seconds = -sum(seconds for at, seconds in self.steps if whole.after.at <= at <= whole.at)
        return back_seconds > whole.unsure_seconds - ROUNDING_SECONDS

    def keys(self) -> set[str]:
        return {key for worker in self.workers for report in worker.taken[-1:] for key in report.keys}

    def rows(self, key: str, now: float) -> set[Row | None]:
        """What may be shown for a key, None for nothing.

        When the truth about a worker is not known (see `is_unknown`), a replica may go by any of its reports, at any
        moment. What it shows is that, or what is true without it.
        """
        unknown = [worker for worker in self.workers if key in worker.claimed and self.is_unknown(worker, now)]
        known = [worker for worker in self.workers if worker not in unknown]
        allowed: set[Row | None] = set()
        for claims in product(*[self._alternatives(worker, key, now) for worker in known]):
            together = [claim for one in claims for claim in one]
            allowed |= _winners(together)
            if unknown:  # if it has ended the newest run
                allowed |= _working(together)
        for worker in unknown:
            for report in worker.taken:
                allowed |= _ever_shown(report, key)
        return allowed

    def is_unknown(self, worker: SimulatedWorker, now: float) -> bool:
        """True when a worker's last report was taken back, or its age is not known, and no newer one was taken since.

        That is the worker that died, or was cut off, just before Redis was wiped, failed over or had its clock stepped.
        One replica has its report and another has not. One that starts may take it for younger or older than it is.
        """
        if not worker.taken:
            return False
        last = worker.taken[-1]
        remains_seconds = last.record.ttl_ms / 1000 + worker.settings.lease_seconds + worker.settings.error_ttl_seconds
        is_over = now > last.at + remains_seconds + self.stepped_back_seconds + MOMENT_SECONDS
        is_taken_back = last.at <= self.upset_at or worker.has_said_last_before
        return is_taken_back and not is_over

    def unknown_until(self) -> float:
        """When all that is gone is gone from everywhere."""
        ends = [
            report.at
            + report.record.ttl_ms / 1000
            + worker.settings.lease_seconds
            + worker.settings.error_ttl_seconds
            + self.stepped_back_seconds
            + 2 * MOMENT_SECONDS
            for worker in self.workers
            if not worker.is_live
            for report in worker.taken[-1:]
        ]
        return max(ends, default=0.0)

    def _alternatives(self, worker: SimulatedWorker, key: str, now: float) -> list[tuple[KeyClaim, ...]]:
        """The claims that a worker may be known to make: one set, but about the moments at which that changes."""
        if not worker.taken or key not in worker.taken[-1].keys:
            return [()]
        report = worker.taken[-1]
        if self.is_answered(worker, report, key):
            return [()]
        age_seconds = now - report.at
        lease_seconds, error_ttl_seconds = report.record.lease_ms / 1000, report.record.error_ttl_ms / 1000
        if report.record.left:
            return _claims(report, key, age_seconds, is_lost=False)
        alternatives: list[tuple[KeyClaim, ...]] = []
        if age_seconds < lease_seconds + MOMENT_SECONDS:
            alternatives += _claims(report, key, age_seconds, is_lost=False)
        if lease_seconds <= age_seconds < lease_seconds + error_ttl_seconds + MOMENT_SECONDS:
            alternatives += _claims(report, key, age_seconds, is_lost=True)
        if age_seconds >= lease_seconds + error_ttl_seconds:
            alternatives.append(())
        return alternatives


def _asked_at(report: Taken, key: str) -> list[float]:
    """When the question of this key was asked, if the report has one, by the time that all share."""
    waiting = [session for session in report.record.sessions if session.key == key]
    return [report.drafted_at - one.changed_ms / 1000 for one in waiting if one.state == "waiting_for_user"]


def _began_at(report: Taken, key: str, drafted_at: float) -> list[float]:
    """When the run of this key began that a report names, open or ended, if its ages count from `drafted_at`."""
    runs: list[SessionRecord | EndedRecord] = [*report.record.sessions, *report.record.ended]
    return [drafted_at - run.run_ms / 1000 for run in runs if run.key == key]


def _claims(report: Taken, key: str, age_seconds: float, *, is_lost: bool) -> list[tuple[KeyClaim, ...]]:
    claims: list[tuple[KeyClaim, ...]] = [()]
    for session in report.record.sessions:
        if session.key == key:
            alternatives = _session_claims(report, session, age_seconds, is_lost=is_lost)
            claims = [(*claim, one) for claim in claims for one in alternatives]
    for run in report.record.ended:
        if run.key == key:
            ended = KeyClaim(report.at - run.run_ms / 1000, is_work=False, row=None)
            claims = [(*claim, ended) for claim in claims]
    if report.record.left and any(all(claim.row is None for claim in one) for one in claims):
        claims.append(())  # with nothing to show it may be forgotten
    return claims


def _session_claims(report: Taken, session: SessionRecord, age_seconds: float, *, is_lost: bool) -> list[KeyClaim]:
    """What one open session claims: two things about the moment at which it expires."""
    began_at, changed_at = report.at - session.run_ms / 1000, report.at - session.changed_ms / 1000
    row: Row = (session.state.value, session.tool, session.error, session.title)
    if is_lost and row[0] != "error":
        claim = KeyClaim(report.at, is_work=False, row=("error", None, "worker lost", session.title))
    elif row[0] in {"error", "waiting_for_user"}:
        claim = KeyClaim(changed_at, is_work=False, row=row)
    else:
        claim = KeyClaim(began_at, is_work=not report.record.left, row=row)
    if session.expires_ms is None or age_seconds < session.expires_ms / 1000:
        return [claim]
    expired = KeyClaim(began_at, is_work=False, row=None)
    return [expired] if age_seconds >= session.expires_ms / 1000 + MOMENT_SECONDS else [claim, expired]


def _ever_shown(report: Taken, key: str) -> set[Row | None]:
    """What a report may show for a key, from when it is written until its remains are gone."""
    rows: set[Row | None] = set()
    for session in report.record.sessions:
        if session.key == key:
            rows |= {(session.state.value, session.tool, session.error, session.title)}
            rows |= {("error", None, "worker lost", session.title)}
            rows |= {None} if session.expires_ms is not None else set()
    return rows | {None for run in report.record.ended if run.key == key}


def _winners(claims: Sequence[KeyClaim]) -> set[Row | None]:
    """The newest claim; the newest work, if that is an end. Several if they count from the same moment."""
    rows = _newest(claims)
    return (rows - {None}) | _working(claims) if None in rows else rows


def _working(claims: Sequence[KeyClaim]) -> set[Row | None]:
    """What is shown after an end: somebody's work that goes on, or nothing."""
    return _newest([claim for claim in claims if claim.is_work])


def _newest(claims: Sequence[KeyClaim]) -> set[Row | None]:
    newest = max((claim.counts_from for claim in claims), default=0.0)
    return {claim.row for claim in claims if newest - claim.counts_from <= SAME_START_SECONDS} or {None}


def showable(workers: Iterable[SimulatedWorker]) -> set[tuple[str, Row]]:
    """Everything that may ever be shown: what a worker has reported, and the same of a worker that is lost."""
    rows: set[tuple[str, Row]] = set()
    for worker in workers:
        for record in worker.drafted:
            for session in record.sessions:
                rows.add((session.key, (session.state.value, session.tool, session.error, session.title)))
                rows.add((session.key, ("error", None, "worker lost", session.title)))
    return rows
