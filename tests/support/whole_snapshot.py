"""The snapshot of a whole fleet, from nothing but each worker's newest report: the truth that the gateway is held to.

It is written by the rules on which claim to a session key counts, once more and by another way: no index, no deadline
and nothing that is kept from one snapshot to the next. It is as slow as it is plain.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from agent_status_gateway.state.fleet import Fleet
from agent_status_gateway.state.fold.schema import (
    GlobalStateName,
    GlobalStatus,
    SessionStateName,
    SessionStatus,
    Snapshot,
)
from agent_status_gateway.state.known_worker import KnownWorker
from agent_status_publisher.contract.details.details import Details
from agent_status_publisher.contract.wire import EndedRecord, SessionRecord, SessionState

WORKING: Final = {SessionState.THINKING, SessionState.TOOL_RUNNING, SessionState.STREAMING}


class Ended(NamedTuple):
    """The end of a session, for a reader that sees everything. Its moment is in seconds on the fleet's clock."""

    at: float
    outcome: str | None
    title: str | None
    error: str | None
    labels: dict[str, str]
    parent: str | None


class Truth(NamedTuple):
    """A whole snapshot; by session key, the worker that holds each of its sessions, and the session's details.

    Attributes:
        ended: The ends of all other sessions, by session key, with their moments.
        judged: The earliest and the latest moment by which it may say what has stalled.
    """

    snapshot: Snapshot
    holders: dict[str, KnownWorker]
    details: dict[str, dict[str, Any]]
    ended: dict[str, Ended]
    judged: tuple[float, float] = (float("-inf"), float("inf"))

    def is_stalled(self, key: str, after_seconds: int, wrong_seconds: float) -> bool | None:
        """Whether a session works, and has made no call for so long; None if moments that are wrong decide it."""
        (state,) = [row["state"] for row in self.snapshot["sessions"] if row["session_key"] == key]
        if state not in WORKING:
            return False
        stalls_at = self.details[key]["called_at"] + after_seconds
        earliest, latest = self.judged
        if stalls_at <= earliest - wrong_seconds:
            return True
        return False if stalls_at > latest + wrong_seconds else None


class Claim(NamedTuple):
    """A worker's claim to a session key. Moments are milliseconds on Redis's clock.

    Attributes:
        counts_from: Since when it counts against other claims of the key.
        is_run: False for an end that its worker reports. A worker's run goes before its own end of the same moment.
        row: What it shows; None if it is an end, or an error or question whose time is over.
        is_work: True while a live worker's agent itself goes on.
    """

    counts_from: int
    worker_id: str
    is_run: bool
    began_at: int
    row: SessionStatus | None
    is_work: bool


def whole_snapshot_of(fleet: Fleet, now: float) -> Snapshot:
    """Judge the fleet, and take its whole snapshot. `now` is in seconds on the clock of the fleet."""
    fleet.judge(now)
    return whole_snapshot(fleet.workers, fleet.shown_at(now), now)


def whole_snapshot(workers: Iterable[KnownWorker], expired_before: float, now: float) -> Snapshot:
    """Take the snapshot of these workers. An error or question whose time ends by `expired_before` shows nothing."""
    return truth_of(workers, expired_before, now).snapshot


def truth_of(workers: Iterable[KnownWorker], expired_before: float, now: float) -> Truth:
    """Take the snapshot as `whole_snapshot` does, and note who holds each session."""
    by_id = {known.report.record.id: known for known in workers}
    workers = tuple(by_id.values())
    claims: dict[str, list[Claim]] = defaultdict(list)
    for known in workers:
        for session in known.report.record.sessions:
            claims[session.key].append(_claim_of_run(known, session, expired_before, now))
        for run in known.report.record.ended:
            claims[run.key].append(_claim_of_end(known, run))
    shown = {key: claim for key, some in sorted(claims.items()) if (claim := _shown(some)).row is not None}
    rows = [claim.row for claim in shown.values() if claim.row is not None]
    holders = {key: by_id[claim.worker_id] for key, claim in shown.items()}
    details = {key: _details(holder, key, now) for key, holder in holders.items()}
    return Truth({"global": global_of(rows, workers, now), "sessions": rows}, holders, details, {})


