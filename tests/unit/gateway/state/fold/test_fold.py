"""Reports to rows: what is shown, what is looked at again, and when."""

from typing import Any

import pytest

from agent_status_gateway.state.fold.fold import Fold
from agent_status_gateway.state.fold.schema import Snapshot
from agent_status_gateway.state.steps import at_once
from chaos.workers.reports import ended, record, report, session
from tests.support.builders.fleets import LEASE, fleet_with, fold_of, lost_at, states, take_snapshot


def test_without_workers_all_is_idle() -> None:
    idle: Snapshot = {
        "global": {"state": "idle", "active_sessions": 0, "max_concurrent": 0, "uptime_seconds": 0},
        "sessions": [],
    }
    assert take_snapshot(fleet_with(), 0.0) == idle


def test_a_snapshot_has_the_pages_fields_in_the_pages_order() -> None:
    known = record(
        "w1",
        session("websocket:abc123", "tool_running", tool="bash", input_tokens=500, output_tokens=100, changed_ms=1240),
        uptime_ms=128_900,
    )
    snapshot = take_snapshot(fleet_with(report(1, known)), 0.0)
    assert list(snapshot) == ["global", "sessions"]
    assert list(snapshot["global"].items()) == [
        ("state", "active"),
        ("active_sessions", 1),
        ("max_concurrent", 5),
        ("uptime_seconds", 128),
    ]
    assert list(snapshot["sessions"][0].items()) == [
        ("session_key", "websocket:abc123"),
        ("session_id", "abc123"),
        ("channel", "websocket"),
        ("title", None),
        ("state", "tool_running"),
        ("tool_name", "bash"),
        ("duration_seconds", 1.2),
        ("token_usage", {"input": 500, "output": 100}),
        ("error_message", None),
    ]


def test_a_session_in_error_makes_the_fleet_degraded_and_counts_as_active() -> None:
    known = record("w1", session("a:1"), session("a:2", "error", error="x", expires_ms=1000))
    overview = take_snapshot(fleet_with(report(1, known)), 0.0)["global"]
    assert (overview["state"], overview["active_sessions"]) == ("degraded", 2)


def test_of_some_workers_only_the_live_ones_are_counted_and_nothing_without_any() -> None:
    fleet = fleet_with(
        report(1, record("w1", session("a:1"), max_concurrent=3, uptime_ms=10_000)),
        report(1, record("w2", session("b:1"), max_concurrent=4, uptime_ms=70_000)),
        report(1, record("w3", session("c:1"), max_concurrent=9, uptime_ms=990_000)),
    )
    take_snapshot(fleet, 5.0)
    fold = fold_of(fleet)
    sources = [fold.rows.by_key[key].source for key in ("a:1", "b:1")]
    counted = fold.global_status(fold.rows, 5.0, sources)
    assert (counted["max_concurrent"], counted["uptime_seconds"]) == (7, 75)
    sources[1].known.is_lost = True
    counted = fold.global_status(fold.rows, 5.0, sources)
    assert (counted["max_concurrent"], counted["uptime_seconds"]) == (3, 15)
    counted = fold.global_status(fold.rows, 5.0, [])
    assert (counted["max_concurrent"], counted["uptime_seconds"]) == (0, 0)


def test_capacity_is_the_sum_and_uptime_the_oldest_of_live_workers() -> None:
    fleet = fleet_with(
        report(1, record("w1", max_concurrent=3, uptime_ms=10_000)),
        report(1, record("w2", max_concurrent=4, uptime_ms=70_000)),
        report(1, record("w3", max_concurrent=9, uptime_ms=990_000, left=True)),
    )
    overview = take_snapshot(fleet, 5.0)["global"]
    assert (overview["max_concurrent"], overview["uptime_seconds"]) == (7, 75)


def test_sessions_are_sorted_by_key_whatever_worker_holds_them() -> None:
    fleet = fleet_with(report(1, record("w1", session("b:2"), session("a:9"))), report(1, record("w2", session("b:1"))))
    assert list(states(fleet, 0.0)) == ["a:9", "b:1", "b:2"]


