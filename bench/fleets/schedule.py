"""Pure: which workers report when, and which have a change to report.

Rule 1. Changes are spread evenly over time, and over workers in turn. Each leads to a report of its worker at once, as
        the publisher does it: but a worker reports at most ten times a second, and a later report has all changes.
Rule 2. A worker that has not reported for `report_seconds` reports again. The first ones are spread evenly over it.
"""

import heapq
from typing import Final

MIN_INTERVAL_SECONDS: Final = 0.1
"""Seconds from one report of a worker to the next, at least: the publisher's."""


class Schedule:
    """When `workers` workers report, from `now` on. Times are seconds on one clock of the caller's.

    Args:
        report_seconds: Rule 2; infinite for workers that are silent unless something changes.
        changes_per_second: Of all workers together.
        min_interval_seconds: Rule 1's, where more than ten reports a second are to be measured.
    """

    def __init__(
        self,
        workers: int,
        now: float,
        *,
        report_seconds: float = float("inf"),
        changes_per_second: float = 0.0,
        min_interval_seconds: float = MIN_INTERVAL_SECONDS,
    ) -> None:
        self.changes = 0
        self._workers = workers
        self._began_at = now
        self._report_seconds = report_seconds
        self._changes_per_second = changes_per_second
        self._min_interval_seconds = min_interval_seconds
        self._reported_at = [float("-inf")] * workers
        self._due = [(now + report_seconds * (worker + 1) / workers, worker) for worker in range(workers)]
        if report_seconds == float("inf"):
            self._due = []
        heapq.heapify(self._due)
        self._due_at = {worker: due_at for due_at, worker in self._due}

    @property
    def next_at(self) -> float:
        """When somebody has something to do next."""
        return min(self._change_at(self.changes), self._due[0][0] if self._due else float("inf"))

    def take_changes(self, now: float) -> list[int]:
        """The workers that have a change each, in turn, since the last time that this was asked."""
        changed = []
        while self._change_at(self.changes) <= now:
            worker = self.changes % self._workers
            changed.append(worker)
            self._wake(worker, max(now, self._reported_at[worker] + self._min_interval_seconds))
            self.changes += 1
        return changed

    def take_reports(self, now: float) -> list[int]:
        """The workers whose report is due; they count as having reported now."""
        due = []
        while self._due and self._due[0][0] <= now:
            at, worker = heapq.heappop(self._due)
            if self._due_at.get(worker) != at:
                continue  # it was woken earlier
            due.append(worker)
            self._reported_at[worker] = now
            del self._due_at[worker]
            if self._report_seconds != float("inf"):
                # From when it was due: those that are late together do not stay together.
                missed = (now - at) // self._report_seconds
                self._wake(worker, at + (missed + 1) * self._report_seconds)
        return due

    def _change_at(self, number: int) -> float:
        if not self._changes_per_second:
            return float("inf")
        return self._began_at + (number + 1) / self._changes_per_second

    def _wake(self, worker: int, at: float) -> None:
        if at < self._due_at.get(worker, float("inf")):
            self._due_at[worker] = at
            heapq.heappush(self._due, (at, worker))
