"""The one virtual time that workers, Redis and replicas share: what is to happen, in order, and nothing between."""

import heapq
from collections.abc import Callable
from itertools import count


class Timeline:
    """Callable; seconds. Nothing waits: time goes on when a test says so, from one event to the next."""

    def __init__(self) -> None:
        self.now = 1000.0
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = count()

    def __call__(self) -> float:
        return self.now

    def after(self, seconds: float, do: Callable[[], None]) -> None:
        heapq.heappush(self._events, (self.now + seconds, next(self._numbers), do))

    def pass_(self, seconds: float) -> None:
        until = self.now + seconds
        while self._events and self._events[0][0] <= until:
            self.now, _, do = heapq.heappop(self._events)
            do()
        self.now = until
