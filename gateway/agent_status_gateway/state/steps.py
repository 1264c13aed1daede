"""Pure: work in small steps, so that others may work between two of them. `tasks.py` runs it beside the event loop."""

from collections.abc import Callable, Generator
from typing import TypeVar

Result = TypeVar("Result")
Steps = Generator[None, None, Result]
"""Work that pauses after each step. It must be run to its end, unless its docstring says otherwise."""


def at_once(steps: Steps[Result]) -> Result:
    """Run all steps, and return the result."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: Result = end.value
            return result


def timed(steps: Steps[Result], clock: Callable[[], float]) -> Steps[tuple[Result, float]]:
    """Run all steps, and return the result with the seconds that the steps took, without what was done between them."""
    seconds = 0.0
    while True:
        began_at = clock()
        try:
            next(steps)
        except StopIteration as end:
            return end.value, seconds + clock() - began_at
        seconds += clock() - began_at
        yield
