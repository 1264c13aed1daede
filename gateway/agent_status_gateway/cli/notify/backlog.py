"""The things that wait for one target: batches, and single ones that are looked at again later. Threads share it.

Rule 1. Batches are taken in their order. What is looked at again waits until its moment has come and no batch waits.
Rule 2. Batches and things have a limit each, in all: a target may be away for a day. What comes beyond it is dropped.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from agent_status_gateway.cli.notify.attention.gathering import Item

MOST_BATCHES: Final = 1000
"""The most batches that wait for one target."""
MOST_THINGS: Final = 50_000
"""The most things that wait for one target: in batches, and to be looked at again."""


class Backlog:
    """All that waits. `clock` gives monotonic seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._changed = threading.Condition()
        self._batches: deque[list[Item]] = deque()
        self._later: list[tuple[float, Item]] = []
        self._things = 0

    @property
    def batches(self) -> int:
        """The number of batches that wait."""
        return len(self._batches)

    def add(self, items: Sequence[Item]) -> int:
        """Take a batch, and return how many things of it are dropped."""
        with self._changed:
            room = MOST_THINGS - self._things if len(self._batches) < MOST_BATCHES else 0
            taken = list(items[:room])
            if taken:
                self._batches.append(taken)
                self._things += len(taken)
                self._changed.notify()
        return len(items) - len(taken)

    def add_later(self, item: Item, seconds: float) -> int:
        """Take a thing that is looked at again after so many seconds, and return 1 if it is dropped."""
        with self._changed:
            if self._things >= MOST_THINGS:
                return 1
            self._later.append((self._clock() + seconds, item))
            self._things += 1
        return 0

    def take(self, seconds: float) -> list[Item] | None:
        """Take the oldest batch; None if there is none for so many seconds."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._batches, seconds):
                return None
            items = self._batches.popleft()
            self._things -= len(items)
        return items

    def take_later(self) -> list[Item]:
        """Take the things whose moment has come."""
        with self._changed:
            now = self._clock()
            due = [item for moment, item in self._later if moment <= now]
            self._later = [(moment, item) for moment, item in self._later if moment > now]
            self._things -= len(due)
        return due
