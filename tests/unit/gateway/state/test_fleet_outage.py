"""What a replica shows during and after an outage, and when it must look again."""

from agent_status_gateway.state.deadlines import NEVER
from agent_status_gateway.state.fleet import Fleet
from agent_status_publisher.contract.wire import RawReport
from chaos.workers.reports import reading, record, report, session
from tests.support.builders.fleets import HEARTBEAT, LEASE, fleet_with, lost_at, one_session, row, states, take_snapshot


def outage(fleet: Fleet, since: float, until: float, *stored: RawReport) -> None:
    fleet.outage_began(since)
    fleet.outage_ended(until, until - since)
    fleet.read(reading(*stored, at=until), until, until)


# fleet: Rule 6
def test_during_an_outage_a_replica_keeps_its_snapshot_while_durations_tick() -> None:
    failed = record("w1", session("web:1", "error", error="boom", expires_ms=10_000), session("web:2"))
    fleet = fleet_with(report(1, failed))
    fleet.outage_began(5.0)
    assert states(fleet, 1000.0) == {"web:1": "error", "web:2": "thinking"}
    assert row(take_snapshot(fleet, 1000.0), "web:2")["duration_seconds"] == 1000.0
    assert not fleet.wants_reading(1000.0)
    assert fleet.next_deadline(1000.0) == NEVER


# fleet: Rule 6
def test_after_an_outage_no_worker_is_judged_for_a_heartbeat_and_a_second() -> None:
    fleet = fleet_with(report(1, one_session()))
    outage(fleet, 5.0, 100.0, report(1, one_session()))
    assert states(fleet, 100.0 + HEARTBEAT + 0.9) == {"web:1": "thinking"}
    assert not fleet.wants_reading(100.0 + HEARTBEAT + 0.9)
    lost_at(fleet, 100.0 + HEARTBEAT + 1, report(1, one_session()))
    assert states(fleet, 100.0 + HEARTBEAT + 1) == {}, "lost so long ago that its error TTL has passed, too"


def test_after_an_outage_a_worker_with_a_short_heartbeat_has_four_seconds_and_one() -> None:
    quick = one_session(lease_ms=1000, heartbeat_ms=300)
    fleet = fleet_with(report(1, quick))
    outage(fleet, 0.5, 10.0, report(1, quick))
    assert states(fleet, 14.9) == {"web:1": "thinking"}
    assert fleet.wants_reading(15.0)


def test_an_outage_of_a_second_gives_no_grace() -> None:
    fleet = fleet_with(report(1, one_session()))
    outage(fleet, LEASE - 1, LEASE, report(1, one_session()))
    take_snapshot(fleet, LEASE)
    assert states(fleet, LEASE) == {"web:1": "error"}


def test_after_a_wipe_during_an_outage_no_worker_vanishes_within_the_grace() -> None:
    fleet = fleet_with(report(1, one_session()))
    outage(fleet, 5.0, 100.0)
    assert states(fleet, 103.0) == {"web:1": "thinking"}
    fleet.hear(report(2, one_session("streaming")), 104.0)
    assert states(fleet, 110.0) == {"web:1": "streaming"}


def test_a_worker_that_was_lost_before_the_outage_stays_lost_in_the_grace() -> None:
    fleet = fleet_with(report(1, one_session()))
    lost_at(fleet, LEASE, report(1, one_session()))
    take_snapshot(fleet, LEASE)
    outage(fleet, LEASE + 1, LEASE + 5, report(1, one_session()))
    assert states(fleet, LEASE + 5) == {"web:1": "error"}


# Deadlines


def test_the_next_deadline_is_the_first_lease_to_come() -> None:
    fleet = fleet_with(report(1, one_session()), report(1, record("w2", lease_ms=12_000)))
    assert fleet.next_deadline(0.0) == 12.0
    assert fleet.next_deadline(12.0) == LEASE
    assert fleet.next_deadline(LEASE) == NEVER, "what is due waits for a reading, not for time"


def test_a_fleet_without_workers_has_no_deadline() -> None:
    assert fleet_with().next_deadline(0.0) == NEVER


def test_the_shortest_heartbeat_is_that_of_a_live_worker() -> None:
    fleet = fleet_with(report(1, one_session()), report(1, record("w2", heartbeat_ms=1000, left=True)))
    assert fleet.shortest_heartbeat_seconds == HEARTBEAT
    assert fleet_with().shortest_heartbeat_seconds is None


def test_a_reading_is_wanted_once_not_until_the_next_snapshot_is_taken() -> None:
    fleet = fleet_with(report(1, one_session()))
    assert fleet.wants_reading(LEASE)
    fleet.read(reading(report(1, one_session()), at=LEASE), LEASE, LEASE)
    assert not fleet.wants_reading(LEASE + 0.5)
