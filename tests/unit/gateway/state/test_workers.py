"""The workers as an operator sees them."""

from collections.abc import Collection, Iterable

from agent_status_gateway.state.fleet import Fleet
from agent_status_gateway.state.known_worker import KnownWorker
from agent_status_gateway.state.steps import at_once
from agent_status_gateway.state.workers import Workers
from agent_status_gateway.state.workers import describe_workers as describe_in_steps
from chaos.workers.reports import record, report, session
from tests.support.builders.fleets import ERROR_TTL, LEASE, fleet_with, lost_at, one_session


def describe_workers(known: Iterable[KnownWorker], now: float, keys: Collection[str] | None = None) -> Workers:
    return at_once(describe_in_steps(known, now, keys))


def states(fleet: Fleet, now: float) -> dict[str, str]:
    fleet.judge(now)
    return {row["worker_id"]: row["state"] for row in describe_workers(fleet.workers, now)["workers"]}


def test_a_worker_is_described_with_its_machine_what_it_holds_and_when_it_last_reported() -> None:
    fleet = fleet_with(report(1, one_session("thinking", host="build-7", pid=42, uptime_ms=61_900)))
    (row,) = describe_workers(fleet.workers, 2.34)["workers"]
    assert row == {
        "worker_id": "w1",
        "host": "build-7",
        "pid": 42,
        "state": "live",
        "sessions": ["web:1"],
        "max_concurrent": row["max_concurrent"],
        "uptime_seconds": 61,
        "last_heard_seconds": 2.3,
        "lease_seconds": LEASE,
    }


def test_a_lost_worker_is_described_as_lost_with_what_it_held_until_its_error_ttl_is_over() -> None:
    stored = report(1, one_session("thinking"))
    fleet = fleet_with(stored)
    lost_at(fleet, LEASE, stored)
    assert states(fleet, LEASE) == {"w1": "lost"}
    assert states(fleet, LEASE + ERROR_TTL) == {}


def test_a_worker_that_said_goodbye_has_left() -> None:
    fleet = fleet_with(report(1, one_session("thinking")))
    fleet.hear(report(2, one_session("error", left=True)), 1.0)
    assert describe_workers(fleet.workers, 1.0)["workers"][0]["state"] == "left"


def test_workers_are_sorted_by_machine_and_process() -> None:
    fleet = fleet_with(
        report(1, one_session(worker_id="c", host="b", pid=1)),
        report(1, one_session(worker_id="b", host="a", pid=20)),
        report(1, one_session(worker_id="a", host="a", pid=3)),
    )
    assert list(states(fleet, 0.0)) == ["a", "b", "c"]


def test_for_some_sessions_only_the_workers_that_hold_one_are_described_with_only_these() -> None:
    fleet = fleet_with(
        report(1, record("both", session("web:1"), session("ci:1"))),
        report(1, record("other", session("ci:2"))),
        report(1, record("none")),
    )
    rows = describe_workers(fleet.workers, 0.0, {"web:1", "web:2"})["workers"]
    assert [(row["worker_id"], row["sessions"]) for row in rows] == [("both", ["web:1"])]
    assert describe_workers(fleet.workers, 0.0, set()) == {"workers": []}
    assert len(describe_workers(fleet.workers, 0.0)["workers"]) == 3
