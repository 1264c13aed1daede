"""Fleets in a known state, for tests of what is true."""

from typing import Any
from weakref import WeakKeyDictionary

import orjson

from agent_status_gateway.state.fleet import Fleet
from agent_status_gateway.state.fold.fold import Fold
from agent_status_gateway.state.fold.schema import Snapshot
from agent_status_gateway.state.steps import at_once
from agent_status_publisher.contract.wire import RawReport, WorkerRecord
from chaos.workers.reports import reading, record, session
from tests.support.whole_snapshot import whole_snapshot

LEASE, ERROR_TTL, HEARTBEAT = 15.0, 30.0, 5.0
_FOLDS: "WeakKeyDictionary[Fleet, Fold]" = WeakKeyDictionary()


def fold_of(fleet: Fleet) -> Fold:
    """The one fold that takes what this fleet touches."""
    return _FOLDS.setdefault(fleet, Fold())


def take_snapshot(fleet: Fleet, now: float) -> Snapshot:
    """Judge and fold, as the pipeline does. The rows must be what the whole truth says, however they came about."""
    fleet.judge(now)
    fold = fold_of(fleet)
    at_once(fold.update(fleet, now))
    snapshot = snapshot_of(fold, now)
    truth = whole_snapshot(fleet.workers, fleet.shown_at(now), now)
    assert snapshot == truth
    assert [list(row) for row in snapshot["sessions"]] == [list(row) for row in truth["sessions"]]
    return snapshot


def id_of(fleet: Fleet) -> str:
    """The id of the last snapshot that was taken."""
    return fold_of(fleet).rows.id


def next_deadline(fleet: Fleet, now: float) -> float:
    """The first moment after `now` at which the snapshot changes by itself; infinity if none."""
    expiry = fold_of(fleet).next_expiry
    return min(fleet.next_deadline(now), expiry if expiry > now and not fleet.has_outage else float("inf"))


def snapshot_of(fold: Fold, now: float) -> Snapshot:
    """What a fold shows, from the very bytes of its rows."""
    sessions: list[Any] = [orjson.loads(row.json(now)) for row in fold.rows]
    return {"global": fold.global_status(fold.rows, now), "sessions": sessions}


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
