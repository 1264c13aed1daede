"""Pure: the sessions of one group in one state: how many they are, and since when the oldest is in it.

A session that leaves stays in the heap until it comes up, or until most of the heap have left. So the oldest is found
without a look at the others, and to come or to go costs the logarithm of their number.
"""

from collections.abc import Mapping
from heapq import heapify, heappop, heappush
from typing import Final

import orjson

from agent_status_gateway.state.deadlines import NEVER
from agent_status_gateway.state.text_hash import text_hash
from agent_status_publisher.contract.wire import SessionState

SPARE_SESSIONS: Final = 64
"""Sessions that have left that the heap may have, beside one for each that is there."""


Counted = tuple[float, str, str | None, str]
"""One session as it is counted: when its state began, its key, its group and the name of its state.

It is a plain tuple of plain values, since the collector of cycles does not visit those, and each session has one.
"""


class Count:
    """The sessions of one group in one state. Moments are seconds on the replica's monotonic clock.

    `all_counted` has each session of the summary as it is counted now, by key. What is in the heap but not there, has
    left.
    """

    __slots__ = ("_all_counted", "_heap", "hash", "sessions", "state")

    def __init__(self, state: SessionState, all_counted: Mapping[str, Counted]) -> None:
        self.state = state
        self.sessions = 0
        self.hash = 0
        """The part of the summary's id that their number makes."""
        self._all_counted = all_counted
        self._heap: list[Counted] = []

    def add(self, counted: Counted) -> None:
        """Count a session."""
        heappush(self._heap, counted)
        self.sessions += 1

    def remove(self) -> None:
        """Count one session less, which is not among all that are counted any more."""
        self.sessions -= 1
        if len(self._heap) > 2 * self.sessions + SPARE_SESSIONS:
            self._heap = [one for one in self._heap if self._is_there(one)]
            heapify(self._heap)

    @property
    def oldest(self) -> float:
        """The earliest moment at which the state of a session began; infinity without any."""
        heap = self._heap
        while heap and not self._is_there(heap[0]):
            heappop(heap)
        return heap[0][0] if heap else NEVER

    def _is_there(self, counted: Counted) -> bool:
        return self._all_counted.get(counted[1]) is counted


def count_hash(by: str, group: str | None, state: SessionState, sessions: int) -> int:
    """Hash what makes a count news; no sessions are as if there were no count."""
    if not sessions:
        return 0
    text = orjson.dumps((by, group, state._value_, sessions))
    return text_hash(text)
