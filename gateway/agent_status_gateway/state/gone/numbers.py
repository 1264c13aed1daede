"""Pure: the numbers of workers that are gone, so that no late report revives one of them.

A number is remembered for as long as Redis keeps the worker's report.
"""

from collections.abc import Container, Iterable
from typing import Final

from agent_status_gateway.state.deadlines import Deadlines

MAX_GONE: Final = 100_000
"""Maximum gone workers whose numbers are remembered. Anyone who can write to Redis can invent any number."""


class GoneWorkers:
    """The number of the last report that counted, by worker."""

    def __init__(self) -> None:
        self._numbers: dict[str, tuple[int, float]] = {}  # worker id → (seq, until when)
        self._deadlines = Deadlines()

    def __len__(self) -> int:
        return len(self._numbers)

    def seq(self, worker_id: str) -> int:
        """The remembered number; -1 without one."""
        return self._numbers.get(worker_id, (-1, 0.0))[0]

    def remember(self, worker_id: str, seq: int, until: float) -> None:
        """Remember a number until this moment. The oldest is dropped if there are too many."""
        if len(self._numbers) >= MAX_GONE:
            self.forget(next(iter(self._numbers)))
        self._numbers[worker_id] = (seq, until)
        self._deadlines.set(worker_id, until)

    def forget(self, worker_id: str) -> None:
        """Forget a number: the worker is there again."""
        self._numbers.pop(worker_id, None)
        self._deadlines.remove(worker_id)

    def pass_(self, now: float, stored: Container[str]) -> None:
        """Forget the numbers whose time is over, but not those of workers that Redis still has."""
        while (worker_id := self._deadlines.take_due(now)) is not None:
            if worker_id not in stored:
                self._numbers.pop(worker_id, None)

    def not_stored(self, worker_ids: Iterable[str]) -> None:
        """Note that Redis does not have these workers any more."""
        for worker_id in worker_ids:
            if worker_id in self._numbers:
                self._deadlines.set(worker_id, self._numbers[worker_id][1])
