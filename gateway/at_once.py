"""Coroutines that wait for nothing, run like a function."""

from collections.abc import Coroutine
from typing import Any


def run_at_once(coroutine: Coroutine[Any, Any, None]) -> None:
    """Run it to its end.

    Raises:
        RuntimeError: It waits for something.
    """
    try:
        coroutine.send(None)
    except StopIteration:
        return
    coroutine.close()
    raise RuntimeError(f"{coroutine!r} waits for something")
