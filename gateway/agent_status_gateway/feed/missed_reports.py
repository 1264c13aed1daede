"""Pure: which workers are heard only by reading Redis, and not on the channel.

A user without the right to the channel, or a proxy that drops PUBLISH, costs nobody the picture, only its speed: a
change is seen with the next reading. That is worth a word to the operator, and no alarm.
"""

from collections.abc import Callable
from typing import Final

from agent_status_publisher.contract.wire import Reading

ARRIVAL_MS: Final = 250
"""What was written longer ago than this, and is news all the same, has not come on the channel."""
MISSED_REPORTS: Final = 2
"""In readings on end, of one worker: a word that is lost once is no silence."""


class MissedReports:
    """Bounded by the workers in the last reading."""

    def __init__(self) -> None:
        self._missed: dict[str, int] = {}

    @property
    def workers(self) -> int:
        """How many workers the channel is silent about."""
        return sum(reports >= MISSED_REPORTS for reports in self._missed.values())

    def heard(self, worker_id: str) -> None:
        """A word of this worker has come on the channel."""
        self._missed.pop(worker_id, None)

    def read(self, reading: Reading, known_seq: Callable[[str], int]) -> None:
        """A reading came; `known_seq` gives the number of the newest word that is known of a worker."""
        missed: dict[str, int] = {}
        for report in reading.reports:
            reports = self._missed.get(report.worker_id, 0)
            skipped = report.seq - known_seq(report.worker_id)
            # One word alone may still be on its way, and readings may keep step with heartbeats.
            if skipped > 1 or (skipped == 1 and reading.time_ms - report.at_ms > ARRIVAL_MS):
                reports += 1
            if reports:
                missed[report.worker_id] = reports
        self._missed = missed

    def forget(self) -> None:
        """The channel begins anew."""
        self._missed.clear()
