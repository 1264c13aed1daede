"""What dashboards, probes and workers see when Redis forgets, refuses, hangs, dies or comes back."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from chaos.faults.fault import FAULTS, ordinary
from chaos.faults.servers import be_away, keep_forgetting_the_scripts, lose_subscriptions
from chaos.stage import Stage
from chaos.terms import QUICK


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with ordinary(QUICK, False) as made:
        yield made


@pytest.fixture(scope="module")
def patient_stage() -> Iterator[Stage]:
    """Its leases outlast the second in which a replica finds out that Redis takes no writes."""
    with ordinary(replace(QUICK, lease_seconds=QUICK.heartbeat_seconds + 3), False) as made:
        yield made


def slow(name: str) -> Any:
    return pytest.param(name, marks=pytest.mark.slow)


@contextmanager
def stage_of(name: str) -> Iterator[Stage]:
    """The one that a fault wants."""
    with FAULTS[name].setting(QUICK, False) as made:
        yield made


def test_subscriptions_that_are_killed_repeatedly_show_no_wrong_snapshot_and_recover_within_a_second(
    stage: Stage,
) -> None:
    assert lose_subscriptions(stage, seconds=1).snapshot_seconds < 1.2


@pytest.mark.slow
def test_thirty_seconds_of_killed_subscriptions_show_no_wrong_snapshot(stage: Stage) -> None:
    FAULTS["subscriptions-killed"].suffer(stage)


def test_nobody_notices_that_the_scripts_are_flushed(stage: Stage) -> None:
    FAULTS["scripts-flushed"].suffer(stage)


def test_nobody_notices_that_the_scripts_are_flushed_between_their_load_and_their_call(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with ordinary(QUICK, False) as stage:
        keep_forgetting_the_scripts(stage, seconds=0.8)
    assert "feed lost" not in caplog.text, "a replica has noticed"


def test_a_subscriber_that_redis_drops_for_its_buffer_is_right_again_within_a_second(stage: Stage) -> None:
    FAULTS["subscriber-dropped"].suffer(stage)


def test_everything_flushed_under_load_does_not_flicker_and_is_back_within_a_heartbeat(stage: Stage) -> None:
    FAULTS["redis-flushed"].suffer(stage)


@pytest.mark.parametrize("name", ["redis-restarted-empty", slow("redis-restarted-whole")])
def test_a_restart_of_redis_does_not_flicker_and_is_right_within_a_heartbeat_and_a_second(name: str) -> None:
    with stage_of(name) as stage:
        FAULTS[name].suffer(stage)


@pytest.mark.parametrize("name", ["redis-oom", slow("redis-readonly"), "redis-noauth"])
@pytest.mark.slow
def test_a_redis_that_refuses_makes_replicas_not_ready_with_the_reason_and_loses_nobody(
    patient_stage: Stage, name: str
) -> None:
    FAULTS[name].suffer(patient_stage)


@pytest.mark.slow
def test_a_redis_that_loads_makes_replicas_not_ready_with_the_reason_and_loses_nobody() -> None:
    with stage_of("redis-loading") as stage:
        FAULTS["redis-loading"].suffer(stage)


@pytest.mark.slow
def test_while_redis_is_away_the_last_snapshot_is_served_and_workers_stay_small(stage: Stage) -> None:
    assert be_away(stage, seconds=2).snapshot_seconds < 3


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_two_minutes_without_redis_change_nothing_and_are_made_good_within_three_seconds(stage: Stage) -> None:
    FAULTS["redis-away"].suffer(stage)


def test_a_stopped_redis_is_noticed_within_five_seconds_and_costs_nobody_anything(stage: Stage) -> None:
    FAULTS["redis-half-open"].suffer(stage)


@pytest.mark.slow
def test_a_network_that_drops_packets_is_noticed_within_five_seconds_and_costs_nobody_anything() -> None:
    with stage_of("redis-cut-off") as stage:
        FAULTS["redis-cut-off"].suffer(stage)
