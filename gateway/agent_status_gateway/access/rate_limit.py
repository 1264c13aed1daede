"""Pure: how often an address may ask. One that asks more often is told when it may again.

A token bucket for each: as many requests as a second has room for may come at once, and then as they come in again.
"""

from collections.abc import Callable
from typing import Final

MAX_ADDRESSES: Final = 10_000
"""That are remembered; who asked longest ago is forgotten first, and is as good as new."""


class Rate:
    """Requests of each address.

    Args:
        per_second: How many; None is any number.
        clock: Monotonic seconds.
    """

    def __init__(self, per_second: float | None, clock: Callable[[], float]) -> None:
        self._per_second = per_second
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}  # address → (requests left, when)

    def seconds_until_next(self, address: str) -> float:
        """0 for a request that may be answered, which is counted; else when there will be room for one."""
        if self._per_second is None:
            return 0.0
        now, most = self._clock(), max(1.0, self._per_second)
        left, at = self._buckets.pop(address, (most, now))
        left = min(most, left + (now - at) * self._per_second)
        if len(self._buckets) >= MAX_ADDRESSES:
            del self._buckets[next(iter(self._buckets))]
        is_one_too_many = left < 1.0
        self._buckets[address] = (left if is_one_too_many else left - 1.0, now)
        return (1.0 - left) / self._per_second if is_one_too_many else 0.0
