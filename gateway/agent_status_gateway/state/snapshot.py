"""Pure: which run of each session key counts, and the snapshot that they make.

Rule 1. The newest claim of a key counts, an end included, which shows nothing. A run claims its key since it began, a
        question since it was asked, an error since it came. An error that has expired is the end of its run.
Rule 2. If the newest claim is an end, and live workers work on the key (think, run a tool, stream), the newest run of
        theirs counts: an end elsewhere does not hide work that goes on.
Rule 3. A lost worker's sessions show `error`, "worker lost", no tool, and claim their keys since its last report; those
        in error keep their message, their expiry and their claim.
"""

from collections.abc import Collection, Iterable
from operator import itemgetter
from typing import Final

from agent_status_gateway.state.fleet import Fleet
from agent_status_gateway.state.known_worker import Claim, KnownWorker
from agent_status_gateway.state.schema import GlobalStateName, GlobalStatus, SessionStatus, Snapshot, split_key
from agent_status_publisher.contract.wire import SessionRecord, SessionState

WORKER_LOST: Final = "worker lost"
WORKING_STATES: Final = frozenset({SessionState.THINKING, SessionState.TOOL_RUNNING, SessionState.STREAMING})
"""The states in which the agent itself goes on."""


def take_snapshot(fleet: Fleet, now: float) -> Snapshot:
    """Take the snapshot for every dashboard at `now` (seconds on this replica's monotonic clock)."""
    fleet.judge(now)
    workers = fleet.workers
    expired_before = fleet.shown_at(now)
    winners = _winners(workers, expired_before)
    sessions: list[SessionStatus] = []
    for known in workers:
        for claim in known.claims:
            record = claim.record
            if record is None or (winners and winners.get(claim.key, claim) is not claim):
                continue
            if record.expires_ms is None or known.expires_at(record) > expired_before:
                sessions.append(_session(record, known, now))
    sessions.sort(key=itemgetter("session_key"))
    return {"global": _global(sessions, workers, now), "sessions": sessions}


def _winners(workers: Collection[KnownWorker], expired_before: float) -> dict[str, Claim]:
    """The claim that counts, for each key that has several."""
    seen: set[str] = set()
    contested: set[str] = set()
    for known in workers:
        contested |= known.claimed_twice
        contested |= seen & known.keys
        seen |= known.keys
    rivals: dict[str, list[tuple[Claim, KnownWorker]]] = {key: [] for key in contested}
    for known in workers:
        if not contested.isdisjoint(known.keys):
            for claim in known.claims:
                if claim.key in contested:
                    rivals[claim.key].append((claim, known))
    return {key: _winner(claims, expired_before) for key, claims in rivals.items()}


def _winner(rivals: list[tuple[Claim, KnownWorker]], expired_before: float) -> Claim:
    newest, known = max(
        rivals, key=lambda rival: (_claimed_at_ms(rival[0], rival[1], expired_before), rival[0].worker_id)
    )
    if not _is_end(newest, known, expired_before):
        return newest
    working = [
        claim
        for claim, known in rivals
        if known.is_live and claim.record is not None and claim.record.state in WORKING_STATES
    ]
    return max(working, key=lambda claim: (claim.run_started_ms, claim.worker_id), default=newest)


def _is_end(claim: Claim, known: KnownWorker, expired_before: float) -> bool:
    return claim.record is None or known.expires_at(claim.record) <= expired_before


def _claimed_at_ms(claim: Claim, known: KnownWorker, expired_before: float) -> int:
    """The moment since which a claim counts, on Redis's clock, so that it is equal on every replica.

    It is not the run's start for a question: what another worker began and ended since then has not answered it.
    """
    record = claim.record
    if record is None or _is_end(claim, known, expired_before):
        return claim.run_started_ms
    if record.state is SessionState.ERROR:
        return known.report.at_ms - record.changed_ms
    if known.is_lost:
        return known.report.at_ms
    if record.state is SessionState.WAITING_FOR_USER:
        return known.report.at_ms - record.changed_ms
    return claim.run_started_ms


def _session(record: SessionRecord, known: KnownWorker, now: float) -> SessionStatus:
    state, tool, error = record.state, record.tool, record.error
    changed_at = known.moment - record.changed_ms / 1000
    if known.is_lost and state is not SessionState.ERROR:
        state, tool, error = SessionState.ERROR, None, WORKER_LOST
        changed_at = known.lease_ends_at
    channel, session_id = split_key(record.key)
    has_usage = record.input_tokens or record.output_tokens
    return {
        "session_key": record.key,
        "session_id": session_id,
        "channel": channel,
        "title": record.title,
        "state": state._value_,
        "tool_name": tool,
        "duration_seconds": round(now - changed_at, 1) if now > changed_at else 0.0,
        "token_usage": {"input": record.input_tokens, "output": record.output_tokens} if has_usage else None,
        "error_message": error,
    }


def _global(sessions: list[SessionStatus], workers: Iterable[KnownWorker], now: float) -> GlobalStatus:
    state: GlobalStateName = "idle"
    if sessions:
        state = "degraded" if any(row["state"] == "error" for row in sessions) else "active"
    live = [known for known in workers if known.is_live]
    started_at = min((known.moment - known.report.record.uptime_ms / 1000 for known in live), default=now)
    return {
        "state": state,
        "active_sessions": len(sessions),
        "max_concurrent": sum(known.report.record.max_concurrent for known in live),
        "uptime_seconds": int(now - started_at),
    }
