"""Pure: when the next report is due.

Rule 1. The first change after a quiet time is due at once. Later ones are limited to ten reports and about 256 KB a
        second. None waits longer than a heartbeat, so that a long report does not cost its worker the lease.
Rule 2. When nothing was written for a heartbeat, the same report is due again.
Rule 3. After a failed or unanswered report the next one is due in 0.5 s, which grows to min(2 s, heartbeat) with
        jitter. After a refused one it is due at once.
"""

from collections.abc import Callable
from typing import Final

MIN_INTERVAL_SECONDS: Final = 0.1
BYTES_PER_SECOND: Final = 256 * 1024
FIRST_RETRY_SECONDS: Final = 0.5
LAST_RETRY_SECONDS: Final = 2.0


class Pace:
    """The pace of a worker's reports. Times are seconds on its monotonic clock; `jitter` draws from [0, 1)."""

    def __init__(self, heartbeat_seconds: float, jitter: Callable[[], float]) -> None:
        self._heartbeat_seconds = heartbeat_seconds
        self._jitter = jitter
        self._not_before = float("-inf")
        self._heartbeat_at = float("-inf")
        self._failures = 0

    def due_at(self, *, has_news: bool) -> float:
        """The time at which the next report is due."""
        if has_news or self._failures:
            return self._not_before
        return max(self._not_before, self._heartbeat_at)

    def took(self, started_at: float, size_bytes: int) -> None:
        """Note that Redis has taken the report begun at `started_at`."""
        self._failures = 0
        interval = max(MIN_INTERVAL_SECONDS, size_bytes / BYTES_PER_SECOND)
        self._not_before = started_at + min(interval, self._heartbeat_seconds)
        self._heartbeat_at = started_at + self._heartbeat_seconds

    def failed(self, now: float) -> None:
        """Note that a report has failed or was not answered."""
        longest = min(LAST_RETRY_SECONDS, self._heartbeat_seconds)
        delay = min(FIRST_RETRY_SECONDS * 2 ** min(self._failures, 8), longest)
        self._failures += 1
        self._not_before = now + delay * (0.75 + 0.25 * self._jitter())

    def refused(self, now: float) -> None:
        """Note that a report was refused for its number. The next one is due at once."""
        self._not_before = self._heartbeat_at = now
