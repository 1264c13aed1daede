"""Pure: work in small steps, so that others may work between two of them. `tasks.py` runs it beside the event loop."""

from collections.abc import Generator
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
