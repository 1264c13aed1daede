"""Who the workers are, for an operator."""

from agent_status_gateway.state.fleet import Fleet
from agent_status_gateway.state.workers import describe_workers
from tests.support.fleets import ERROR_TTL, LEASE, fleet_with, lost_at, said
from tests.support.reports import report


def states(fleet: Fleet, now: float) -> dict[str, str]:
    fleet.judge(now)
    return {row["worker_id"]: row["state"] for row in describe_workers(fleet.workers, now)["workers"]}


def test_a_worker_is_told_with_its_machine_what_it_holds_and_when_it_was_heard() -> None:
    fleet = fleet_with(report(1, said("thinking", host="build-7", pid=42, uptime_ms=61_900)))
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


def test_a_lost_worker_is_told_as_such_with_what_it_held_until_its_error_ttl_is_over() -> None:
    stored = report(1, said("thinking"))
    fleet = fleet_with(stored)
    lost_at(fleet, LEASE, stored)
    assert states(fleet, LEASE) == {"w1": "lost"}
    assert states(fleet, LEASE + ERROR_TTL) == {}


def test_one_that_said_goodbye_has_left() -> None:
    fleet = fleet_with(report(1, said("thinking")))
    fleet.hear(report(2, said("error", left=True)), 1.0)
    assert describe_workers(fleet.workers, 1.0)["workers"][0]["state"] == "left"


def test_they_are_told_by_machine_and_process() -> None:
    fleet = fleet_with(
        report(1, said(worker_id="c", host="b", pid=1)),
        report(1, said(worker_id="b", host="a", pid=20)),
        report(1, said(worker_id="a", host="a", pid=3)),
    )
    assert list(states(fleet, 0.0)) == ["a", "b", "c"]
