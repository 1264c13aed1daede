"""What every dashboard should show, told from what Redis has taken: the protocol's rules, once more and by another way.

The words that workers say are known here with the true time of each, so nothing is guessed: no clock is estimated,
nothing is lost on the way. What replicas make of the same words must come to the same rows.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

from tests.model.simulated_worker import SimulatedWorker, Taken

MOMENT_SECONDS: Final = 5.0
"""By how much a replica may err about when a word was said: silence of three seconds and a stop of one are borne."""
SAME_START_SECONDS: Final = 0.005

Row = tuple[str, str | None, str | None, str | None]
"""State, tool, error, title."""


@dataclass(frozen=True)
class Say:
    """A worker's say about a key: the run it holds, or has ended (`row` is None), by the time that all share."""

    started_at: float
    worker: str
    is_live: bool
    row: Row | None


class Truth:
    """Upsets are what takes words back or moves their moments: a wipe, a fail-over, a step of Redis's clock."""

    def __init__(self) -> None:
        self.workers: list[SimulatedWorker] = []
        self.upset_at = float("-inf")
        self.stepped_back_seconds = 0.0

    def keys(self) -> set[str]:
        return {key for worker in self.workers for report in worker.taken[-1:] for key in report.keys}

    def rows(self, key: str, now: float) -> set[Row | None]:
        """What may be shown for a key, None for nothing.

        Of a worker of whom the truth is not known (see `is_unknown`), any word may be what a replica goes by, at any
        moment of its; whatever it shows is that or what is true without it.
        """
        unknown = [worker for worker in self.workers if key in worker.claimed and self.is_unknown(worker, now)]
        known = [worker for worker in self.workers if worker not in unknown]
        allowed: set[Row | None] = set()
        for says in product(*[self._alternatives(worker, key, now) for worker in known]):
            together = [say for one in says for say in one]
            allowed |= _winners(together)
            if unknown:  # if it is taken for live, and holds the key
                allowed |= _winners([say for say in together if say.is_live])
        for worker in unknown:
            for report in worker.taken:
                allowed |= _ever_shown(report, key)
        return allowed

    def is_unknown(self, worker: SimulatedWorker, now: float) -> bool:
        """Whether a worker's last word was taken back, or its age cannot be told, and it has said nothing new since.

        That is the worker that died, or was cut off, just before Redis was wiped, failed over or had its clock stepped.
        One replica has heard its word and another has not; one that starts may take it for younger or older than it is.
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

    def _alternatives(self, worker: SimulatedWorker, key: str, now: float) -> list[tuple[Say, ...]]:
        """What the worker may be known to say: one thing, but about the moments at which that changes."""
        if not worker.taken or key not in worker.taken[-1].keys:
            return [()]
        report = worker.taken[-1]
        age_seconds = now - report.at
        lease_seconds, error_ttl_seconds = report.record.lease_ms / 1000, report.record.error_ttl_ms / 1000
        if report.record.left:
            return _says(report, key, age_seconds, is_live=False, is_lost=False)
        alternatives: list[tuple[Say, ...]] = []
        if age_seconds < lease_seconds + MOMENT_SECONDS:
            alternatives += _says(report, key, age_seconds, is_live=True, is_lost=False)
        if lease_seconds <= age_seconds < lease_seconds + error_ttl_seconds + MOMENT_SECONDS:
            alternatives += _says(report, key, age_seconds, is_live=False, is_lost=True)
        if age_seconds >= lease_seconds + error_ttl_seconds:
            alternatives.append(())
        return alternatives


def _says(report: Taken, key: str, age_seconds: float, *, is_live: bool, is_lost: bool) -> list[tuple[Say, ...]]:
    says: list[tuple[Say, ...]] = [()]
    for session in report.record.sessions:
        if session.key != key:
            continue
        row: Row = (session.state.value, session.tool, session.error, session.title)
        if is_lost and row[0] != "error":
            row = ("error", None, "worker lost", session.title)
        rows: list[Row | None] = [row]
        if session.expires_ms is not None:
            over_seconds = age_seconds - session.expires_ms / 1000
            rows = [None] if over_seconds >= MOMENT_SECONDS else [row, None] if over_seconds >= 0 else [row]
        started_at = report.at - session.run_ms / 1000
        says = [(*say, Say(started_at, report.record.id, is_live, row)) for say in says for row in rows]
    for run in report.record.ended:
        if run.key == key:
            ended = Say(report.at - run.run_ms / 1000, report.record.id, is_live, None)
            says = [(*say, ended) for say in says]
    if report.record.left and any(all(say.row is None for say in one) for one in says):
        says.append(())  # with nothing to show it may be forgotten
    return says


def _ever_shown(report: Taken, key: str) -> set[Row | None]:
    """What a word may show for a key, from when it is said until its remains are gone."""
    rows: set[Row | None] = set()
    for session in report.record.sessions:
        if session.key == key:
            rows |= {(session.state.value, session.tool, session.error, session.title)}
            rows |= {("error", None, "worker lost", session.title)}
            rows |= {None} if session.expires_ms is not None else set()
    return rows | {None for run in report.record.ended if run.key == key}


def _winners(says: Sequence[Say]) -> set[Row | None]:
    """The newest run; of live workers only, if one of them holds the key open. Several if they began together."""
    if any(say.is_live and say.row for say in says):
        says = [say for say in says if say.is_live]
    newest = max((say.started_at for say in says), default=0.0)
    return {say.row for say in says if newest - say.started_at <= SAME_START_SECONDS} or {None}


def told(workers: Iterable[SimulatedWorker]) -> set[tuple[str, Row]]:
    """Everything that may ever be shown: what a worker has said, and the same of a worker that is lost."""
    rows: set[tuple[str, Row]] = set()
    for worker in workers:
        for record in worker.drafted:
            for session in record.sessions:
                rows.add((session.key, (session.state.value, session.tool, session.error, session.title)))
                rows.add((session.key, ("error", None, "worker lost", session.title)))
    return rows
