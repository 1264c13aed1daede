"""Pure: what workers that are gone had ended, for as long as Redis keeps their last reports.

Rule 1. Nothing is kept of a worker without ends, nor of one that is there.
Rule 2. The ends of a worker are kept until Redis forgets its last report: a replica that starts then cannot know them.
Rule 3. They are bounded in number and in bytes. Those of the oldest reports by Redis's clock go first, on all replicas.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from agent_status_gateway.state.deadlines import NEVER, Deadlines
from agent_status_gateway.state.ends.said import SaidEnd, SaidEnds, said_by
from agent_status_gateway.state.known_worker import KnownWorker
from agent_status_publisher.contract.reading import Known
from agent_status_publisher.contract.report import KEPT_MS
from agent_status_publisher.contract.wire import Stamp

MAX_KEPT_ENDS: Final = 50_000
"""The most ends that are kept: a dozen short workers a second have fewer in 15 minutes."""
MAX_KEPT_BYTES: Final = 16 * 1024 * 1024
"""The most bytes of their texts."""


class _Kept(NamedTuple):
    stamp: Stamp
    said: SaidEnds
    size_bytes: int


class KeptWorkers:
    """The ends of workers that are gone. `touched` gets the id of each worker of which something else is kept now."""

    def __init__(self, touched: dict[str, None]) -> None:
        self._touched = touched
        self._kept: dict[str, _Kept] = {}
        self._deadlines = Deadlines()
        self._reported = Deadlines()  # when, on Redis's clock
        self._ends = 0
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._kept)

    def __iter__(self) -> Iterator[str]:
        return iter(self._kept)

    def get(self, worker_id: str) -> SaidEnds | None:
        """The ends that a worker had said before it was gone; None if nothing is kept of it."""
        kept = self._kept.get(worker_id)
        return None if kept is None else kept.said

    def known_reports(self) -> Known:
        """The last reports of these workers, which a reading need not bring."""
        return {worker_id: kept.stamp for worker_id, kept in self._kept.items()}

    def keep(self, known: KnownWorker, now: float) -> None:
        """Keep the ends of a worker that is gone."""
        worker_id, until = known.report.record.id, known.moment + KEPT_MS / 1000
        self.forget(worker_id)
        said = said_by(known)
        if not said.by_key or until <= now:
            return
        size_bytes = sum(map(_size_bytes, said.by_key.items()))
        stamp = Stamp(known.report.seq, known.report.at_ms)
        self._kept[worker_id] = _Kept(stamp, said, size_bytes)
        self._ends += len(said.by_key)
        self._bytes += size_bytes
        self._touched[worker_id] = None
        self._deadlines.set(worker_id, until)
        self._reported.set(worker_id, stamp.at_ms)
        while self._ends > MAX_KEPT_ENDS or self._bytes > MAX_KEPT_BYTES:
            self.forget(self._reported.take_due(NEVER) or worker_id)

    def forget(self, worker_id: str) -> None:
        """Forget a worker, which is there again or has no room."""
        kept = self._kept.pop(worker_id, None)
        if kept is None:
            return
        self._ends -= len(kept.said.by_key)
        self._bytes -= kept.size_bytes
        self._deadlines.remove(worker_id)
        self._reported.remove(worker_id)
        self._touched[worker_id] = None

    def pass_(self, now: float) -> None:
        """Forget the workers whose time is over."""
        while (worker_id := self._deadlines.take_due(now)) is not None:
            self.forget(worker_id)


def _size_bytes(end: tuple[str, SaidEnd]) -> int:
    """Count an end's characters, each of which takes four bytes at most."""
    key, (_, _, how) = end
    texts = [key, how.title, how.error, how.parent, *(text for label in how.labels for text in label)]
    return 4 * sum(len(text) for text in texts if text)
