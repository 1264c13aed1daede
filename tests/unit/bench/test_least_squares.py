"""Coefficients of a linear model."""

import pytest

from bench.least_squares import least_squares, least_squares_above_zero


def test_an_exact_model_is_found_again() -> None:
    inputs = [(1.0, 2.0), (1.0, 5.0), (1.0, 9.0)]
    assert least_squares(inputs, [2 + 3 * x for _, x in inputs]) == pytest.approx([2, 3])


def test_a_coefficient_that_would_be_below_zero_counts_for_nothing() -> None:
    inputs = [(1.0, 0.0), (1.0, 1.0), (1.0, 2.0)]
    outputs = [4.0, 3.9, 3.8]
    assert least_squares(inputs, outputs)[1] < 0
    assert least_squares_above_zero(inputs, outputs) == pytest.approx([3.9, 0], rel=0.01)


def test_a_column_without_any_value_counts_for_nothing() -> None:
    assert least_squares_above_zero([(1.0, 0.0), (2.0, 0.0)], [3.0, 6.0]) == pytest.approx([3, 0])
