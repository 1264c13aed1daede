"""Pure: the rows of a view that asks which sessions are stalled, kept up by calls and by time.

Rule 1. A row is stalled if its session works, and its agent's last call is so many seconds old at the moment of all
        rows. During an outage that moment stands still: what nobody can hear may well go on (fleet: Rule 6).
Rule 2. Each row that works and is not stalled has one deadline. A later call does not move it: the call is looked up
        when the deadline comes. So a call costs something only where it ends a stall.
Rule 3. That a row is stalled is news, so it is a part of the id.
Rule 4. Moments of calls move by as much as reports are late. Below a second or two that moves no deadline, and ends no
        stall: a report that says what the one before said is not a call.
"""

from typing import Final

from typing_extensions import override

from agent_status_gateway.state.deadlines import NEVER, Deadlines
from agent_status_gateway.state.fold.claims import WORKING_STATES
from agent_status_gateway.state.fold.folded_rows import FoldedRows
from agent_status_gateway.state.fold.row import Row
from agent_status_gateway.state.fold.rows import Form
from agent_status_gateway.state.text_hash import text_hash
from agent_status_gateway.state.views.form import DetailedRows
from agent_status_gateway.state.views.stalls.stalled import STALLED
from agent_status_gateway.state.views.view import View

_ENDINGS: Final = (b',"%b":false}' % STALLED.encode(), b',"%b":true}' % STALLED.encode())
"""The end of a row that is not stalled, and of one that is."""


class StalledRows(DetailedRows):
    """Rows of a view that asks which are stalled. `whole` are all rows, which know the moment."""

    __slots__ = ("_deadlines", "_seconds", "_stalled", "_whole")

    def __init__(self, view: View, whole: FoldedRows) -> None:
        super().__init__(view)
        self._whole = whole
        self._seconds = view.stalled or 0
        self._deadlines = Deadlines()  # of rows that work and are not stalled, by key
        self._stalled: set[str] = set()

    @property
    @override
    def form(self) -> Form:
        return self._json

    @property
    def next_deadline(self) -> float:
        """The next moment at which a row may have stalled; infinity without one."""
        return self._deadlines.earliest

    @override
    def put(self, row: Row) -> None:
        super().put(row)
        self.look_at(row)

    @override
    def remove(self, key: str) -> bool:
        if not super().remove(key):
            return False
        self._deadlines.remove(key)
        self._mark(key, is_stalled=False)
        return True

    def look_at(self, row: Row) -> bool:
        """Look at one of these rows again; True if it is stalled now and was not, or the other way around."""
        stalls_at = row.called_at + self._seconds if row.shown.state in WORKING_STATES else NEVER
        is_stalled = stalls_at <= self._whole.shown_at
        self._deadlines.set(row.key, NEVER if is_stalled else stalls_at)
        return self._mark(row.key, is_stalled=is_stalled)

    def take_stalled(self) -> str | None:
        """Look at a row whose deadline has come; return its key if it has stalled."""
        key = self._deadlines.take_due(self._whole.shown_at)
        return key if key is not None and self.look_at(self.by_key[key]) else None

    def _mark(self, key: str, *, is_stalled: bool) -> bool:
        if is_stalled is (key in self._stalled):
            return False
        if is_stalled:
            self._stalled.add(key)
            self._add(_stall_hash(key))
        else:
            self._stalled.remove(key)
            self._add(-_stall_hash(key))
        return True

    def _json(self, row: Row, now: float) -> bytes:
        return self._form(row, now)[:-1] + _ENDINGS[row.key in self._stalled]


def _stall_hash(key: str) -> int:
    # Another text than that of any state, tool, reason to wait or end: none of these is empty.
    return text_hash(f"{key}\0\0")
