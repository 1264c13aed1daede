"""What an event of a view costs, and rows of samples."""

import pytest

from bench.scenarios.views.spent import Spent, rows_of


def test_an_event_costs_what_was_used_for_all() -> None:
    spent = Spent(cpu_us=50_000.0, seconds=10.0, events=5000.0, bytes=2_000_000.0)
    assert spent.event_us() == pytest.approx(10.0)
    assert spent.cpu == pytest.approx(0.5)
    assert spent.bytes_of_event == pytest.approx(400.0)


def test_what_the_gateway_takes_anyway_is_taken_off_for_the_same_time() -> None:
    alone = Spent(cpu_us=10_000.0, seconds=5.0)
    assert Spent(cpu_us=50_000.0, seconds=10.0, events=1000.0).event_us(alone) == pytest.approx(30.0)


def test_without_an_event_nothing_is_divided_by_zero() -> None:
    assert Spent(cpu_us=1.0, seconds=1.0).event_us() == pytest.approx(1.0)
    assert Spent(cpu_us=1.0, seconds=1.0).bytes_of_event == 0.0


def test_a_row_has_a_sample_a_round() -> None:
    rows = list(rows_of("some", [{"CPU": 1.0, "events": 2.0}, {"CPU": 3.0, "events": 4.0}], {"CPU": "%", "events": ""}))
    assert [(row.subject, row.measure, row.unit, row.samples) for row in rows] == [
        ("some", "CPU", "%", (1.0, 3.0)),
        ("some", "events", "", (2.0, 4.0)),
    ]
