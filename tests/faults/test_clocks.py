"""No wall clock is believed: not a worker's, not a replica's, and Redis's own only as far as it goes on."""

import pytest

from chaos.faults.fault import FAULTS
from chaos.terms import QUICK


@pytest.mark.slow
def test_a_step_of_redis_clock_changes_no_duration_and_no_lease_and_loses_nobody() -> None:
    with FAULTS["redis-clock-stepped"].setting(QUICK, False) as stage:
        FAULTS["redis-clock-stepped"].suffer(stage)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["clocks-stepped", "redis-clock-stepped"])
def test_steps_of_wall_clocks_on_and_back_change_no_duration_and_no_lease_and_lose_nobody(name: str) -> None:
    with FAULTS[name].setting(QUICK, False) as stage:
        FAULTS[name].suffer(stage)
        FAULTS[name].suffer(stage)