def test_token_usage_is_null_while_both_totals_are_zero_and_whole_otherwise() -> None:
    known = record("w1", session("a:1"), session("a:2", output_tokens=5))
    rows = take_snapshot(fleet_with(report(1, known)), 0.0)["sessions"]
    assert [row["token_usage"] for row in rows] == [None, {"input": 0, "output": 5}]


# What is looked at again


# fold: Rule 1
def test_a_report_that_shows_the_same_keeps_every_row_and_its_bytes() -> None:
    fleet = fleet_with(report(1, record("w1", session("a:1"), session("a:2", title="T"))))
    take_snapshot(fleet, 0.0)
    rows = [*fold_of(fleet).rows]
    fleet.hear(report(2, record("w1", session("a:1", changed_ms=5000), session("a:2", title="T")), at=5.0), 5.0)
    take_snapshot(fleet, 5.0)
    assert [id(row) for row in fold_of(fleet).rows] == [id(row) for row in rows]


# fold: Rule 1
def test_a_report_that_changes_one_session_makes_one_row() -> None:
    fleet = fleet_with(report(1, record("w1", session("a:1"), session("a:2"))))
    take_snapshot(fleet, 0.0)
    first, second = fold_of(fleet).rows
    fleet.hear(report(2, record("w1", session("a:1", "streaming"), session("a:2"))), 1.0)
    take_snapshot(fleet, 1.0)
    assert [row is before for row, before in zip(fold_of(fleet).rows, (first, second), strict=True)] == [False, True]


# fold: Rule 1
def test_a_worker_that_is_not_touched_is_not_looked_at() -> None:
    fleet = fleet_with(*[report(1, record(f"w{number}", session(f"a:{number}"))) for number in range(10)])
    take_snapshot(fleet, 0.0)
    fleet.hear(report(2, record("w3", session("a:3", "streaming"))), 1.0)
    fleet.judge(1.0)
    assert len(list(fold_of(fleet).update(fleet, 1.0))) == 1


def test_an_update_that_is_given_up_is_finished_by_the_next_one() -> None:
    fleet = fleet_with(*[report(1, record(f"w{number}", session(f"a:{number}"))) for number in range(4)])
    fold = Fold()
    fleet.judge(0.0)
    steps = fold.update(fleet, 0.0)
    next(steps)
    steps.close()
    assert len(fold.rows) == 1
    at_once(fold.update(fleet, 0.0))
    assert [row.key for row in fold.rows] == ["a:0", "a:1", "a:2", "a:3"]


# fold: Rule 2
def test_a_key_is_decided_again_when_one_of_its_workers_gives_it_up() -> None:
    newer = record("w2", session("web:1", "streaming", run_ms=1_000))
    fleet = fleet_with(report(1, record("w1", session("web:1", run_ms=9_000))), report(1, newer))
    assert states(fleet, 0.0) == {"web:1": "streaming"}
    fleet.hear(report(2, record("w2"), at=1.0), 1.0)
    assert states(fleet, 1.0) == {"web:1": "thinking"}
    fleet.hear(report(2, record("w1"), at=1.0), 1.0)
    assert states(fleet, 1.0) == {}


# fold: Rule 2
def test_a_worker_may_have_ended_one_run_of_a_key_and_hold_another() -> None:
    again = record("w1", session("web:1", run_ms=1_000), ended=(ended("web:1", run_ms=9_000),))
    fleet = fleet_with(report(1, again))
    assert states(fleet, 0.0) == {"web:1": "thinking"}
    over = record("w1", ended=(ended("web:1", run_ms=2_000),))
    fleet.hear(report(2, over, at=1.0), 1.0)
    assert states(fleet, 1.0) == {}


# fold: Rule 3
def test_a_session_whose_time_is_over_is_gone_without_any_report() -> None:
    failed = session("a:1", "error", error="x", expires_ms=2_000)
    asked = session("a:2", "waiting_for_user", expires_ms=3_000)
    fleet = fleet_with(report(1, record("w1", failed, asked, session("a:3"))))
    assert list(states(fleet, 1.9)) == ["a:1", "a:2", "a:3"]
    assert fold_of(fleet).next_expiry == 2.0
    assert list(states(fleet, 2.0)) == ["a:2", "a:3"]
    assert fold_of(fleet).next_expiry == 3.0
    assert list(states(fleet, 3.0)) == ["a:3"]
    assert fold_of(fleet).next_expiry == float("inf")


