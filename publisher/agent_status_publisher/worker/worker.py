"""This process as a worker, from its start to its goodbye: one outbox, its lock, and the thread that writes it."""

import atexit
import functools
import os
import queue
import re
import secrets
import socket
import time
import weakref
from collections.abc import Callable
from typing import ClassVar, Final

from agent_status_publisher.contract.report import MAX_HOST_CHARACTERS
from agent_status_publisher.contract.text import ErrorText, clean_text
from agent_status_publisher.errors import PublisherError
from agent_status_publisher.settings import Settings
from agent_status_publisher.worker.diagnostics import Reporter
from agent_status_publisher.worker.flusher import Flusher, ReportWriter
from agent_status_publisher.worker.process_lock import end, is_over, process_lock
from agent_status_publisher.worker.sessions.outbox import Identity, Outbox

CLOSE_SECONDS: Final = 3.0


class Worker:
    """The part that session handles share.

    A handle of a worker that is gone (closed, or the parent's in a fork) does nothing.

    While the lock is held, no code of the agent runs (its `__str__`, its logging, its `on_error`), and there is no I/O.
    """

    outbox_type: ClassVar[type[Outbox]] = Outbox

    def __init__(
        self,
        settings: Settings,
        reporter: Reporter,
        writer: Callable[[], ReportWriter] | None,
        clock: Callable[[], float],
        error_text: ErrorText | None = None,
    ) -> None:
        self.error_text = error_text
        self.lock = process_lock()
        # SimpleQueue.put is reentrant and never blocks: it is how the thread is woken.
        wakes: queue.SimpleQueue[None] = queue.SimpleQueue()
        self.outbox = self.outbox_type(_identity(), settings, clock, functools.partial(wakes.put, None))
        self.reporter = reporter
        self.gone = False
        self._flusher = None if writer is None else Flusher(self.outbox, self.lock, wakes, writer, reporter)
        _made.add(self)

    def start(self) -> None:
        """Start to write to Redis. The first report announces this worker."""
        if self._flusher is None:
            return
        # This order is for a thread that starts a worker while the process ends. Either the last goodbye finds this
        # worker, or the thread finds that it has come too late.
        _started.add(self)
        if is_over():
            self._close_unstarted()
            return
        try:
            self._flusher.start()
        except RuntimeError as error:  # the interpreter is shutting down and starts no thread
            self._close_unstarted()
            self.reporter.once(PublisherError(f"the status publisher cannot start: {error}"))

    def flush(self, timeout_seconds: float) -> bool:
        """Wait until Redis has all changes before this call. False if that took too long."""
        if is_over() and self._flusher is not None:
            return self.outbox.confirmed_change >= self.outbox.last_change
        return self._flusher is None or self._flusher.wait_until_written(timeout_seconds)

    def leave(self, timeout_seconds: float) -> None:
        """Write the goodbye and wait for it. Open sessions end, and those in error stay until they expire."""
        self.gone = True
        if self in _started and self._flusher is not None:
            self._flusher.leave(timeout_seconds)
        _started.discard(self)

    def abandon(self) -> None:
        """Drop a worker of the parent process. Its thread does not run here, and its lock may be held for ever."""
        self.gone = True
        self.lock = process_lock()
        self._flusher = None

    def _close_unstarted(self) -> None:
        self.gone = True
        _started.discard(self)


# All workers, for the fork; and those without a goodbye, whether or not they are still referenced.
_made: "weakref.WeakSet[Worker]" = weakref.WeakSet()
_started: set[Worker] = set()


def _identity() -> Identity:
    host = clean_text(socket.gethostname(), MAX_HOST_CHARACTERS)
    name = re.sub(r"[^A-Za-z0-9.-]+", "-", host)[:64] or "host"
    pid = os.getpid()
    return Identity(id=f"{name}-{pid}-{secrets.token_hex(4)}", host=host, pid=pid)


def _after_fork_in_child() -> None:
    _started.clear()
    for worker in list(_made):
        worker.abandon()


def _at_exit() -> None:
    end()
    give_up_at = time.monotonic() + CLOSE_SECONDS
    try:
        for worker in list(_started):
            worker.leave(max(0.0, give_up_at - time.monotonic()))
    finally:
        _started.clear()  # a later close() must not wait for an interrupted goodbye


atexit.register(_at_exit)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
