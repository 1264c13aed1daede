"""Pure: the newest end of each session key that is not open, kept up by what changed. The fold comes before it.

Rule 1. If several workers have ended a key, the newest claim counts, as among sessions (fold/claims.py).
Rule 2. A key that has a row is open, whether or not a reader sees that row: its ends are not told.
Rule 3. An end stays the same object until it is told otherwise. Its moment is that of its worker's newest report, so it
        is equal on every replica.
"""

from collections.abc import Iterator
from typing import Final

import orjson

from agent_status_gateway.state.ends.said import How, SaidEnds
from agent_status_gateway.state.text_hash import text_hash
from agent_status_publisher.contract.details.details import NO_DETAILS, Details

SAME_END_SECONDS: Final = 1.0
"""Seconds by which the moment of an end may differ between two reports, as long as readers need not be told."""


class _Source:
    """A worker's newest report, as far as it says of ends."""

    __slots__ = ("said",)

    def __init__(self, said: SaidEnds) -> None:
        self.said = said


class End:
    """The end of one session.

    Attributes:
        hash: Its part in the id of a view that tells it: the session and the outcome.
    """

    __slots__ = ("_noted_at", "_source", "hash", "how", "key")

    def __init__(self, key: str, how: How, source: _Source) -> None:
        self.key = key
        self.how = how
        self._source = source
        self._noted_at = source.said.ended_at(key)
        # Another text than any of a row, whose second part is never empty, and of a reason, whose third is not.
        self.hash = text_hash(f"{key}\0\0\0{how.outcome}")

    @property
    def ended_at(self) -> float:
        """Its moment, in seconds on the replica's monotonic clock."""
        return self._source.said.ended_at(self.key)

    @property
    def ended_at_ms(self) -> int:
        """Its moment on Redis's clock, in milliseconds."""
        return self._source.said.ended_at_ms(self.key)

    @property
    def claimed_at_ms(self) -> int:
        """The moment since which it claims its key, on Redis's clock, in milliseconds."""
        return self._source.said.claimed_at_ms(self.key)

    @property
    def details(self) -> Details:
        """The details that decide in which views it is."""
        how = self.how
        return Details(how.labels, how.parent) if how.labels or how.parent is not None else NO_DETAILS

    def is_as_said(self, said: SaidEnds) -> bool:
        """Test whether a newer report of its worker says the same end."""
        is_same_moment = abs(said.ended_at(self.key) - self._noted_at) <= SAME_END_SECONDS
        return is_same_moment and said.by_key[self.key].how == self.how

    def json(self, now: float) -> bytes:
        """The end as JSON, at this moment."""
        how = self.how
        before = orjson.dumps({"session_key": self.key, "title": how.title, "outcome": how.outcome})
        after = orjson.dumps({"error_message": how.error})
        return b'%b,"ended_seconds_ago":%.1f,%b' % (before[:-1], max(0.0, now - self.ended_at), after[1:])


class EndsIndex:
    """Ends by key, and which of them are told."""

    def __init__(self) -> None:
        self.told: dict[str, End] = {}
        """By key, as last settled."""
        self._sources: dict[str, _Source] = {}  # by worker
        self._by_key: dict[str, dict[str, End]] = {}  # key → worker → its end of the key
        self._changed: dict[str, None] = {}

    def __iter__(self) -> Iterator[str]:
        """The keys that somebody has ended."""
        return iter(self._by_key)

    @property
    def has_news(self) -> bool:
        """True when an end has changed, and was not taken since."""
        return bool(self._changed)

    def take(self, worker_id: str, said: SaidEnds | None) -> None:
        """Take what a worker says by its newest report; None if nothing of it is known any more."""
        source = self._sources.get(worker_id)
        before = () if source is None else source.said.by_key.keys()
        if said is None or not said.by_key:
            if source is not None:
                del self._sources[worker_id]
                for key in before:
                    self._drop(key, worker_id)
            return
        if source is None:
            source = self._sources[worker_id] = _Source(said)
        for key in before - said.by_key.keys() if before else ():
            self._drop(key, worker_id)
        source.said = said
        for key, end in said.by_key.items():
            ends = self._by_key.setdefault(key, {})
            known = ends.get(worker_id)
            if known is None or not known.is_as_said(said):
                ends[worker_id] = End(key, end.how, source)
                self._changed[key] = None

    def take_changed(self) -> str | None:
        """Take a key whose ends have changed since it was last taken; None without any."""
        return self._changed.popitem()[0] if self._changed else None

    def settle(self, key: str, *, is_open: bool) -> tuple[End | None, End | None]:
        """Settle which end of a key is told from now on; return the one that was, and the one that is."""
        before, ends = self.told.get(key), self._by_key.get(key)
        now = None if is_open or not ends else self._newest(ends)
        if now is None:
            self.told.pop(key, None)
        else:
            self.told[key] = now
        return before, now

    def _newest(self, ends: dict[str, End]) -> End:
        if len(ends) == 1:
            return next(iter(ends.values()))
        return max(ends.items(), key=lambda item: (item[1].claimed_at_ms, item[0]))[1]

    def _drop(self, key: str, worker_id: str) -> None:
        ends = self._by_key[key]
        del ends[worker_id]
        if not ends:
            del self._by_key[key]
        self._changed[key] = None
