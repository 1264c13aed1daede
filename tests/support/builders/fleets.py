"""Fleets in a known state, for tests of what is true."""

from typing import Any

from agent_status_gateway.state.fleet import Fleet
from agent_status_gateway.state.schema import Snapshot
from agent_status_gateway.state.snapshot import take_snapshot
from agent_status_publisher.contract.wire import RawReport, WorkerRecord
from chaos.workers.reports import reading, record, session

LEASE, ERROR_TTL, HEARTBEAT = 15.0, 30.0, 5.0


def fleet_with(*reports: RawReport, at: float = 0.0) -> Fleet:
    """A fleet whose first reading, asked for and got at `at`, holds these reports."""
    fleet = Fleet()
    fleet.read(reading(*reports, at=at), at, at)
    return fleet


def states(fleet: Fleet, now: float) -> dict[str, str]:
    return {row["session_key"]: row["state"] for row in take_snapshot(fleet, now)["sessions"]}


def row(snapshot: Snapshot, key: str = "web:1") -> Any:
    return next(row for row in snapshot["sessions"] if row["session_key"] == key)


def one_session(state: str = "thinking", worker_id: str = "w1", **fields: Any) -> WorkerRecord:
    return record(worker_id, session("web:1", state), **fields)


def lost_at(fleet: Fleet, now: float, *stored: RawReport) -> None:
    """Do what the pipeline does at a lease's end: ask Redis, then judge."""
    assert fleet.wants_reading(now)
    fleet.read(reading(*stored, at=now), now, now)
