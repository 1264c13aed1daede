"""Pure: which run of each session key counts, and the snapshot that they make.

Rule 1. The newest run of a key counts, an ended one included, which shows nothing.
Rule 2. While a live worker holds a key open, a lost or left worker's runs of it do not count.
Rule 3. A lost worker's sessions show `error`, "worker lost", no tool; those in error keep their message and expiry.
"""

from collections.abc import Collection, Iterable
from operator import itemgetter
from typing import Final

from agent_status_gateway.state.fleet import Fleet
from agent_status_gateway.state.known_worker import Claim, KnownWorker
from agent_status_gateway.state.schema import GlobalStateName, GlobalStatus, SessionStatus, Snapshot, split_key
from agent_status_publisher.contract.wire import SessionRecord, SessionState

WORKER_LOST: Final = "worker lost"


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
    return {key: _newest(claims, expired_before) for key, claims in rivals.items()}


def _newest(rivals: list[tuple[Claim, KnownWorker]], expired_before: float) -> Claim:
    live = [rival for rival in rivals if rival[1].is_live]
    is_open_on_live = any(
        claim.record is not None and known.expires_at(claim.record) > expired_before for claim, known in live
    )
    claims = [claim for claim, _ in (live if is_open_on_live else rivals)]
    return max(claims, key=lambda claim: (claim.run_started_ms, claim.worker_id))


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
