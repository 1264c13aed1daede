"""Pure: the sessions of one group in one state: how many they are, and since when the oldest is in it.

A session that leaves stays in the heap until it comes up, or until most of the heap have left. So the oldest is found
without a look at the others, and to come or to go costs the logarithm of their number.
"""

from hashlib import blake2b
from heapq import heapify, heappop, heappush
from typing import Final

import orjson

from agent_status_gateway.state.deadlines import NEVER
from agent_status_gateway.state.fold.row import HASH_BYTES
from agent_status_publisher.contract.wire import SessionState

SPARE_SESSIONS: Final = 64
"""Sessions that have left that the heap may have, beside one for each that is there."""


class Counted:
    """One session as it is counted, since the moment at which its state began."""

    __slots__ = ("count", "has_left", "start")

    def __init__(self, count: "Count", start: float) -> None:
        self.count = count
        self.start = start
        self.has_left = False

    def __lt__(self, other: "Counted") -> bool:
        """Test whether it is older."""
        return self.start < other.start


class Count:
    """The sessions of one group in one state. Moments are seconds on the replica's monotonic clock."""

    __slots__ = ("_heap", "hash", "sessions", "state")

    def __init__(self, state: SessionState) -> None:
        self.state = state
        self.sessions = 0
        self.hash = 0
        """The part of the summary's id that their number makes."""
        self._heap: list[Counted] = []

    def add(self, start: float) -> Counted:
        """Count a session whose state began at this moment."""
        counted = Counted(self, start)
        heappush(self._heap, counted)
        self.sessions += 1
        return counted

    def remove(self, counted: Counted) -> None:
        """Count a session no more."""
        counted.has_left = True
        self.sessions -= 1
        if len(self._heap) > 2 * self.sessions + SPARE_SESSIONS:
            self._heap = [one for one in self._heap if not one.has_left]
            heapify(self._heap)

    @property
    def oldest(self) -> float:
        """The earliest moment at which the state of a session began; infinity without any."""
        heap = self._heap
        while heap and heap[0].has_left:
            heappop(heap)
        return heap[0].start if heap else NEVER


def count_hash(by: str, group: str | None, state: SessionState, sessions: int) -> int:
    """Hash what makes a count news; no sessions are as if there were no count."""
    if not sessions:
        return 0
    text = orjson.dumps((by, group, state._value_, sessions))
    return int.from_bytes(blake2b(text, digest_size=HASH_BYTES).digest())
