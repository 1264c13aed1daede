"""The page on the cost model says the coefficients that the simulation reckons with."""

from pathlib import Path

import pytest

from bench.model.fit import stored_coefficients
from bench.model.load import CPU_PARTS, MEMORY_PARTS, OUTPUT_PARTS, REDIS_PARTS

PAGE = Path(__file__).parents[4] / "docs" / "explanation" / "cost-model.md"
STORED = stored_coefficients()


@pytest.mark.parametrize(
    ("heading", "parts", "values"),
    [
        ("a replica's CPU, µs", CPU_PARTS, STORED.cpu),
        ("a replica's memory, KiB", MEMORY_PARTS, STORED.memory),
        ("Redis's CPU, µs", REDIS_PARTS, STORED.redis),
        ("Redis's output, bytes", OUTPUT_PARTS, STORED.output),
    ],
)
def test_the_page_says_the_stored_coefficients(heading: str, parts: tuple[str, ...], values: tuple[float, ...]) -> None:
    text = PAGE.read_text("utf-8")
    _, found, rest = text.partition(f"| {heading} | |\n")
    assert found, heading
    lines = rest.splitlines()[1 : 1 + len(parts)]
    assert lines == [f"| {part} | {value:,.3g} |" for part, value in zip(parts, values, strict=True)]
