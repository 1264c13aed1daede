"""When a report was written, if this process was stopped or Redis's clock was stepped."""

import pytest

from agent_status_gateway.state.fleet import Fleet
from agent_status_publisher.contract.wire import RawReport
from chaos.workers.reports import reading, record, report, session
from tests.support.builders.fleets import HEARTBEAT, LEASE, fleet_with, lost_at, one_session, row, states, take_snapshot


def go_on(fleet: Fleet, stopped_at: float, now: float, *stored: RawReport, redis_ahead: float = 0.0) -> None:
    """Do what the pipeline does when its process goes on: the outage ends, and everything is read."""
    fleet.outage_began(now)
    fleet.outage_ended(now, now - stopped_at)
    fleet.read(reading(*stored, at=now + redis_ahead), now, now)


def test_a_report_that_waited_while_this_process_was_stopped_is_as_old_as_redis_says() -> None:
    fleet = fleet_with(report(1, one_session()))
    waited = report(2, one_session(), at=5.0)
    fleet.hear(waited, 13.0)
    go_on(fleet, 1.0, 13.0, waited)
    assert row(take_snapshot(fleet, 13.0))["duration_seconds"] == 8.0
    lost_at(fleet, 5.0 + LEASE, waited)
    assert states(fleet, 5.0 + LEASE) == {"web:1": "error"}


def test_a_report_that_waited_and_that_redis_has_lost_is_as_old_as_its_stamp_says() -> None:
    fleet = fleet_with(report(1, one_session()))
    fleet.hear(report(2, one_session(), at=5.0), 13.0)
    go_on(fleet, 1.0, 13.0)
    assert row(take_snapshot(fleet, 13.0))["duration_seconds"] == 8.0


def test_an_error_that_waited_expires_when_its_worker_meant_it_to() -> None:
    failed = report(2, record("w1", session("web:1", "error", error="boom", expires_ms=10_000)), at=5.0)
    fleet = fleet_with(report(1, one_session()))
    fleet.hear(failed, 13.0)
    go_on(fleet, 1.0, 13.0, failed)
    assert states(fleet, 14.9) == {"web:1": "error"}
    assert states(fleet, 15.0) == {}


def test_a_report_that_waited_keeps_its_age_when_rediss_clock_was_stepped_during_the_stop() -> None:
    fleet = fleet_with(report(1, one_session()))
    waited = report(2, one_session(), at=5.0)
    fleet.hear(waited, 6.0)
    go_on(fleet, 3.0, 6.0, waited, redis_ahead=600.0)
    assert row(take_snapshot(fleet, 6.0))["duration_seconds"] == 1.0


def test_a_report_that_waited_is_not_older_than_the_stop_whatever_its_stamp_says() -> None:
    fleet = fleet_with(report(1, one_session()))
    waited = report(2, one_session(), at=-600.0)
    fleet.hear(waited, 6.0)
    go_on(fleet, 3.0, 6.0, waited)
    assert row(take_snapshot(fleet, 6.0))["duration_seconds"] == 3.0


def test_a_report_that_came_before_this_process_was_stopped_is_not_dated_again() -> None:
    known = report(1, one_session())
    fleet = fleet_with(known)
    go_on(fleet, 3.0, 6.0, known, redis_ahead=600.0)
    assert row(take_snapshot(fleet, 6.0))["duration_seconds"] == 6.0


def test_a_newer_report_that_is_read_was_not_written_before_an_older_one_whatever_rediss_clock_says() -> None:
    fleet = fleet_with(report(1, one_session()))
    missed = report(2, one_session("streaming"), at=5.0)
    for now in (6.0, 6.1):
        fleet.read(reading(missed, at=now + 600.0), now, now)
        assert states(fleet, now) == {"web:1": "streaming"}


def test_a_newcomer_that_is_read_was_not_there_at_the_last_reading_whatever_rediss_clock_says() -> None:
    fleet = fleet_with()
    missed = report(1, one_session(), at=5.0)
    for now in (6.0, 6.1):
        fleet.read(reading(missed, at=now + 600.0), now, now)
        assert states(fleet, now) == {"web:1": "thinking"}


def test_after_a_failover_a_worker_of_an_older_copy_is_not_a_newcomer() -> None:
    fleet = fleet_with(report(1, record("w2", session("web:2")), at=20.0), at=20.0)
    go_on(fleet, 20.5, 21.0, report(1, one_session(), at=0.0), report(1, record("w2", session("web:2")), at=20.0))
    assert states(fleet, 21.0)["web:1"] == "error"


def test_a_stop_of_a_second_or_less_dates_only_the_reports_that_came_during_it() -> None:
    fleet = fleet_with(report(1, one_session()))
    fleet.hear(report(2, one_session(), at=HEARTBEAT), HEARTBEAT)
    go_on(fleet, HEARTBEAT + 0.1, HEARTBEAT + 0.6, report(2, one_session(), at=HEARTBEAT), redis_ahead=600.0)
    assert row(take_snapshot(fleet, HEARTBEAT + 1))["duration_seconds"] == 1.0


def test_a_report_that_may_be_from_before_a_step_or_after_it_is_taken_for_the_later() -> None:
    fleet = fleet_with()
    fleet.redis_clock.tick(reading(at=9.0).time_ms, 9.0, 9.0)
    fleet.read(reading(report(1, one_session(), at=9.9), at=10.5), 10.0, 10.0)
    assert row(take_snapshot(fleet, 10.0))["duration_seconds"] == pytest.approx(0.1, abs=0.01)


def test_a_report_is_not_overridden_by_a_lower_number_that_may_have_been_written_before_it() -> None:
    fleet = fleet_with()
    fleet.redis_clock.tick(reading(at=9.0).time_ms, 9.0, 9.0)
    fleet.hear(report(7, one_session("streaming"), at=9.7), 9.7)
    fleet.read(reading(report(6, one_session("thinking"), at=9.9), at=10.5), 10.0, 10.0)
    assert states(fleet, 10.0) == {"web:1": "streaming"}


def test_a_newcomer_whose_stamp_nothing_explains_was_not_written_before_the_last_reading() -> None:
    fleet = fleet_with()
    fleet.read(reading(report(1, one_session(), at=0.9 - 3.0), at=1.0 - 70.0), 1.0, 1.0)
    assert row(take_snapshot(fleet, 1.0))["duration_seconds"] <= 1.0


def test_reports_that_waited_are_dated_again_one_a_step() -> None:
    fleet = fleet_with()
    fleet.outage_began(1.0)
    for number in range(3):
        fleet.hear(report(1, one_session(worker_id=f"w{number}"), at=5.0), 13.0)
    fleet.outage_ended(13.0, 12.0)
    steps = fleet.read_in_steps(reading(at=13.0), 13.0, 13.0)
    assert [sum(known.moment == 5.0 for known in fleet.workers) for _ in steps] == [1, 2, 3]
