"""A fleet that looks at every worker each time: the truth about who is lost or forgotten, and what is due when.

It keeps no deadline, and of gone workers a plain table.
"""

from typing_extensions import override

from agent_status_gateway.state.deadlines import NEVER
from agent_status_gateway.state.fleet import Fleet
from agent_status_gateway.state.known_worker import KnownWorker


class ScanningFleet(Fleet):
    """The fleet's rules 1, 3, 4 and 6, once more, without a heap."""

    def __init__(self) -> None:
        super().__init__()
        self._numbers: dict[str, tuple[int, float]] = {}  # worker id → (seq, until when)

    @override
    def judge(self, now: float) -> None:
        if self.has_outage:
            return
        for known in self.workers:
            if known.is_live and self._read_asked_at >= known.judged_at(self._grace_from):
                if known.is_vanished:
                    self._drop(known)
                    continue
                known.is_lost = True
            if not known.is_live and now >= known.remains_end_at:
                self._drop(known)
        for worker_id, (_, until) in tuple(self._numbers.items()):
            if until <= now and worker_id not in self._stored:
                del self._numbers[worker_id]

    @override
    def known_seq(self, worker_id: str) -> int:
        known = self.worker(worker_id)
        return known.report.seq if known else self._numbers.get(worker_id, (-1, 0.0))[0]

    @override
    def wants_reading(self, now: float) -> bool:
        return not self.has_outage and any(
            known.is_live and self._read_asked_at < known.judged_at(self._grace_from) <= now for known in self.workers
        )

    @override
    def next_deadline(self, now: float) -> float:
        if self.has_outage:
            return NEVER
        moments = [
            known.judged_at(self._grace_from) if known.is_live else known.remains_end_at for known in self.workers
        ]
        return min((moment for moment in moments if moment > now), default=NEVER)

    def next_expiry(self, now: float) -> float:
        """The first moment after `now` at which a session's time is over; infinity if none."""
        if self.has_outage:
            return NEVER
        moments = [known.expires_at(session) for known in self.workers for session in known.report.record.sessions]
        return min((moment for moment in moments if moment > now), default=NEVER)

    def _drop(self, known: KnownWorker) -> None:
        del self._workers[known.report.record.id]
        self._numbers[known.report.record.id] = (known.report.seq, known.hash_ends_at)
