"""The one lock of this process's workers, and of the bridges that tell them things.

One, since a finalizer may call either in the middle of a call to the other: two locks would be taken in both orders.
Reentrant for the same reason, and for signal handlers. Nothing of the agent's runs while it is held, and no I/O.
"""

import os
import threading


class _Process:
    """What is new in each process."""

    lock = threading.RLock()


def process_lock() -> threading.RLock:
    """It, in this process."""
    return _Process.lock


def _after_fork_in_child() -> None:
    """A thread of the parent's, which is not here, may hold it for ever."""
    _Process.lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
