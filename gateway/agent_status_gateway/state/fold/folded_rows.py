"""Pure: all rows of the snapshot, as the fold decides them, by channel as well, and which of them have changed.

Rule 1. A row stays the same object until something shown of it differs, so that its bytes are made once.
Rule 2. A row has changed if it came, went, or shows something else. It has also changed if its state began over a
        second later than last noted, since it began again, or earlier, since another worker's state is shown now.
        Below a second, moments may differ by how long a report took.
Rule 3. A row that shows the same, but is held by another worker, has moved. Nobody is sent that; who counts workers
        must know it.
"""

from typing import Final

from agent_status_gateway.state.fold.row import Row, Shown, Source
from agent_status_gateway.state.fold.rows import Rows
from agent_status_gateway.state.fold.schema import split_key

RESTART_SECONDS: Final = 1.0


class FoldedRows(Rows):
    """The rows that are shown."""

    __slots__ = ("_changed", "_moved", "by_channel")

    def __init__(self) -> None:
        super().__init__()
        self.by_channel: dict[str, set[str]] = {}
        """The keys of each channel that has any."""
        # Not sets: `pop` of a set that once was large looks through all its empty places.
        self._changed: dict[str, None] = {}
        self._moved: dict[str, None] = {}

    def show(self, key: str, shown: Shown, source: Source) -> None:
        """Show this for a key."""
        row = self.by_key.get(key)
        if row is not None and row.shown == shown:
            if row.source is not source:
                row.source = source
                self._moved[key] = None
            self.note_start(row)
            return
        self._changed[key] = None
        if row is None:
            self.by_channel.setdefault(split_key(key)[0], set()).add(key)
        row = Row(key, shown, source)
        row.noted_start = row.started_at
        self.put(row)

    def hide(self, key: str) -> None:
        """Show nothing for a key."""
        row = self.by_key.get(key)
        if row is None:
            return
        self._changed[key] = None
        self.remove(key)
        channel = split_key(key)[0]
        keys = self.by_channel[channel]
        keys.remove(key)
        if not keys:
            del self.by_channel[channel]

    def note_start(self, row: Row) -> None:
        """Look whether a row's state began again, though it shows the same."""
        started_at = row.started_at
        if abs(started_at - row.noted_start) > RESTART_SECONDS:
            row.noted_start = started_at
            self._changed[row.key] = None

    @property
    def has_news(self) -> bool:
        """True when a row has changed or moved, and was not taken since."""
        return bool(self._changed or self._moved)

    def take_changed(self) -> str | None:
        """Take a key whose row has changed since it was last taken; None without any."""
        return self._changed.popitem()[0] if self._changed else None

    def take_moved(self) -> str | None:
        """Take a key whose row has moved since it was last taken; None without any."""
        return self._moved.popitem()[0] if self._moved else None
