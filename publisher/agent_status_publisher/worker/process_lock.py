"""The one lock of this process's workers, and of the bridges that feed them, until the process ends.

There is one, since a finalizer may call either in the middle of a call to the other: two locks would be taken in both
orders. The lock is reentrant for the same reason, and for signal handlers. While it is held, no code of the agent runs,
and there is no I/O.

An interpreter that shuts down still runs finalizers, but no threads. A thread that is started then never runs (before
Python 3.12, `Thread.start` waits for it for ever). A thread that was ended keeps its locks. So once the last goodbye
has begun, every call returns at once: it starts nothing and waits for nothing.
"""

import os
import threading


class _Process:
    """The state that is new in each process.

    A child that is forked at the end of its parent is at its end, too, since its exit calls no handler.
    """

    lock = threading.RLock()
    # An import in the main thread after that thread has ended comes from an atexit callback or a finalizer. A handler
    # that is registered with atexit now is not called any more, so there would be no goodbye. (If nothing has imported
    # threading until then, its end cannot be seen, and such a worker is lost when its lease expires.)
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
    """Make a new lock, since a thread of the parent, which does not run here, may hold the old one for ever."""
    _Process.lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