# fold: Rule 3
def test_nothing_expires_during_an_outage() -> None:
    fleet = fleet_with(report(1, record("w1", session("a:1", "error", error="x", expires_ms=2_000))))
    assert list(states(fleet, 0.0)) == ["a:1"]
    fleet.outage_began(1.0)
    assert list(states(fleet, 9.0)) == ["a:1"]


def test_a_forgotten_worker_leaves_nothing_behind() -> None:
    stored = report(1, record("w1", session("a:1"), session("a:2", "error", error="x", expires_ms=99_000)))
    fleet = fleet_with(stored)
    take_snapshot(fleet, 0.0)
    fleet.hear(report(2, record("w1", left=True)), 1.0)
    assert states(fleet, 1.0) == {}
    fold = fold_of(fleet)
    assert (len(fold.rows), fold.next_expiry) == (0, float("inf"))
    assert (fold._claimants, fold._contested, fold._sources) == ({}, {}, {})


def test_a_lost_workers_rows_say_so_until_its_next_report() -> None:
    stored = report(1, record("w1", session("a:1"), max_concurrent=7))
    fleet = fleet_with(stored)
    lost_at(fleet, LEASE, stored)
    snapshot = take_snapshot(fleet, LEASE + 2)
    assert snapshot["sessions"][0]["error_message"] == "worker lost"
    assert snapshot["sessions"][0]["duration_seconds"] == 2.0
    assert snapshot["global"]["max_concurrent"] == 0
    fleet.hear(report(2, record("w1", session("a:1"), max_concurrent=7)), LEASE + 3)
    assert take_snapshot(fleet, LEASE + 3)["global"] == {
        "state": "active",
        "active_sessions": 1,
        "max_concurrent": 7,
        "uptime_seconds": 0,
    }


def test_replicas_that_heard_the_same_in_another_order_have_the_same_id() -> None:
    reports = [report(1, record(f"w{number}", session(f"a:{number % 3}", run_ms=number))) for number in range(6)]
    one, other = fleet_with(), fleet_with()
    for some in reports:
        one.hear(some, 1.0)
    for some in reversed(reports):
        other.hear(some, 1.0)
        take_snapshot(other, 1.0)
    take_snapshot(one, 1.0)
    assert fold_of(one).rows.id == fold_of(other).rows.id


def test_a_session_whose_time_was_over_is_shown_again_when_its_time_has_no_end() -> None:
    """It is as it was but for that, so nothing else of its row has changed."""
    fleet = fleet_with(report(1, record("w1", session("web:1", "waiting_for_user", expires_ms=1_000))))
    assert states(fleet, 2.0) == {}
    fleet.hear(report(2, record("w1", session("web:1", "waiting_for_user")), at=3.0), 3.0)
    assert states(fleet, 3.0) == {"web:1": "waiting_for_user"}


@pytest.mark.parametrize(
    ("fields", "differing"), [({"labels": (("team", "ci"),)}, {"labels"}), ({"host": "other"}, {"host", "worker_id"})]
)
def test_what_a_worker_says_of_itself_revises_all_its_rows_though_no_session_differs(
    fields: dict[str, Any], differing: set[str]
) -> None:
    held = session("web:1"), session("web:2")
    fleet = fleet_with(report(1, record("w1", *held)))
    take_snapshot(fleet, 0.0)
    rows = fold_of(fleet).rows
    while rows.take_changed() is not None:
        pass
    fleet.hear(report(2, record("w1", *held, **fields)), 0.0)
    take_snapshot(fleet, 0.0)
    assert rows.take_changed() is None
    revised = list(iter(rows.take_revised, None))
    assert {revision.key: set(revision.fields) for revision in revised} == {"web:1": differing, "web:2": differing}
