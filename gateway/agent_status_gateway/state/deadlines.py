"""Pure: the next moment at which each of many things is due, by name.

A moment that moves to later costs nothing: its old entry stays in the heap, and is looked at again when it comes up. So
a lease that each report prolongs is looked at once a lease.
"""

from heapq import heapify, heappop, heappush, heapreplace
from typing import Final

NEVER: Final = float("inf")
SPARE_ENTRIES: Final = 64
"""Entries that the heap may have beside two for each name, so that moments that only get earlier cannot fill it."""


class Deadlines:
    """Moments by name, in seconds on one clock; each name has one at most."""

    def __init__(self) -> None:
        self._moments: dict[str, float] = {}
        self._queued: dict[str, float] = {}  # name → the moment of its entry in the heap; others are outdated
        self._heap: list[tuple[float, str]] = []

    def __len__(self) -> int:
        return len(self._moments)

    def set(self, name: str, moment: float) -> None:
        """Set the moment of a name; infinity removes it."""
        if moment == NEVER:
            self.remove(name)
            return
        self._moments[name] = moment
        if moment < self._queued.get(name, NEVER):
            self._queued[name] = moment
            heappush(self._heap, (moment, name))
            if len(self._heap) > 2 * len(self._moments) + SPARE_ENTRIES:
                self._rebuild()

    def remove(self, name: str) -> None:
        """Remove a name; nothing happens if it has no moment."""
        self._moments.pop(name, None)

    @property
    def earliest(self) -> float:
        """The earliest moment of all; infinity without any."""
        heap = self._heap
        while heap:
            queued, name = heap[0]
            moment = self._moments.get(name)
            if self._queued.get(name) != queued:
                heappop(heap)
            elif moment is None:
                heappop(heap)
                del self._queued[name]
            elif moment > queued:
                self._queued[name] = moment
                heapreplace(heap, (moment, name))
            else:
                return queued
        return NEVER

    def take_due(self, now: float) -> str | None:
        """Take out the name whose moment has come first; None if none has."""
        if self.earliest > now:
            return None
        _, name = heappop(self._heap)
        del self._queued[name], self._moments[name]
        return name

    def _rebuild(self) -> None:
        self._queued = dict(self._moments)
        self._heap = [(moment, name) for name, moment in self._moments.items()]
        heapify(self._heap)
