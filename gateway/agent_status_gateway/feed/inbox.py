"""Pure: words that came and have not been looked at: the newest of each worker.

Before it comes the feed, after it the fleet. While a window is open nobody looks at the picture, and of several words
of one worker only the newest will count when somebody does. So the others are never parsed, which is most of the work
under constant change.
"""

from dataclasses import dataclass
from typing import Final

from agent_status_publisher.contract.wire import RawReport


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A word and when it came (seconds on the replica's monotonic clock)."""

    report: RawReport
    came_at: float
    has_displaced: bool
    """Whether an older word of this worker was thrown away for it, which is missed if this one cannot be parsed."""


MAX_WAITING_BYTES: Final = 64 * 1024 * 1024
REPORT_BYTES: Final = 500
"""That a word takes beside its record, about."""


class Inbox:
    """Bounded by one word for each worker, and by whoever empties it when it is full."""

    def __init__(self) -> None:
        self._unread: dict[str, Unread] = {}
        self._waiting_bytes = 0

    @property
    def is_full(self) -> bool:
        """Whether it is time to look, window or not: there may be more workers than there are."""
        return self._waiting_bytes > MAX_WAITING_BYTES

    def put(self, report: RawReport, now: float) -> None:
        """Keep it, unless a newer one of its worker is there."""
        other = self._unread.get(report.worker_id)
        if other is None or report.seq > other.report.seq:
            self._waiting_bytes += REPORT_BYTES + len(report.record)
            self._waiting_bytes -= REPORT_BYTES + len(other.report.record) if other else 0
            self._unread[report.worker_id] = Unread(report=report, came_at=now, has_displaced=other is not None)

    def take(self) -> tuple[Unread, ...]:
        """All of them, for once."""
        unread = tuple(self._unread.values())
        self._unread.clear()
        self._waiting_bytes = 0
        return unread
