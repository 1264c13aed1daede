"""Pure: reports to rows. Before it comes the fleet, which says which reports count; after it the frame.

Rule 1. A worker is looked at again only if the fleet has touched it: its report is another one, it was lost or it was
        forgotten. Of its sessions, only those that show something else are decided again. The others only grow older,
        which their rows see in the report.
Rule 2. A key with several claims is decided again with each report of a worker that claims it: what counts may change
        by the claims' moments alone (claims.py).
Rule 3. A session whose time is over (an error, a question) is decided again when that moment comes.
Rule 4. A state that began again between two reports, and shows the same, is found by its age, which has not grown by
        the time between the two. If a worker's reports are not as late any more as they were, all its states began at
        another moment than was known.
"""

from collections.abc import Iterable

from agent_status_gateway.state.deadlines import NEVER, Deadlines
from agent_status_gateway.state.ends.said import SaidEnds, said_by
from agent_status_gateway.state.fleet import Fleet
from agent_status_gateway.state.fold.changed import changed_sessions, redated_sessions
from agent_status_gateway.state.fold.claims import claims_to, is_end, winner
from agent_status_gateway.state.fold.folded_rows import RESTART_SECONDS, FoldedRows
from agent_status_gateway.state.fold.row import Source, details_of, shown_of
from agent_status_gateway.state.fold.rows import Rows
from agent_status_gateway.state.fold.schema import GlobalStatus
from agent_status_gateway.state.known_worker import KnownWorker
from agent_status_gateway.state.steps import Steps


def said_of(worker_id: str, fleet: Fleet) -> SaidEnds | None:
    """Return what a worker says of ends, or had said before it was gone; None if nothing is known of it."""
    known = fleet.worker(worker_id)
    return fleet.kept.get(worker_id) if known is None else said_by(known)


