"""What is true now, as one replica knows it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_status_gateway.state.fleet import Fleet
from agent_status_publisher.contract.wire import MalformedReportError, RawReport
from chaos.workers.reports import ended, reading, record, report, session
from tests.support.builders.fleets import (
    ERROR_TTL,
    HEARTBEAT,
    LEASE,
    fleet_with,
    fold_of,
    lost_at,
    one_session,
    row,
    states,
    take_snapshot,
)

# A report counts if it is newer


# fleet: Rule 1
def test_a_newer_report_replaces_an_older_one_whole() -> None:
    fleet = fleet_with(report(1, record("w1", session("a:1"), session("a:2"))))
    assert fleet.hear(report(2, record("w1", session("a:2", "streaming"))), 1.0)
    assert states(fleet, 1.0) == {"a:2": "streaming"}


# fleet: Rule 1
@pytest.mark.parametrize("seq", [3, 2, 1])
def test_a_report_that_is_not_newer_moves_nothing(seq: int) -> None:
    fleet = fleet_with(report(3, one_session("streaming")))
    assert not fleet.hear(report(seq, one_session("thinking")), 10.0)
    assert states(fleet, 10.0) == {"web:1": "streaming"}
    assert fleet.wants_reading(LEASE), "its lease was not moved either"


def test_a_heartbeat_changes_nothing_but_keeps_the_lease() -> None:
    fleet = fleet_with(report(1, one_session()))
    assert states(fleet, 0.0) == {"web:1": "thinking"}
    before = fold_of(fleet).rows.id
    assert fleet.hear(report(2, one_session()), 10.0)
    assert states(fleet, 10.0) == {"web:1": "thinking"}
    assert fold_of(fleet).rows.id == before
    assert not fleet.wants_reading(LEASE + 5)


def test_a_new_run_in_the_same_state_is_news_since_it_may_overtake_another_workers() -> None:
    old = report(1, record("w1", session("web:1", "thinking", run_ms=60_000)))
    other = report(1, record("w2", session("web:1", "streaming", run_ms=5_000)))
    fleet = fleet_with(old, other)
    assert states(fleet, 1.0) == {"web:1": "streaming"}
    assert fleet.hear(report(2, record("w1", session("web:1", "thinking", run_ms=0)), at=1.0), 1.0)
    assert states(fleet, 1.0) == {"web:1": "thinking"}


def test_a_malformed_report_changes_nothing_and_raises_the_reason() -> None:
    fleet = fleet_with(report(1, one_session()))
    broken = RawReport(worker_id="w1", seq=2, at_ms=5, record=b"{}")
    with pytest.raises(MalformedReportError):
        fleet.hear(broken, 1.0)
    assert states(fleet, 1.0) == {"web:1": "thinking"}


def test_a_malformed_report_in_a_reading_hides_no_other() -> None:
    fleet = Fleet()
    broken = RawReport(worker_id="w2", seq=2, at_ms=5, record=b"{}")
    assert [error.reason for error in fleet.read(reading(broken, report(1, one_session())), 0.0, 0.0)] == ["schema"]
    assert states(fleet, 0.0) == {"web:1": "thinking"}


# Moments


# fleet: Rule 5
def test_a_report_that_was_read_is_as_old_as_rediss_clock_says() -> None:
    fleet = fleet_with(report(1, record("w1", session(changed_ms=2000)), at=90.0), at=97.0)
    assert row(take_snapshot(fleet, 97.0))["duration_seconds"] == 9.0


def test_a_report_from_the_future_of_rediss_clock_is_as_old_as_now() -> None:
    fleet = fleet_with(report(1, record("w1", session()), at=200.0), at=97.0)
    assert row(take_snapshot(fleet, 97.0))["duration_seconds"] == 0.0


def test_durations_tick_without_any_report() -> None:
    fleet = fleet_with(report(1, one_session()))
    assert row(take_snapshot(fleet, 3.26))["duration_seconds"] == 3.3


# Loss


def test_no_worker_is_lost_before_redis_was_read() -> None:
    fleet = fleet_with(report(1, one_session()))
    assert states(fleet, LEASE + 10) == {"web:1": "thinking"}
    assert fleet.wants_reading(LEASE + 10)


# fleet: Rule 3
def test_a_worker_whose_lease_has_passed_is_shown_as_lost_since_then() -> None:
    stored = report(1, record("w1", session("web:1", "tool_running", tool="bash", title="T")))
    fleet = fleet_with(stored)
    lost_at(fleet, LEASE, stored)
    shown = row(take_snapshot(fleet, LEASE + 2))
    assert (shown["state"], shown["tool_name"], shown["error_message"], shown["title"]) == (
        "error",
        None,
        "worker lost",
        "T",
    )
    assert shown["duration_seconds"] == 2.0


# fleet: Rule 3
def test_a_lost_worker_vanishes_after_its_error_ttl() -> None:
    fleet = fleet_with(report(1, one_session()))
    lost_at(fleet, LEASE, report(1, one_session()))
    assert states(fleet, LEASE + ERROR_TTL - 0.1) == {"web:1": "error"}
    assert states(fleet, LEASE + ERROR_TTL) == {}


# claims: Rule 3
def test_sessions_in_error_keep_their_message_and_expiry_when_their_worker_is_lost() -> None:
    failed = record("w1", session("web:1", "error", error="boom", expires_ms=20_000))
    fleet = fleet_with(report(1, failed))
    lost_at(fleet, LEASE, report(1, failed))
    assert row(take_snapshot(fleet, LEASE))["error_message"] == "boom"
    assert states(fleet, 20.0) == {}


def test_a_report_that_only_redis_has_keeps_its_worker_live() -> None:
    fleet = fleet_with(report(1, one_session()))
    lost_at(fleet, LEASE + 1, report(4, one_session("streaming"), at=LEASE - 1))
    assert states(fleet, LEASE + 1) == {"web:1": "streaming"}


def test_a_lost_worker_that_wakes_is_right_with_its_next_report() -> None:
    fleet = fleet_with(report(1, one_session()))
    lost_at(fleet, LEASE, report(1, one_session()))
    take_snapshot(fleet, LEASE)
    assert fleet.hear(report(2, one_session()), LEASE + 5)
    assert states(fleet, LEASE + 5) == {"web:1": "thinking"}


def test_a_worker_that_vanished_and_wakes_is_right_with_its_next_report_but_not_with_an_older_one() -> None:
    fleet = fleet_with(report(5, one_session()))
    lost_at(fleet, LEASE, report(5, one_session()))
    assert states(fleet, LEASE + ERROR_TTL) == {}
    assert not fleet.hear(report(5, one_session()), LEASE + ERROR_TTL + 1)
    assert fleet.hear(report(6, one_session()), LEASE + ERROR_TTL + 2)
    assert states(fleet, LEASE + ERROR_TTL + 2) == {"web:1": "thinking"}


def test_a_reading_does_not_revive_a_worker_that_has_vanished() -> None:
    fleet = fleet_with(report(5, one_session()))
    lost_at(fleet, LEASE, report(5, one_session()))
    take_snapshot(fleet, LEASE + ERROR_TTL)
    after = LEASE + ERROR_TTL + 1
    fleet.read(reading(report(5, one_session()), at=after), after, after)
    assert states(fleet, after) == {}


def test_a_fresh_replica_shows_a_worker_as_lost_at_once_if_what_it_reads_says_so() -> None:
    fleet = fleet_with(report(1, one_session()), report(1, record("w2", session("web:2")), at=20.0), at=20.0)
    assert states(fleet, 20.0) == {"web:1": "error", "web:2": "thinking"}


def test_a_fresh_replica_that_finds_every_report_past_its_lease_gives_all_a_grace() -> None:
    fleet = fleet_with(report(1, one_session()), at=20.0)
    assert states(fleet, 20.0) == {"web:1": "thinking"}
    assert states(fleet, 20.0 + HEARTBEAT + 0.9) == {"web:1": "thinking"}
    after = 20.0 + HEARTBEAT + 1
    lost_at(fleet, after, report(1, one_session()))
    assert states(fleet, after) == {"web:1": "error"}


def test_a_gone_worker_stays_gone_while_redis_still_holds_its_report() -> None:
    stored = report(5, one_session())
    fleet = fleet_with(stored)
    lost_at(fleet, LEASE, stored)
    for now in (LEASE, LEASE + ERROR_TTL, LEASE + ERROR_TTL + 15, LEASE + ERROR_TTL + 20):
        take_snapshot(fleet, now)
        fleet.read(reading(stored, at=now), now, now)
    assert states(fleet, LEASE + ERROR_TTL + 20) == {}


# What Redis holds


# fleet: Rule 2
def test_a_forged_number_holds_a_worker_for_no_longer_than_the_next_reading() -> None:
    fleet = fleet_with(report(7, one_session("streaming")))
    fleet.hear(report(10**15, one_session("waiting_for_user")), 1.0)
    assert not fleet.hear(report(8, one_session("thinking")), 2.0)
    fleet.read(reading(report(8, one_session("thinking"), at=2.0), at=4.0), 4.0, 4.0)
    assert states(fleet, 4.0) == {"web:1": "thinking"}
    assert fleet.hear(report(9, one_session("streaming")), 5.0)


def test_an_older_copy_of_redis_takes_nothing_back_from_a_live_worker() -> None:
    fleet = fleet_with(report(7, one_session("thinking")))
    fleet.hear(report(8, one_session("streaming")), 1.0)
    fleet.read(reading(report(7, one_session("thinking")), at=4.0), 4.0, 4.0)
    assert states(fleet, 4.0) == {"web:1": "streaming"}


def test_a_report_that_came_while_redis_was_being_read_is_not_undone_by_the_reading() -> None:
    fleet = fleet_with(report(7, one_session("thinking")))
    fleet.hear(report(8, one_session("streaming")), 3.1)
    fleet.read(reading(report(7, one_session("thinking"), at=3.05), at=3.05), 3.0, 3.2)
    assert states(fleet, 3.2) == {"web:1": "streaming"}


# Leaving


def test_a_worker_that_has_left_shows_only_its_errors_until_they_expire() -> None:
    goodbye = record("w1", session("web:1", "error", error="boom", expires_ms=10_000), left=True)
    fleet = fleet_with(report(1, one_session()))
    fleet.hear(report(2, goodbye), 1.0)
    assert take_snapshot(fleet, 1.0)["global"]["max_concurrent"] == 0
    assert states(fleet, 10.9) == {"web:1": "error"}
    assert states(fleet, 11.0) == {}


def test_a_forged_goodbye_hides_a_worker_until_its_number_has_grown_between_two_readings() -> None:
    fleet = fleet_with(report(7, one_session()))
    fleet.hear(report(10**15 - 1, record("w1", left=True)), 1.0)
    assert states(fleet, 1.0) == {}
    fleet.read(reading(report(8, one_session(), at=5.0), at=6.0), 6.0, 6.0)
    assert states(fleet, 6.0) == {"web:1": "thinking"}


def test_a_late_copy_of_a_report_revives_no_worker() -> None:
    fleet = fleet_with(report(1, one_session()))
    fleet.hear(report(3, record("w1", left=True)), 1.0)
    assert states(fleet, 1.0) == {}
    for now in (10.0, 20.0, 30.0):
        fleet.read(reading(at=now), now, now)
        fleet.read(reading(report(2, one_session(), at=now + 1), at=now + 2), now + 2, now + 2)
        assert states(fleet, now + 2) == {}


def test_no_late_report_revives_a_worker_that_has_left() -> None:
    fleet = fleet_with(report(1, one_session()))
    fleet.hear(report(3, record("w1", left=True)), 1.0)
    assert states(fleet, 2.0) == {}
    assert not fleet.hear(report(2, one_session()), 3.0)
    assert states(fleet, 3.0) == {}


def test_what_is_remembered_of_the_gone_is_forgotten_with_their_hash() -> None:
    fleet = fleet_with(report(1, one_session()))
    fleet.hear(report(3, record("w1", left=True)), 1.0)
    take_snapshot(fleet, 2.0)
    assert len(fleet._gone)
    end = 1.0 + LEASE + ERROR_TTL + 15
    fleet.read(reading(at=end), end, end)
    take_snapshot(fleet, end)
    assert not len(fleet._gone)


# Order, loss and duplication


@given(st.lists(st.tuples(st.sampled_from(["w1", "w2", "w3"]), st.integers(1, 8)), max_size=40), st.randoms())
def test_in_any_order_with_any_loss_and_duplication_one_heartbeat_makes_it_right(
    arrivals: list[tuple[str, int]], random: Any
) -> None:
    def history(worker_id: str, seq: int) -> RawReport:
        key = f"web:{worker_id}"
        rows = [session(key, ["thinking", "streaming", "waiting_for_user"][seq % 3])] if seq % 4 else []
        gone = () if rows else (ended(key),)
        return report(seq, record(worker_id, *rows, ended=gone), at=seq * 0.1)

    fleet = fleet_with()
    random.shuffle(arrivals)
    for worker_id, seq in arrivals:
        fleet.hear(history(worker_id, seq), 1.0)
    for worker_id in ("w1", "w2", "w3"):
        fleet.hear(history(worker_id, 9), 2.0)
    direct = fleet_with(*(history(worker_id, 9) for worker_id in ("w1", "w2", "w3")), at=2.0)
    assert states(fleet, 2.0) == states(direct, 2.0)
