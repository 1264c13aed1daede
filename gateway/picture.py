"""Pure: which run of each session key counts, and the snapshot that they make.

Rule 1. The newest run of a key counts, an ended one included, which shows nothing.
Rule 2. While a live worker holds a key open, a lost or left worker's runs of it do not count.
Rule 3. A lost worker's sessions show `error`, "worker lost", no tool; those in error keep their message and expiry.
"""

from collections.abc import Iterable
from typing import Final

from gateway.fleet import Fleet
from gateway.known_worker import Claim, KnownWorker
from gateway.snapshot import GlobalStateName, GlobalStatus, SessionStatus, Snapshot, split_key
from publisher.wire import SessionRecord, SessionState

WORKER_LOST: Final = "worker lost"


def take_picture(fleet: Fleet, now: float) -> Snapshot:
    """What every dashboard should see at `now` (seconds on this replica's monotonic clock)."""
    fleet.judge(now)
    workers = {known.word.record.id: known for known in fleet.workers}
    expired_before = fleet.shown_at(now)
    sessions = [
        _session(claim, claim.record, workers[claim.worker_id], now)
        for claim in _newest_claims(workers.values(), expired_before)
        if claim.record is not None and workers[claim.worker_id].expires_at(claim.record) > expired_before
    ]
    sessions.sort(key=lambda row: row["session_key"])
    return {"global": _global(sessions, workers.values(), now), "sessions": sessions}


def _newest_claims(workers: Iterable[KnownWorker], expired_before: float) -> Iterable[Claim]:
    of_live: dict[str, Claim] = {}
    of_all: dict[str, Claim] = {}
    open_on_live: set[str] = set()
    for known in workers:
        for claim in known.claims:
            _keep_newest(of_all, claim)
            if known.is_live:
                _keep_newest(of_live, claim)
                if claim.record is not None and known.expires_at(claim.record) > expired_before:
                    open_on_live.add(claim.key)
    return (of_live[key] if key in open_on_live else claim for key, claim in of_all.items())


def _keep_newest(newest: dict[str, Claim], claim: Claim) -> None:
    other = newest.get(claim.key)
    if other is None or (claim.run_started_ms, claim.worker_id) > (other.run_started_ms, other.worker_id):
        newest[claim.key] = claim


def _session(claim: Claim, record: SessionRecord, known: KnownWorker, now: float) -> SessionStatus:
    state, tool, error = record.state, record.tool, record.error
    changed_at = known.moment - record.changed_ms / 1000
    if known.is_lost and state is not SessionState.ERROR:
        state, tool, error = SessionState.ERROR, None, WORKER_LOST
        changed_at = known.lease_ends_at
    channel, session_id = split_key(claim.key)
    has_usage = record.input_tokens or record.output_tokens
    return {
        "session_key": claim.key,
        "session_id": session_id,
        "channel": channel,
        "title": record.title,
        "state": state.value,
        "tool_name": tool,
        "duration_seconds": max(0.0, round(now - changed_at, 1)),
        "token_usage": {"input": record.input_tokens, "output": record.output_tokens} if has_usage else None,
        "error_message": error,
    }


def _global(sessions: list[SessionStatus], workers: Iterable[KnownWorker], now: float) -> GlobalStatus:
    state: GlobalStateName = "idle"
    if sessions:
        state = "degraded" if any(row["state"] == "error" for row in sessions) else "active"
    live = [known for known in workers if known.is_live]
    started_at = min((known.moment - known.word.record.uptime_ms / 1000 for known in live), default=now)
    return {
        "state": state,
        "active_sessions": len(sessions),
        "max_concurrent": sum(known.word.record.max_concurrent for known in live),
        "uptime_seconds": int(now - started_at),
    }
