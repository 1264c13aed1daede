"""Pure: reports to rows. Before it comes the fleet, which says which reports count; after it the frame.

Rule 1. A worker is looked at again only if the fleet has touched it: its report is another one, it was lost or it was
        forgotten. Of its sessions, only those that show something else get another row.
Rule 2. A key that one worker claims, and once, takes the short way. A key with several claims is decided again with
        each report of a worker that claims it: what counts may change by the claims' moments alone (claims.py).
Rule 3. A session whose time is over (an error, a question) is decided again when that moment comes.
"""

from typing import Final

from agent_status_gateway.state.deadlines import NEVER, Deadlines
from agent_status_gateway.state.fleet import Fleet
from agent_status_gateway.state.fold.claims import claims_to, is_end, winner
from agent_status_gateway.state.fold.row import shown_of
from agent_status_gateway.state.fold.rows import Rows
from agent_status_gateway.state.fold.schema import GlobalStateName, GlobalStatus
from agent_status_gateway.state.known_worker import KnownWorker
from agent_status_gateway.state.steps import Steps

TEXTS: Final = slice(4, 9)
"""The fields of a `SessionRecord` that its row shows beside its state: from the title to the tokens."""


class Fold:
    """The rows of the snapshot, and what the global status counts."""

    def __init__(self) -> None:
        self.rows = Rows()
        self._workers: dict[str, KnownWorker] = {}  # as they were folded
        self._claimants: dict[str, str | set[str]] = {}  # key → the worker that claims it, or several
        self._expiries = Deadlines()  # by worker
        self._capacities: dict[str, int] = {}  # of live workers
        self._capacity = 0
        self._starts = Deadlines()  # of live workers

    @property
    def next_expiry(self) -> float:
        """The moment at which the next session's time is over; infinity if none's is limited."""
        return self._expiries.earliest

    def global_status(self, now: float) -> GlobalStatus:
        """The fleet as a whole, at this moment."""
        state: GlobalStateName = "idle"
        if self.rows:
            state = "degraded" if self.rows.in_error else "active"
        return {
            "state": state,
            "active_sessions": len(self.rows),
            "max_concurrent": self._capacity,
            "uptime_seconds": int(now - min(self._starts.earliest, now)),
        }

    def update(self, fleet: Fleet, now: float) -> Steps[None]:
        """Bring the rows up to date, a worker a step. The fleet has been judged at this moment."""
        expired_before = fleet.shown_at(now)
        while (worker_id := fleet.take_touched()) is not None:
            self._fold(worker_id, fleet.worker(worker_id), expired_before)
            yield
        while (worker_id := self._expiries.take_due(expired_before)) is not None:
            known = self._workers[worker_id]
            for session in known.report.record.sessions:
                if known.expires_at(session) <= expired_before:
                    self._decide(session.key, expired_before)
            self._set_expiry(worker_id, known, expired_before)
            yield

    def _fold(self, worker_id: str, known: KnownWorker | None, expired_before: float) -> None:
        before = self._workers.pop(worker_id, None)
        if known is None:
            self._expiries.remove(worker_id)
        else:
            self._workers[worker_id] = known
        self._count(worker_id, known)
        if before is not None:
            for key in (*before.sessions, *before.ended):
                if known is None or (key not in known.sessions and key not in known.ended):
                    self._unclaim(key, worker_id)
                    self._decide(key, expired_before)
        if known is not None:
            self._fold_sessions(worker_id, known, before, expired_before)
            self._fold_ended(worker_id, known, before, expired_before)
            self._set_expiry(worker_id, known, expired_before)

    def _fold_sessions(
        self, worker_id: str, known: KnownWorker, before: KnownWorker | None, expired_before: float
    ) -> None:
        moment, ended, claimants, rows = known.moment, known.ended, self._claimants, self.rows.by_key
        sessions_before = {} if before is None or before.is_lost or known.is_lost else before.sessions
        for key, session in known.sessions.items():
            if claimants.get(key) != worker_id:
                self._claim(key, worker_id)
            elif (
                (session_before := sessions_before.get(key)) is not None
                and session.state is session_before.state
                and session[TEXTS] == session_before[TEXTS]
                and (session.expires_ms is None or moment + session.expires_ms / 1000 > expired_before)
                and key not in ended
                and (row := rows.get(key)) is not None
            ):
                row.started_at = moment - session.changed_ms / 1000
                continue
            self._decide(key, expired_before)

    def _fold_ended(
        self, worker_id: str, known: KnownWorker, before: KnownWorker | None, expired_before: float
    ) -> None:
        for key in known.ended:
            if key in known.sessions:
                continue
            if before is None or (key not in before.ended and key not in before.sessions):
                self._claim(key, worker_id)
            elif key not in before.sessions and self._claimants[key] == worker_id:
                continue
            self._decide(key, expired_before)

    def _decide(self, key: str, expired_before: float) -> None:
        """Show for a key what its claims come to."""
        claimants = self._claimants.get(key)
        if claimants is None:
            self.rows.remove(key)
            return
        ids = (claimants,) if isinstance(claimants, str) else claimants
        claims = claims_to(key, [self._workers[worker_id] for worker_id in ids])
        claim = claims[0] if len(claims) == 1 else winner(claims, expired_before)
        if claim.session is None or is_end(claim, expired_before):
            self.rows.remove(key)
        else:
            self.rows.put(key, *shown_of(claim.session, claim.known))

    def _claim(self, key: str, worker_id: str) -> None:
        claimants = self._claimants.setdefault(key, worker_id)
        if isinstance(claimants, set):
            claimants.add(worker_id)
        elif claimants != worker_id:
            self._claimants[key] = {claimants, worker_id}

    def _unclaim(self, key: str, worker_id: str) -> None:
        claimants = self._claimants.get(key)
        if isinstance(claimants, set):
            claimants.discard(worker_id)
            if len(claimants) == 1:
                self._claimants[key] = claimants.pop()
        elif claimants == worker_id:
            del self._claimants[key]

    def _set_expiry(self, worker_id: str, known: KnownWorker, expired_before: float) -> None:
        moments = [known.expires_at(s) for s in known.report.record.sessions if s.expires_ms is not None]
        self._expiries.set(worker_id, min((m for m in moments if m > expired_before), default=NEVER))

    def _count(self, worker_id: str, known: KnownWorker | None) -> None:
        """Count the capacity and the start of a worker if it is live."""
        self._capacity -= self._capacities.pop(worker_id, 0)
        if known is not None and known.is_live:
            self._capacities[worker_id] = known.report.record.max_concurrent
            self._capacity += known.report.record.max_concurrent
            self._starts.set(worker_id, known.started_at)
        else:
            self._starts.remove(worker_id)
