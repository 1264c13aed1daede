"""Pure: the ends that one view tells, those of the newest sessions first.

Rule 1. An end is told until it is older than the view asks for. It stays a part of the id for as long as it is known:
        growing old is not news, since readers know how old it is. That it is forgotten is news.
Rule 2. If there are many, only the newest are told.
"""

from collections.abc import Callable, Iterable
from heapq import nsmallest
from itertools import islice
from typing import Final

from agent_status_gateway.state.ends.index import End, EndsIndex
from agent_status_gateway.state.steps import Steps

MAX_TOLD: Final = 1000
"""The most ends that a view tells."""
STEP_ENDS: Final = 1000
"""Ends that are looked at in one step."""


class ToldEnds:
    """The ends that a view tells.

    Args:
        seconds: The most seconds since the end of a session that is told.
        shows: A function that tests whether an end is in the view.
        count: A function that adds a number to the sum of the view's id.
    """

    __slots__ = ("_by_key", "_count", "_seconds", "_shows")

    def __init__(self, seconds: int, shows: Callable[[End], bool], count: Callable[[int], None]) -> None:
        self._seconds = seconds
        self._shows = shows
        self._count = count
        self._by_key: dict[str, End] = {}

    def __len__(self) -> int:
        return len(self._by_key)

    def fill(self, index: EndsIndex, keys: Iterable[str] | None = None) -> Steps[None]:
        """Find the ends among all that are told, or among those of some keys. They must not change during it."""
        told = index.told
        for number, key in enumerate(told if keys is None else keys, 1):
            if (end := told.get(key)) is not None:
                self.put(key, end)
            if not number % STEP_ENDS:
                yield

    def put(self, key: str, end: End | None) -> bool:
        """Note the end of a key, or that it has none now; True if that concerns this view."""
        before = self._by_key.get(key)
        if end is not None and not self._shows(end):
            end = None
        if end is before:
            return False
        if end is None:
            del self._by_key[key]
        else:
            self._by_key[key] = end
        was, is_now = 0 if before is None else before.hash, 0 if end is None else end.hash
        if was != is_now:
            self._count(is_now - was)
        return True

    def newest(self, now: float, keys: Iterable[str] | None = None) -> Steps[list[bytes]]:
        """The ends at this moment as JSON, or those of some keys; the newest first."""
        since = now - self._seconds
        by_key = self._by_key
        ends = iter(by_key.values()) if keys is None else (by_key[key] for key in keys if key in by_key)
        newest: list[End] = []
        while some := list(islice(ends, STEP_ENDS)):
            newest = nsmallest(MAX_TOLD, [*newest, *(end for end in some if end.ended_at >= since)], key=_age)
            yield
        return [end.json(now) for end in newest]


def _age(end: End) -> tuple[int, str]:
    return -end.ended_at_ms, end.key
