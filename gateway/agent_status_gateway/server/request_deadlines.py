"""Deadlines by which each connection must have sent a whole request, without a timer for each.

All connections have the same time, so the first to start is the first to be late. Each second, a look at the head of
a queue is enough.
"""

import asyncio
from collections.abc import Callable, Hashable
from typing import Final, Generic, TypeVar

LOOK_SECONDS: Final = 1.0
"""Seconds between two looks at the queue."""

T = TypeVar("T", bound=Hashable)


class Deadlines(Generic[T]):
    """When each connection's request is due; `on_late` is called with each connection that is late.

    Args:
        seconds: The time from `start` to the deadline; a call may come one second later.
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
        """Start the time of a connection, unless it runs already."""
        if connection in self._due:
            return
        self._due[connection] = self._loop.time() + self._seconds
        if not self._is_looking:
            self._is_looking = True
            self._loop.call_later(LOOK_SECONDS, self._look)

    def stop(self, connection: T) -> None:
        """Stop the time of a connection whose request has arrived, or that has closed."""
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
