"""The ways a client is at work from the beginning of its block to the end: in a thread, or at a socket."""

import contextlib
import socket
import threading
from abc import ABC, abstractmethod
from types import TracebackType
from typing import Final, Self

END_SECONDS: Final = 20.0
"""Seconds that a thread may take to end."""


class Watcher(ABC):
    """A thread that works until the end of the block, or until `close`."""

    def __init__(self, name: str) -> None:
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> None:
        """Begin the work."""
        self._thread.start()

    def close(self) -> None:
        """End the work, and wait for the thread."""
        self._end()
        if self._thread.is_alive():
            self._thread.join(END_SECONDS)

    @abstractmethod
    def _end(self) -> None:
        """Have the thread end."""

    @abstractmethod
    def _run(self) -> None:
        """Work, in the thread."""


class SteadyWatcher(Watcher):
    """A thread that does one thing again and again, with a pause before each."""

    def __init__(self, name: str, pause_seconds: float) -> None:
        super().__init__(name)
        self._pause_seconds = pause_seconds
        self._over = threading.Event()

    def _end(self) -> None:
        self._over.set()

    def _run(self) -> None:
        while not self._over.wait(self._pause_seconds):
            self._turn()

    @abstractmethod
    def _turn(self) -> None:
        """Do the one thing."""


class SocketWatcher(Watcher):
    """A thread that takes in all bytes of a connection until one of the two sides ends it."""

    def __init__(self, name: str, connection: socket.socket) -> None:
        super().__init__(name)
        self._socket = connection
        self.has_ended = False

    def close(self) -> None:
        super().close()
        self._socket.close()

    def _end(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def _run(self) -> None:
        with contextlib.suppress(OSError):
            while received := self._socket.recv(65536):
                self._take(received)
        self.has_ended = True

    @abstractmethod
    def _take(self, received: bytes) -> None:
        """Take in some bytes, in the thread."""
