"""This process as a worker, from its start to its goodbye: one outbox, the lock around it, the thread that tells it."""

import functools
import os
import queue
import re
import secrets
import socket
import threading
from collections.abc import Callable
from typing import ClassVar

from publisher.flusher import Flusher, Teller
from publisher.outbox import Identity, Outbox
from publisher.report import Reporter
from publisher.settings import Settings


class Worker:
    """What session handles share. A handle of a worker that is gone (closed, or its parent's in a fork) does nothing.

    The lock is reentrant, since a signal handler or a finalizer may call us in the middle of a call.
    """

    outbox_type: ClassVar[type[Outbox]] = Outbox

    def __init__(
        self, settings: Settings, reporter: Reporter, teller: Callable[[], Teller] | None, clock: Callable[[], float]
    ) -> None:
        self.lock = threading.RLock()
        # SimpleQueue.put is reentrant and never blocks: it is how the thread hears of news.
        wakes: queue.SimpleQueue[None] = queue.SimpleQueue()
        self.outbox = self.outbox_type(_identity(), settings, clock, functools.partial(wakes.put, None))
        self.reporter = reporter
        self.gone = False
        self._flusher = None if teller is None else Flusher(self.outbox, self.lock, wakes, teller, reporter)

    def start(self) -> None:
        """Begin to tell Redis; the first word says that this worker is here."""
        if self._flusher is not None:
            self._flusher.start()

    def flush(self, timeout_seconds: float) -> bool:
        """Wait until Redis has all that was said before; False if that took too long."""
        return self._flusher is None or self._flusher.wait_until_told(timeout_seconds)

    def leave(self, timeout_seconds: float) -> None:
        """Say goodbye: open sessions end, those in error stay until they expire."""
        if self.gone:
            return
        self.gone = True
        if self._flusher is not None:
            self._flusher.leave(timeout_seconds)

    def abandon(self) -> None:
        """Forget a worker of the parent process: its thread is not here, and its lock may be held for ever."""
        self.gone = True
        self.lock = threading.RLock()


def _identity() -> Identity:
    host = socket.gethostname()
    name = re.sub(r"[^A-Za-z0-9.-]+", "-", host)[:64] or "host"
    pid = os.getpid()
    return Identity(id=f"{name}-{pid}-{secrets.token_hex(4)}", host=host, pid=pid)
