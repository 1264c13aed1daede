"""Workers that Redis does not know any more: a wipe, an older copy, a hash that has ended."""

import pytest

from chaos.workers.reports import reading, report
from tests.support.builders.fleets import HEARTBEAT, LEASE, fleet_with, lost_at, one_session, states


# fleet: Rule 4
def test_a_wipe_of_redis_shows_nothing_before_the_lease_ends_and_no_loss_after() -> None:
    fleet = fleet_with(report(1, one_session()))
    fleet.read(reading(at=5.0), 5.0, 5.0)
    assert states(fleet, LEASE) == {"web:1": "thinking"}, "until Redis has been asked"
    lost_at(fleet, LEASE)
    assert states(fleet, LEASE) == {}


# fleet: Rule 4
def test_a_worker_that_redis_has_lost_has_a_heartbeat_and_a_second_to_report_again() -> None:
    fleet = fleet_with(report(1, one_session()))
    fleet.read(reading(at=LEASE), LEASE, LEASE)
    assert states(fleet, LEASE + HEARTBEAT + 0.9) == {"web:1": "thinking"}
    lost_at(fleet, LEASE + HEARTBEAT + 1.0)
    assert states(fleet, LEASE + HEARTBEAT + 1.0) == {}


def test_a_worker_that_joined_while_redis_was_being_read_is_not_missing_from_it() -> None:
    fleet = fleet_with()
    fleet.hear(report(1, one_session()), 3.1)
    fleet.read(reading(at=3.0), 3.0, 3.2)
    assert not fleet.workers[0].is_vanished


def test_a_worker_of_which_redis_has_an_older_report_again_is_not_forgotten() -> None:
    fleet = fleet_with(report(1, one_session()))
    fleet.hear(report(2, one_session("streaming")), 1.0)
    fleet.read(reading(at=5.0), 5.0, 5.0)
    fleet.read(reading(report(1, one_session()), at=6.0), 6.0, 6.0)
    assert not fleet.workers[0].is_vanished
    assert states(fleet, 6.0) == {"web:1": "streaming"}


def test_a_worker_that_is_back_in_redis_is_not_forgotten() -> None:
    fleet = fleet_with(report(1, one_session()))
    fleet.read(reading(at=5.0), 5.0, 5.0)
    fleet.read(reading(report(1, one_session()), at=6.0), 6.0, 6.0)
    lost_at(fleet, LEASE, report(1, one_session()))
    assert states(fleet, LEASE) == {"web:1": "error"}


def test_a_worker_that_redis_never_had_is_kept_for_its_lease_and_no_longer() -> None:
    fleet = fleet_with()
    fleet.hear(report(1, one_session()), 0.0)
    fleet.read(reading(at=LEASE - 1), LEASE - 1, LEASE - 1)
    lost_at(fleet, LEASE)
    assert states(fleet, LEASE) == {}


# fleet: Rule 4
@pytest.mark.parametrize("late_seconds", [-1.0, 0.0, 5.0])
def test_a_worker_whose_hash_has_ended_in_time_has_no_grace(late_seconds: float) -> None:
    """Its TTL was over, so Redis has lost nothing. By seconds, its report may seem to be younger than it is."""
    fleet = fleet_with(report(1, one_session()))
    ends_at = fleet.workers[0].report.record.ttl_ms / 1000 - late_seconds
    fleet.outage_began(1.0)
    fleet.outage_ended(ends_at, 0.5)
    fleet.read(reading(at=ends_at), ends_at, ends_at)
    assert states(fleet, ends_at) == {}
