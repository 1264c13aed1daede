"""One line of a result."""

from dataclasses import dataclass
from statistics import quantiles


@dataclass(frozen=True, slots=True)
class Row:
    """Many samples of one thing, as their median and 99th percentile."""

    what: str
    median: float
    p99: float
    unit: str

    @classmethod
    def of(cls, what: str, samples: list[float], unit: str) -> "Row":
        """Sum up the samples; with few of them, the 99th percentile is the worst."""
        ordered = sorted(samples)
        cuts = quantiles(ordered, n=100, method="inclusive") if len(ordered) > 1 else ordered * 99
        return cls(what, cuts[49], cuts[98], unit)
