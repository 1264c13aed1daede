"""Connections that owe us a request: each has so long to send it whole, with no timer of its own.

All have the same time, so the first to come is the first to be late: a look at the head of a queue each second will do.
"""

import asyncio
from collections.abc import Callable, Hashable
from typing import Final, Generic, TypeVar

LOOK_SECONDS: Final = 1.0

T = TypeVar("T", bound=Hashable)


class Deadlines(Generic[T]):
    """Whose request is due when; `on_late` is told of each whose time is over.

    Args:
        seconds: From `start` on; it may be a second more.
    """

    def __init__(self, seconds: float, on_late: Callable[[T], object], loop: asyncio.AbstractEventLoop) -> None:
        self._seconds = seconds
        self._on_late = on_late
        self._loop = loop
        self._due: dict[T, float] = {}
        self._is_looking = False

    def __len__(self) -> int:
        return len(self._due)

    def start(self, connection: T) -> None:
        """It owes us a request from now on, or does so already."""
        if connection in self._due:
            return
        self._due[connection] = self._loop.time() + self._seconds
        if not self._is_looking:
            self._is_looking = True
            self._loop.call_later(LOOK_SECONDS, self._look)

    def stop(self, connection: T) -> None:
        """The request has come whole, or the connection is gone."""
        self._due.pop(connection, None)

    def _look(self) -> None:
        now = self._loop.time()
        while self._due:
            connection, due = next(iter(self._due.items()))
            if due > now:
                break
            del self._due[connection]
            self._on_late(connection)
        self._is_looking = bool(self._due)
        if self._is_looking:
            self._loop.call_later(LOOK_SECONDS, self._look)
