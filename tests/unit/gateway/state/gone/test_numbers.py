"""The numbers of workers that are gone."""

import pytest

from agent_status_gateway.state.gone import numbers as module
from agent_status_gateway.state.gone.numbers import GoneWorkers


def test_a_number_is_remembered_until_its_time_is_over() -> None:
    numbers = GoneWorkers()
    numbers.remember("w1", 7, 10.0)
    numbers.pass_(9.9, set())
    assert numbers.seq("w1") == 7
    numbers.pass_(10.0, set())
    assert numbers.seq("w1") == -1


def test_a_number_is_remembered_for_as_long_as_redis_has_the_worker() -> None:
    numbers = GoneWorkers()
    numbers.remember("w1", 7, 10.0)
    numbers.pass_(20.0, {"w1"})
    assert numbers.seq("w1") == 7
    numbers.not_stored(["w1", "w2"])
    numbers.pass_(20.0, set())
    assert numbers.seq("w1") == -1
    assert len(numbers) == 0


def test_a_worker_that_is_there_again_has_no_remembered_number() -> None:
    numbers = GoneWorkers()
    numbers.remember("w1", 7, 10.0)
    numbers.forget("w1")
    assert numbers.seq("w1") == -1


def test_no_stranger_fills_the_memory_with_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_GONE", 3)
    numbers = GoneWorkers()
    for number in range(5):
        numbers.remember(f"w{number}", 1, 10.0)
    assert [numbers.seq(f"w{number}") for number in range(5)] == [-1, -1, 1, 1, 1]
