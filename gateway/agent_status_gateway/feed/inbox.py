"""Pure: reports that came and have not been looked at: the newest of each worker.

Before it comes the feed, after it the fleet. While a window is open no snapshot is taken, and of several reports of one
worker only the newest will count in the next one. So the others are never parsed, which saves most of the work under
constant change.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from agent_status_publisher.contract.reading import Known
from agent_status_publisher.contract.wire import RawReport


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A report and when it came (seconds on the replica's monotonic clock)."""

    report: RawReport
    came_at: float
    has_displaced: bool
    """True when an older report was dropped for this one, which is missed if this one cannot be parsed."""


MAX_WAITING_BYTES: Final = 64 * 1024 * 1024
"""The inbox is full when its reports take more than this many bytes."""
SHORT_BYTES: Final = 128 * 1024
"""Bytes of reports that are looked at in about two milliseconds."""
REPORT_BYTES: Final = 500
"""Bytes that a report takes beside its record, about."""


class Inbox:
    """At most one report for each worker. The pipeline empties it when it is full."""

    def __init__(self) -> None:
        self._unread: OrderedDict[str, Unread] = OrderedDict()
        self._waiting_bytes = 0

    def __len__(self) -> int:
        return len(self._unread)

    @property
    def is_short(self) -> bool:
        """True when its reports can be looked at without holding the event loop."""
        return self._waiting_bytes <= SHORT_BYTES

    @property
    def is_full(self) -> bool:
        """True when the inbox must be drained even though a window is open.

        Anyone who can write to Redis can invent any number of workers.
        """
        return self._waiting_bytes > MAX_WAITING_BYTES

    def put(self, report: RawReport, came_at: float) -> None:
        """Keep a report that came at this moment, unless a newer one of its worker is there."""
        other = self._unread.get(report.worker_id)
        if other is None or report.seq > other.report.seq:
            self._waiting_bytes += REPORT_BYTES + len(report.record)
            self._waiting_bytes -= REPORT_BYTES + len(other.report.record) if other else 0
            self._unread[report.worker_id] = Unread(report=report, came_at=came_at, has_displaced=other is not None)

    def take(self) -> Unread | None:
        """Take out the report that has waited longest; None if there is none."""
        if not self._unread:
            return None
        _, unread = self._unread.popitem(last=False)
        self._waiting_bytes -= REPORT_BYTES + len(unread.report.record)
        return unread

    def newer_reports(self, known_seq: Callable[[str], int]) -> Known:
        """The reports that wait and are newer than the known ones, so that a reading need not bring them."""
        return {
            worker_id: unread.report.stamp
            for worker_id, unread in self._unread.items()
            if unread.report.seq > known_seq(worker_id)
        }
