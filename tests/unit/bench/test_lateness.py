"""Probes that could not be made count as well."""

import pytest

from bench.probes.lateness import late_probes


@pytest.mark.parametrize(
    ("late_seconds", "expected"),
    [(0.0, [0.0]), (0.004, [0.004]), (0.025, [0.025, 0.015, 0.005])],
)
def test_each_probe_that_was_due_during_a_wait_is_late_by_its_own_share(
    late_seconds: float, expected: list[float]
) -> None:
    assert list(late_probes(late_seconds, 0.01)) == pytest.approx(expected)
