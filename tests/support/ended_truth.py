"""Which sessions have ended, from nothing but each worker's newest report: once more, and by another way.

What is kept of workers that are gone is taken as the fleet has it.
"""

from collections import defaultdict

from agent_status_gateway.state.fleet import Fleet
from agent_status_gateway.state.known_worker import KnownWorker
from agent_status_publisher.contract.details.details import Details
from agent_status_publisher.contract.wire import SessionRecord
from tests.support.whole_snapshot import Ended, Truth, truth_of

Claim = tuple[int, str, Ended]
"""Since when the end claims its key (milliseconds on Redis's clock), the worker that says it, and the end."""


def truth_with_ends(fleet: Fleet, expired_before: float, now: float) -> Truth:
    """Take the truth of a fleet, and note which sessions have ended."""
    true = truth_of(fleet.workers, expired_before, now)
    return true._replace(ended=ended_of(fleet, set(true.holders)))


def ended_of(fleet: Fleet, open_keys: set[str]) -> dict[str, Ended]:
    """Find the newest end of each session that is not open."""
    claims: dict[str, list[Claim]] = defaultdict(list)
    for known in fleet.workers:
        for key, claim in _ends_of(known).items():
            claims[key].append(claim)
    for worker_id in fleet.kept:
        said = fleet.kept.get(worker_id)
        assert said is not None
        assert fleet.worker(worker_id) is None, "who is there is not kept"
        for key, end in said.by_key.items():
            outcome, title, error, labels, parent = end.how
            ended = Ended(said.moment - end.ended_ms / 1000, outcome, title, error, dict(labels), parent)
            claims[key].append((said.at_ms - end.claimed_ms, worker_id, ended))
    return {key: max(some, key=lambda one: one[:2])[2] for key, some in claims.items() if key not in open_keys}


def _ends_of(known: KnownWorker) -> dict[str, Claim]:
    record, at_ms = known.report.record, known.report.at_ms
    of_worker = dict(record.labels)
    claims: dict[str, Claim] = {}
    for run in record.ended:
        if run.ended_ms is not None:
            labels = of_worker | dict(run.labels)
            outcome = None if run.outcome is None else run.outcome.value
            ended = Ended(known.moment - run.ended_ms / 1000, outcome, run.title, run.error, labels, run.parent)
            claims[run.key] = at_ms - run.run_ms, record.id, ended
    if record.left or known.is_lost:
        claims |= {session.key: _left_behind(known, session) for session in record.sessions}
    return claims


def _left_behind(known: KnownWorker, session: SessionRecord) -> Claim:
    """What becomes of a session that its worker has left behind, or was lost with."""
    record, details = known.report.record, session.details or Details()
    is_error = session.state == "error"
    over_ms = 0 if record.left else record.lease_ms
    if session.expires_ms is not None:
        over_ms = min(over_ms, session.expires_ms)
    outcome, error = "lost", "worker lost"
    if is_error:
        outcome, error = "failed", session.error or ""
    elif session.expires_ms is not None and session.expires_ms <= record.lease_ms:
        outcome, error = "expired", ""
    ended = Ended(
        known.moment + over_ms / 1000,
        outcome,
        session.title,
        None if outcome == "expired" else error,
        dict(record.labels) | dict(details.labels),
        details.parent,
    )
    return known.report.at_ms - (session.changed_ms if is_error else 0), record.id, ended
