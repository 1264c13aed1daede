"""Pure: all rows of the snapshot, as the fold decides them, by channel and family as well, and which have changed.

Rule 1. A row stays the same object until something shown of it differs, so that its bytes are made once.
Rule 2. A row has changed if it came, went, or shows something else. It has also changed if its state began over a
        second later than last noted, since it began again, or earlier, since another worker's state is shown now.
        Below a second, moments may differ by how long a report took.
Rule 3. A row that shows the same, but has other details or is held by another worker, is revised. Only readers who ask
        for what differs are sent that, with the next change; who counts workers must know it, too.
Rule 4. A call that changes nothing else revises its row, as rule 2 does with a second between. It is noted only while
        some reader asks for it, since agents call all the time. While some reader asks which sessions are stalled, each
        row whose moments are looked at is revised.
"""

from typing import Final, NamedTuple

from agent_status_gateway.state.ends.index import EndsIndex
from agent_status_gateway.state.fold.families import Families
from agent_status_gateway.state.fold.row import Row, Shown, Source
from agent_status_gateway.state.fold.rows import Rows
from agent_status_gateway.state.fold.schema import split_key
from agent_status_publisher.contract.details.details import NO_DETAILS, Details

RESTART_SECONDS: Final = 1.0
HOLDER_FIELDS: Final = frozenset({"host", "worker_id"})
"""The fields that differ in a row that another worker holds."""
QUIET: Final = "quiet_seconds"
"""The field that differs in a row whose agent has made a call."""


class Revision(NamedTuple):
    """A row that shows the same, but has other details.

    Attributes:
        before: Its details when it was last taken.
        fields: The names of the fields that may differ.
    """

    key: str
    before: Details
    fields: frozenset[str]


class FoldedRows(Rows):
    """The rows that are shown.

    Attributes:
        ends: All ends, while a reader asks for them.
        notes_calls: True while a reader must know of calls that change nothing else.
        notes_each_call: True while a reader must know of each of them, however soon it follows.
        shown_at: The moment of the rows: what has expired or stalled by then is shown so.
        taken_before: The details that the changed row of the key taken last had before; None if they are the same.
    """

    __slots__ = (
        "_before",
        "_changed",
        "_revised",
        "by_channel",
        "ends",
        "families",
        "notes_calls",
        "notes_each_call",
        "shown_at",
        "taken_before",
    )

    def __init__(self) -> None:
        super().__init__()
        self.by_channel: dict[str, set[str]] = {}
        """The keys of each channel that has any."""
        self.families = Families()
        self.ends: EndsIndex | None = None
        self.notes_calls = False
        self.notes_each_call = False
        self.shown_at = float("-inf")
        self.taken_before: Details | None = None
        # Not sets: `pop` of a set that once was large looks through all its empty places.
        self._changed: dict[str, None] = {}
        self._revised: dict[str, frozenset[str]] = {}
        self._before: dict[str, Details] = {}  # of keys whose details differ since they were last taken

    def show(self, key: str, shown: Shown, source: Source, details: Details = NO_DETAILS) -> None:
        """Show this for a key."""
        row = self.by_key.get(key)
        before = NO_DETAILS if row is None else row.details
        if before is not details and before != details:
            self._note_details(key, before, details)
        if row is not None and row.shown == shown:
            if row.details is not details:
                row.details, row.extras = details, None
            if row.source is not source:
                row.source, row.extras = source, None
                self._revise(key, HOLDER_FIELDS)
            self.note_moments(row)
            return
        self._changed[key] = None
        if row is None:
            self.by_channel.setdefault(split_key(key)[0], set()).add(key)
        row = Row(key, shown, source, details)
        row.noted_start = row.started_at
        if self.notes_calls:
            row.noted_call = row.called_at
        self.put(row)

    def hide(self, key: str) -> None:
        """Show nothing for a key."""
        row = self.by_key.get(key)
        if row is None:
            return
        self._changed[key] = None
        if row.details is not NO_DETAILS:
            self._note_details(key, row.details, NO_DETAILS)
        self.remove(key)
        channel = split_key(key)[0]
        keys = self.by_channel[channel]
        keys.remove(key)
        if not keys:
            del self.by_channel[channel]

    def note_moments(self, row: Row) -> None:
        """Look whether a row's state began again, or its agent made a call, though it shows the same."""
        started_at = row.started_at
        if abs(started_at - row.noted_start) > RESTART_SECONDS:
            row.noted_start, row.noted_call = started_at, row.called_at
            self._changed[row.key] = None
        elif self.notes_calls and abs((called_at := row.called_at) - row.noted_call) > RESTART_SECONDS:
            row.noted_call = called_at
            self._revise(row.key, frozenset({QUIET}))
        elif self.notes_each_call:
            self._revise(row.key, frozenset())

    @property
    def has_news(self) -> bool:
        """True when a row has changed or is revised, or an end has changed, and was not taken since."""
        return bool(self._changed or self._revised or (self.ends is not None and self.ends.has_news))

    def take_changed(self) -> str | None:
        """Take a key whose row has changed since it was last taken; None without any. `taken_before` is of this key."""
        if not self._changed:
            return None
        key, _ = self._changed.popitem()
        if self._revised:
            self._revised.pop(key, None)
        self.taken_before = self._before.pop(key, None) if self._before else None
        return key

    def take_revised(self) -> Revision | None:
        """Take a row that is revised since it was last taken, and has not changed; None without any."""
        if not self._revised:
            return None
        key, fields = self._revised.popitem()
        row = self.by_key.get(key)
        now = NO_DETAILS if row is None else row.details
        before = self._before.pop(key, now)
        differing = {name for name, one, other in zip(Details._fields, before, now, strict=True) if one != other}
        return Revision(key, before, fields | differing)

    def _note_details(self, key: str, before: Details, now: Details) -> None:
        self._before.setdefault(key, before)
        self.families.move(key, before, now)
        self._revise(key, frozenset())

    def _revise(self, key: str, fields: frozenset[str]) -> None:
        self._revised[key] = self._revised.get(key, frozenset()) | fields
