"""Reports and readings for tests, with defaults for all that a test does not name."""

from typing import Any

from agent_status_publisher.contract.reading import Known, Reading
from agent_status_publisher.contract.wire import (
    EndedRecord,
    RawReport,
    SessionRecord,
    SessionState,
    WorkerRecord,
    encode_record,
)

EPOCH_MS = 1_800_000_000_000
"""Milliseconds on Redis's clock when a test's own clock shows 0."""


def session(key: str = "web:1", state: str = "thinking", **fields: Any) -> SessionRecord:
    defaults: dict[str, Any] = {"changed_ms": 0, "run_ms": 0}
    return SessionRecord(key=key, state=SessionState(state), **(defaults | fields))


def ended(key: str = "web:1", run_ms: int = 0) -> EndedRecord:
    return EndedRecord(key=key, run_ms=run_ms)


def record(worker_id: str = "w1", *sessions: SessionRecord, **fields: Any) -> WorkerRecord:
    defaults: dict[str, Any] = {
        "host": "host",
        "pid": 1,
        "lease_ms": 15_000,
        "heartbeat_ms": 5_000,
        "error_ttl_ms": 30_000,
        "max_concurrent": 5,
        "uptime_ms": 0,
    }
    return WorkerRecord(id=worker_id, sessions=sessions, **(defaults | fields))


def report(seq: int, worker: WorkerRecord, at: float = 0.0) -> RawReport:
    """The report as Redis gives it; `at` is in seconds of the test's clock."""
    return RawReport(worker_id=worker.id, seq=seq, at_ms=EPOCH_MS + round(at * 1000), record=encode_record(worker))


def reading(*reports: RawReport, at: float = 0.0, same: Known | None = None) -> Reading:
    return Reading(time_ms=EPOCH_MS + round(at * 1000), reports=reports, same=same or {})
