"""Pure: the coefficients of a linear model that fit best, by the normal equations."""

from collections.abc import Sequence


def least_squares(inputs: Sequence[Sequence[float]], outputs: Sequence[float]) -> list[float]:
    """One coefficient for each column of `inputs`. Errors are relative, so that small outputs count as well."""
    weights = [1 / output for output in outputs]
    rows = [[value * weight for value in row] for row, weight in zip(inputs, weights, strict=True)]
    size = len(rows[0])
    matrix = [[sum(row[i] * row[j] for row in rows) for j in range(size)] for i in range(size)]
    vector = [sum(row[i] for row in rows) for i in range(size)]
    return _solve(matrix, vector)


def least_squares_above_zero(inputs: Sequence[Sequence[float]], outputs: Sequence[float]) -> list[float]:
    """Fit as `least_squares` does, but with no coefficient below 0: columns that would have one count for nothing."""
    width = len(inputs[0])
    kept = [column for column in range(width) if any(row[column] for row in inputs)]
    while True:
        found = least_squares([[row[column] for column in kept] for row in inputs], outputs)
        lowest = min(range(len(kept)), key=found.__getitem__)
        if found[lowest] >= 0 or len(kept) == 1:
            whole = dict(zip(kept, found, strict=True))
            return [max(0.0, whole.get(column, 0.0)) for column in range(width)]
        del kept[lowest]


def _solve(matrix: list[list[float]], vector: list[float]) -> list[float]:
    """Gauss, with the largest pivot first."""
    size = len(vector)
    whole = [[*row, value] for row, value in zip(matrix, vector, strict=True)]
    for column in range(size):
        pivot = max(range(column, size), key=lambda row: abs(whole[row][column]))
        whole[column], whole[pivot] = whole[pivot], whole[column]
        whole[column] = [value / whole[column][column] for value in whole[column]]
        for row in range(size):
            if row != column:
                factor = whole[row][column]
                whole[row] = [mine - factor * theirs for mine, theirs in zip(whole[row], whole[column], strict=True)]
    return [row[-1] for row in whole]
