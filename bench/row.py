"""One line of a result: samples of one measure of one subject."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from statistics import median, quantiles
from typing import Any


@dataclass(frozen=True, slots=True)
class Row:
    """Samples are one a round; what is shown is their median, and their spread. Without any, the note says why."""

    subject: str
    measure: str
    unit: str
    samples: tuple[float, ...]
    note: str = ""

    @classmethod
    def of(cls, subject: str, measure: str, unit: str, samples: Iterable[float], note: str = "") -> "Row":
        return cls(subject, measure, unit, tuple(samples), note)

    @property
    def median(self) -> float:
        return median(self.samples)

    @property
    def low(self) -> float:
        return min(self.samples)

    @property
    def high(self) -> float:
        return max(self.samples)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self) | {"median": self.median if self.samples else None}


def p50(samples: list[float]) -> float:
    return median(samples)


def p99(samples: list[float]) -> float:
    """With few samples it is the worst."""
    return quantiles(samples, n=100, method="inclusive")[98] if len(samples) > 1 else samples[0]