class Fold:
    """The rows of the snapshot, and what the global status counts."""

    def __init__(self) -> None:
        self.rows = FoldedRows()
        self._sources: dict[str, Source] = {}  # the workers, as they were folded
        self._claimants: dict[str, str | set[str]] = {}  # key → the worker that claims it, or several
        self._contested: dict[str, set[str]] = {}  # worker → the keys that others claim as well
        self._expiries = Deadlines()  # by worker
        self._capacities: dict[str, int] = {}  # of live workers
        self._capacity = 0
        self._starts = Deadlines()  # of live workers

    @property
    def next_expiry(self) -> float:
        """The moment at which the next session's time is over; infinity if none's is limited."""
        return self._expiries.earliest

    def global_status(self, rows: Rows, now: float, holders: Iterable[Source] | None = None) -> GlobalStatus:
        """These rows as a whole, which are all or a part of the fold's, at this moment.

        Only the live ones of these workers are counted, or all live workers if None are given.
        """
        capacity, started_at = self._capacity, self._starts.earliest
        if holders is not None:
            live = [source.known for source in holders if source.known.is_live]
            capacity = sum(known.report.record.max_concurrent for known in live)
            started_at = min((known.started_at for known in live), default=now)
        return {
            "state": rows.state,
            "active_sessions": len(rows),
            "max_concurrent": capacity,
            "uptime_seconds": int(now - min(started_at, now)),
        }

    def update(self, fleet: Fleet, now: float) -> Steps[None]:
        """Bring the rows up to date, a worker a step. The fleet has been judged at this moment."""
        expired_before = fleet.shown_at(now)
        while (worker_id := fleet.take_touched()) is not None:
            self._fold(worker_id, fleet.worker(worker_id), expired_before)
            if self.rows.ends is not None:
                self.rows.ends.take(worker_id, said_of(worker_id, fleet))
            yield
        while (worker_id := self._expiries.take_due(expired_before)) is not None:
            known = self._sources[worker_id].known
            for session in known.expiring:
                if known.expires_at(session) <= expired_before:
                    self._decide(session.key, expired_before)
            self._set_expiry(worker_id, known, expired_before)
            yield

    def _fold(self, worker_id: str, known: KnownWorker | None, expired_before: float) -> None:
        source = self._sources.get(worker_id)
        before = None if source is None else source.known
        if known is None:
            self._sources.pop(worker_id, None)
            self._expiries.remove(worker_id)
        elif source is None or source.known.report.record.host != known.report.record.host:
            self._sources[worker_id] = Source(known, self.rows.by_key)
        else:
            source.known = known
        self._count(worker_id, known)
        for key in self._touched_keys(worker_id, known, before, expired_before):
            if known is not None and (key in known.places or key in known.ended):
                self._claim(key, worker_id)
            else:
                self._unclaim(key, worker_id)
            self._decide(key, expired_before)
        if known is not None:
            self._set_expiry(worker_id, known, expired_before)
            if before is not None:
                self._note_starts(self._sources[worker_id], before)

    def _touched_keys(
        self, worker_id: str, known: KnownWorker | None, before: KnownWorker | None, expired_before: float
    ) -> set[str]:
        """The keys of a worker that may show something else than before."""
        if known is None or before is None or known.is_lost or before.is_lost:
            return {key for one in (known, before) if one is not None for key in (*one.places, *one.ended)}
        record, record_before = known.report.record, before.report.record
        if record.labels != record_before.labels or record.host != record_before.host:
            return {*known.places, *before.places, *known.ended, *before.ended}
        touched = {session.key for session in changed_sessions(known, before)}
        touched.update(self._contested.get(worker_id, ()))
        if known.places is not before.places:
            touched.update(before.places.keys() - known.places.keys())
        if known.ended or before.ended:
            touched.update(known.ended.keys() ^ before.ended.keys())
            touched.update(known.ended.keys() & known.places.keys())
            touched.update(before.ended.keys() & before.places.keys())
        shown = self.rows.by_key
        for session in known.expiring:
            is_over = known.expires_at(session) <= expired_before
            if is_over is (session.key in shown):
                touched.add(session.key)
        for session in before.expiring:  # its time may have been over, and have no end now
            if session.key not in shown:
                touched.add(session.key)
        return touched

    def _note_starts(self, source: Source, before: KnownWorker) -> None:
        shown, known = self.rows.by_key, source.known
        keys: Iterable[str] = known.places
        if abs(known.late_seconds - source.noted_late) > RESTART_SECONDS:
            source.noted_late = known.late_seconds
        else:
            keys = redated_sessions(known, before)
        for key in keys:
            row = shown.get(key)
            if row is not None and row.source is source:
                self.rows.note_moments(row)

    def _decide(self, key: str, expired_before: float) -> None:
        """Show for a key what its claims come to."""
        claimants = self._claimants.get(key)
        if claimants is None:
            self.rows.hide(key)
            return
        ids = (claimants,) if isinstance(claimants, str) else claimants
        claims = claims_to(key, [self._sources[worker_id].known for worker_id in ids])
        claim = claims[0] if len(claims) == 1 else winner(claims, expired_before)
        if claim.session is None or is_end(claim, expired_before):
            self.rows.hide(key)
        else:
            session, known = claim.session, claim.known
            self.rows.show(key, shown_of(session, known), self._sources[claim.worker_id], details_of(session, known))

    def _claim(self, key: str, worker_id: str) -> None:
        claimants = self._claimants.setdefault(key, worker_id)
        if claimants == worker_id:
            return
        if isinstance(claimants, str):
            self._contested.setdefault(claimants, set()).add(key)
            claimants = self._claimants[key] = {claimants}
        claimants.add(worker_id)
        self._contested.setdefault(worker_id, set()).add(key)

    def _unclaim(self, key: str, worker_id: str) -> None:
        claimants = self._claimants.get(key)
        if claimants == worker_id:
            del self._claimants[key]
        elif isinstance(claimants, set):
            claimants.discard(worker_id)
            self._settle(key, worker_id)
            if len(claimants) == 1:
                self._claimants[key] = last = claimants.pop()
                self._settle(key, last)

    def _settle(self, key: str, worker_id: str) -> None:
        """Note that a key is not contested any more, as far as this worker goes."""
        contested = self._contested.get(worker_id, set())
        contested.discard(key)
        if not contested:
            self._contested.pop(worker_id, None)

    def _set_expiry(self, worker_id: str, known: KnownWorker, expired_before: float) -> None:
        if not known.expiring:
            self._expiries.remove(worker_id)
            return
        moments = [known.expires_at(session) for session in known.expiring]
        self._expiries.set(worker_id, min((m for m in moments if m > expired_before), default=NEVER))

    def _count(self, worker_id: str, known: KnownWorker | None) -> None:
        """Count the capacity and the start of a worker if it is live."""
        if known is not None and known.is_live:
            capacity = known.report.record.max_concurrent
            self._capacity += capacity - self._capacities.get(worker_id, 0)
            self._capacities[worker_id] = capacity
            self._starts.set(worker_id, known.started_at)
        else:
            self._capacity -= self._capacities.pop(worker_id, 0)
            self._starts.remove(worker_id)
