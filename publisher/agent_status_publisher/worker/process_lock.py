"""The one lock of this process's workers, and of the bridges that feed them, until the process ends.

One, since a finalizer may call either in the middle of a call to the other: two locks would be taken in both orders.
Reentrant for the same reason, and for signal handlers. Nothing of the agent's runs while it is held, and no I/O.

An interpreter that goes away still runs finalizers, but no thread: one that is started then never runs (before Python
3.12, `Thread.start` waits for it for ever), and one that was ended keeps what it had locked. So once the last goodbye
has begun, every call does nothing, starts nothing and waits for nothing.
"""

import os
import threading


class _Process:
    """The state that is new in each process.

    A child that is forked at the end is at the end, too: its exit calls no handler.
    """

    lock = threading.RLock()
    # Whoever imports this in the main thread after that has ended is an atexit callback or a finalizer: what registers
    # itself with atexit now is not called any more, so there would be no goodbye. (Where nothing has imported threading
    # until then, its end cannot be seen; such a worker is lost by its lease.)
    is_over = not threading.main_thread().is_alive() and threading.current_thread() is threading.main_thread()


def process_lock() -> threading.RLock:
    """Return the lock of this process.

    At the end each caller gets its own, since an ended thread may hold it for ever.
    """
    return threading.RLock() if _Process.is_over else _Process.lock


def is_over() -> bool:
    """Return True once the last goodbye of this process has begun. Calls do nothing then."""
    return _Process.is_over


def end() -> None:
    """Begin the end of this process."""
    _Process.is_over = True


def _after_fork_in_child() -> None:
    """A thread of the parent's, which is not here, may hold it for ever."""
    _Process.lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
