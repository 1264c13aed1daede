"""Pure: workers whose reports come only by reading Redis, and not on the channel.

A user without the right to the channel, or a proxy that drops PUBLISH, only makes the snapshot late: a change is seen
with the next reading. The log and `/readyz` name it; it is not an alarm.
"""

from collections.abc import Callable
from typing import Final

from agent_status_publisher.contract.reading import Reading

ARRIVAL_MS: Final = 250
"""A report that was written more milliseconds ago, and is not known, has not come on the channel."""
MIN_READINGS: Final = 2
"""Readings in a row that must bring reports which the channel missed: one lost report is not enough."""


class MissedReports:
    """Missed reports by worker, bounded by the workers in the last reading."""

    def __init__(self) -> None:
        self._missed: dict[str, int] = {}

    @property
    def workers(self) -> int:
        """Number of workers whose reports the channel does not bring."""
        return sum(readings >= MIN_READINGS for readings in self._missed.values())

    def heard(self, worker_id: str) -> None:
        """Note that the channel has brought a report of this worker."""
        self._missed.pop(worker_id, None)

    def read(self, reading: Reading, known_seq: Callable[[str], int]) -> None:
        """Compare a reading with `known_seq`, the number of the newest report that is known of a worker."""
        missed: dict[str, int] = {}
        for report in reading.reports:
            readings = self._missed.get(report.worker_id, 0)
            skipped = report.seq - known_seq(report.worker_id)
            # One report alone may still be on its way, and readings may keep step with heartbeats.
            if skipped > 1 or (skipped == 1 and reading.time_ms - report.at_ms > ARRIVAL_MS):
                readings += 1
            if readings:
                missed[report.worker_id] = readings
        missed |= {worker_id: readings for worker_id, readings in self._missed.items() if worker_id in reading.same}
        self._missed = missed

    def forget(self) -> None:
        """Forget all, since the subscription is a new one."""
        self._missed.clear()
