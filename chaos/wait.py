"""Waiting for what should happen, never for a fixed time."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_until(predicate: Callable[[], T], description: str, timeout_seconds: float = 20.0) -> T:
    """Wait for a true value of `predicate`, and give it; otherwise fail, and say what did not happen."""
    give_up_at = time.monotonic() + timeout_seconds
    while not (value := predicate()):
        if time.monotonic() > give_up_at:
            raise AssertionError(f"not within {timeout_seconds:g} s: {description}")
        time.sleep(0.01)
    return value


def let_pass(seconds: float) -> None:
    """Let time pass, for rules about what must not happen until then."""
    time.sleep(max(0.0, seconds))
