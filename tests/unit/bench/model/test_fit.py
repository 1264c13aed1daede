"""The fit finds what points were made of, and its rows are read back."""

import pytest

from bench.model.fit import MISSES, Coefficients, Measured, coefficients_of, fit, model_rows, stored_coefficients
from bench.model.load import Load

TRUTH = Coefficients(
    cpu=(5000.0, 10.0, 0.1, 2.0, 60.0, 1.5, 40.0),
    redis=(3000.0, 30.0, 0.5, 10.0, 0.2),
    memory=(60_000.0, 9.0, 2.0, 0.5),
    output=(500.0, 200.0, 140.0),
)
LOADS = [
    Load(clients=clients, events=events, sessions=sessions, workers=workers, reports=reports, taken=taken, changes=n)
    for clients, events, sessions, workers, reports, taken, n in (
        (0, 0, 1, 1, 2, 2, 0),
        (100, 2, 1, 1, 2, 2, 2),
        (8000, 2, 1, 1, 2, 2, 2),
        (10, 1, 1000, 10, 2, 2, 1),
        (500, 1, 1000, 10, 2, 2, 1),
        (10, 1, 10_000, 100, 20, 20, 1),
        (0, 1, 100_000, 1000, 1000, 1000, 1000),
        (0, 1, 100_000, 1000, 200, 200, 0),
        (0, 1, 1000, 1000, 1000, 1000, 0),
        (0, 1, 1000, 10, 100, 10, 100),
    )
]


def points() -> list[Measured]:
    return [TRUTH.predict(load) for load in (*LOADS, *(more_replicas(load) for load in LOADS))]


def more_replicas(load: Load) -> Load:
    names = ("clients", "events", "sessions", "workers", "reports", "taken", "changes")
    return Load(replicas=4, **{name: getattr(load, name) for name in names})


def test_an_exact_model_is_found_again() -> None:
    found = fit(points())
    for name in ("cpu", "redis", "memory", "output"):
        assert getattr(found, name) == pytest.approx(getattr(TRUTH, name), rel=1e-3), name


def test_its_rows_are_read_back_and_say_how_far_they_miss() -> None:
    rows = list(model_rows(points()))
    found = coefficients_of([row.as_dict() for row in rows])
    assert found.cpu == pytest.approx(TRUTH.cpu, rel=1e-3)
    assert all(row.high < 0.1 for row in rows if row.measure == MISSES)


def test_a_result_without_a_part_is_refused() -> None:
    rows = [row.as_dict() for row in model_rows(points()) if row.measure != "a report"]
    with pytest.raises(KeyError, match="a report"):
        coefficients_of(rows)


def test_the_stored_result_has_all_coefficients() -> None:
    stored = stored_coefficients()
    assert min(*stored.cpu, *stored.redis, *stored.memory, *stored.output) >= 0
