"""Pure: what each part of a load costs, by least squares over measured loads, and as rows of a stored result."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import mul
from pathlib import Path
from typing import Any, Final

from bench.least_squares import least_squares_above_zero
from bench.model.load import CPU_PARTS, MEMORY_PARTS, OUTPUT_PARTS, REDIS_PARTS, Load
from bench.row import Row

STORED: Final = Path(__file__).with_name("growth.json")
"""A result of `bench growth`, which says when and on what it was measured."""
MISSES: Final = "its misses"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A load and what it took: shares of a core in percent, MiB of the replica, bytes a second out of Redis."""

    load: Load
    cpu: float
    redis: float
    memory: float
    output: float


@dataclass(frozen=True, slots=True)
class Part:
    """What is fitted apart: its name in rows, the unit of a coefficient, and what makes the measured unit of one."""

    name: str
    parts: tuple[str, ...]
    unit: str
    per_unit: float


CPU: Final = Part("replica's CPU", CPU_PARTS, "µs", 1e4)
REDIS: Final = Part("Redis's CPU", REDIS_PARTS, "µs", 1e4)
MEMORY: Final = Part("replica's memory", MEMORY_PARTS, "KiB", 1024.0)
OUTPUT: Final = Part("Redis's output", OUTPUT_PARTS, "B", 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Coefficients:
    """What one more of each part costs, in the order of the parts."""

    cpu: tuple[float, ...]
    redis: tuple[float, ...]
    memory: tuple[float, ...]
    output: tuple[float, ...]

    def predict(self, load: Load) -> Measured:
        """What a load will take."""
        return Measured(
            load=load,
            cpu=_sum(self.cpu, load.cpu) / CPU.per_unit,
            redis=_sum(self.redis, load.redis) / REDIS.per_unit,
            memory=_sum(self.memory, load.memory) / MEMORY.per_unit,
            output=_sum(self.output, load.output) / OUTPUT.per_unit,
        )


def fit(points: Sequence[Measured]) -> Coefficients:
    """The coefficients by which the points are missed least; none is below 0."""

    def solved(inputs: list[tuple[float, ...]], outputs: list[float], part: Part) -> tuple[float, ...]:
        return tuple(part.per_unit * found for found in least_squares_above_zero(inputs, outputs))

    return Coefficients(
        cpu=solved([point.load.cpu for point in points], [point.cpu for point in points], CPU),
        redis=solved([point.load.redis for point in points], [point.redis for point in points], REDIS),
        memory=solved([point.load.memory for point in points], [point.memory for point in points], MEMORY),
        output=solved([point.load.output for point in points], [point.output for point in points], OUTPUT),
    )


def model_rows(points: Sequence[Measured]) -> Iterator[Row]:
    """The coefficients, and by how much the points are missed."""
    coefficients = fit(points)
    for part, found in _fitted(coefficients):
        for name, value in zip(part.parts, found, strict=True):
            yield Row.of(_subject(part), name, part.unit, [value])
        modelled = [getattr(coefficients.predict(point.load), _FIELDS[part.name]) for point in points]
        measured = [getattr(point, _FIELDS[part.name]) for point in points]
        misses = [100 * abs(guess / truth - 1) for guess, truth in zip(modelled, measured, strict=True)]
        yield Row.of(_subject(part), MISSES, "%", misses)


def coefficients_of(rows: Sequence[Mapping[str, Any]]) -> Coefficients:
    """The coefficients that a stored result has.

    Raises:
        KeyError: It has none of a part: an older version has stored it.
    """
    found = {(row["subject"], row["measure"]): float(row["median"]) for row in rows if row["samples"]}
    values = {
        field: tuple(found[_subject(part), name] for name in part.parts)
        for part, field in ((part, _FIELDS[part.name]) for part in (CPU, REDIS, MEMORY, OUTPUT))
    }
    return Coefficients(**values)


def stored_coefficients(path: Path = STORED) -> Coefficients:
    """Those of a file that `bench growth` has written."""
    return coefficients_of(json.loads(path.read_text("utf-8"))["rows"])


_FIELDS: Final = {CPU.name: "cpu", REDIS.name: "redis", MEMORY.name: "memory", OUTPUT.name: "output"}


def _fitted(coefficients: Coefficients) -> Iterator[tuple[Part, tuple[float, ...]]]:
    yield CPU, coefficients.cpu
    yield REDIS, coefficients.redis
    yield MEMORY, coefficients.memory
    yield OUTPUT, coefficients.output


def _subject(part: Part) -> str:
    return f"model of the {part.name}" if part in {CPU, MEMORY} else f"model of {part.name}"


def _sum(coefficients: Sequence[float], parts: Sequence[float]) -> float:
    return float(sum(map(mul, coefficients, parts)))
