"""How many requests an address may send."""

import pytest

from agent_status_gateway.access import rate_limit as rate_module
from agent_status_gateway.access.rate_limit import Rate
from tests.support.builders.clock import Clock


def answered(rate: Rate, times: int, address: str = "10.0.0.1") -> int:
    return sum(rate.seconds_until_next(address) == 0.0 for _ in range(times))


def test_a_seconds_worth_may_come_at_once_and_no_more() -> None:
    assert answered(Rate(5, Clock()), 100) == 5


def test_room_comes_back_with_time() -> None:
    clock = Clock()
    rate = Rate(5, clock)
    answered(rate, 5)
    assert rate.seconds_until_next("10.0.0.1") == pytest.approx(0.2)
    clock.pass_(0.41)
    assert answered(rate, 100) == 2
    clock.pass_(3600)
    assert answered(rate, 100) == 5


def test_a_rate_below_one_per_second_lets_one_through_now_and_then() -> None:
    clock = Clock()
    rate = Rate(0.5, clock)
    assert answered(rate, 10) == 1
    assert rate.seconds_until_next("10.0.0.1") == pytest.approx(2.0)


def test_addresses_do_not_count_for_one_another() -> None:
    rate = Rate(1, Clock())
    assert answered(rate, 3, "10.0.0.1") == 1
    assert answered(rate, 3, "10.0.0.2") == 1


def test_without_a_limit_nothing_is_counted() -> None:
    rate = Rate(None, Clock())
    assert answered(rate, 10_000) == 10_000
    assert rate._buckets == {}


def test_the_oldest_addresses_are_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_module, "MAX_ADDRESSES", 10)
    rate = Rate(1, Clock())
    for number in range(100):
        rate.seconds_until_next(f"10.0.0.{number}")
    assert len(rate._buckets) == 10
    assert "10.0.0.99" in rate._buckets
