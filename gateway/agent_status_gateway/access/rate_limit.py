"""Pure: how many requests an address may send, by a token bucket for each address.

The requests of one second may come at once; after that, tokens come back at the permitted rate.
"""

from collections.abc import Callable
from typing import Final

MAX_ADDRESSES: Final = 10_000
"""The most addresses that are remembered. The one whose last request is oldest is forgotten first."""


class Rate:
    """Rate limit per address.

    Args:
        per_second: The most requests per second; None means unlimited.
        clock: Monotonic seconds.
    """

    def __init__(self, per_second: float | None, clock: Callable[[], float]) -> None:
        self._per_second = per_second
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}  # address → (requests left, when)

    def seconds_until_next(self, address: str) -> float:
        """Count a request and return 0 if it may be answered; otherwise return the seconds until one may."""
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