def global_of(rows: Sequence[SessionStatus], workers: Iterable[KnownWorker], now: float) -> GlobalStatus:
    """What these rows and these workers come to."""
    live = [known for known in workers if known.is_live]
    state: GlobalStateName = "idle"
    if rows:
        state = "degraded" if "error" in {row["state"] for row in rows} else "active"
    uptimes = [now - (known.moment - known.report.record.uptime_ms / 1000) for known in live]
    return {
        "state": state,
        "active_sessions": len(rows),
        "max_concurrent": sum(known.report.record.max_concurrent for known in live),
        "uptime_seconds": int(max(uptimes, default=0.0)),
    }


def _shown(claims: list[Claim]) -> Claim:
    """The newest claim of a key. If that is an end, the newest run of those that work, since they go on."""
    newest = max(claims, key=lambda claim: (claim.counts_from, claim.worker_id, claim.is_run))
    if newest.row is None:
        at_work = [claim for claim in claims if claim.is_work]
        newest = max(at_work, key=lambda claim: (claim.began_at, claim.worker_id), default=newest)
    return newest


def _claim_of_end(known: KnownWorker, run: EndedRecord) -> Claim:
    began_at = known.report.at_ms - run.run_ms
    return Claim(began_at, known.report.record.id, is_run=False, began_at=began_at, row=None, is_work=False)


def _claim_of_run(known: KnownWorker, session: SessionRecord, expired_before: float, now: float) -> Claim:
    at_ms, worker_id = known.report.at_ms, known.report.record.id
    began_at, changed_at = at_ms - session.run_ms, at_ms - session.changed_ms
    is_work = known.is_live and session.state in WORKING
    ends_at = float("inf") if session.expires_ms is None else known.moment + session.expires_ms / 1000
    if ends_at <= expired_before:
        return Claim(began_at, worker_id, is_run=True, began_at=began_at, row=None, is_work=is_work)
    if session.state is SessionState.ERROR:
        counts_from = changed_at
    elif known.is_lost:
        counts_from = at_ms
    elif session.state is SessionState.WAITING_FOR_USER:
        counts_from = changed_at
    else:
        counts_from = began_at
    row = _row(known, session, now)
    return Claim(counts_from, worker_id, is_run=True, began_at=began_at, row=row, is_work=is_work)


def _details(known: KnownWorker, key: str, now: float) -> dict[str, Any]:
    """The details of a session that a worker holds, as a reader may ask for them who sees everything."""
    worker = known.report.record
    session = next(one for one in worker.sessions if one.key == key)
    own = session.details or Details()
    is_waiting = session.state == "waiting_for_user" and not known.is_lost
    called_at = known.moment - (session.changed_ms - session.called_ms) / 1000
    return {
        "labels": {**dict(worker.labels), **dict(own.labels)},
        "parent": own.parent,
        "link": own.link,
        "host": worker.host,
        "worker_id": worker.id,
        "waiting_for": own.waiting_for.value if own.waiting_for and is_waiting else None,
        "context": {"used": own.context[0], "window": own.context[1]} if own.context else None,
        "cost_usd": own.cost_usd,
        "progress": {"done": own.progress[0], "of": own.progress[1]} if own.progress else None,
        "quiet_seconds": max(0.0, round(now - called_at, 1)),
        "called_at": called_at,
    }


def _row(known: KnownWorker, session: SessionRecord, now: float) -> SessionStatus:
    state: SessionStateName = session.state._value_
    tool, error = session.tool, session.error
    since = known.moment - session.changed_ms / 1000
    if known.is_lost and state != "error":
        state, tool, error, since = "error", None, "worker lost", known.lease_ends_at
    channel, _, rest = session.key.partition(":")
    used = session.input_tokens + session.output_tokens
    return {
        "session_key": session.key,
        "session_id": rest or session.key,
        "channel": channel or "unknown",
        "title": session.title,
        "state": state,
        "tool_name": tool,
        "duration_seconds": max(0.0, round(now - since, 1)),
        "token_usage": {"input": session.input_tokens, "output": session.output_tokens} if used else None,
        "error_message": error,
    }
