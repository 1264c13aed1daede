"""Pure: all rows of the snapshot: by key, in order, by channel, and the id that they make.

The id is the sum of the rows' hashes. So it does not depend on the order in which reports came, is equal on every
replica, and a change of one row costs one subtraction and one addition. The global state follows from the rows.
"""

from collections.abc import Iterator
from typing import Final

from agent_status_gateway.state.fold.row import HASH_BYTES, Row, Shown, Source
from agent_status_gateway.state.fold.schema import split_key
from agent_status_gateway.state.fold.sorted_keys import SortedKeys
from agent_status_publisher.contract.wire import SessionState

SUMS: Final = 1 << 8 * HASH_BYTES


class Rows:
    """The rows that are shown, one for each session key."""

    def __init__(self) -> None:
        self.by_key: dict[str, Row] = {}
        self.by_channel: dict[str, set[str]] = {}
        """The keys of each channel that has any."""
        self.in_error = 0
        """Number of rows in state `error`."""
        self._keys = SortedKeys()
        self._sum = 0
        self._id = ""

    def __len__(self) -> int:
        return len(self.by_key)

    def __iter__(self) -> Iterator[Row]:
        """The rows by session key. They must not change during an iteration."""
        return map(self.by_key.__getitem__, self._keys)

    @property
    def id(self) -> str:
        """Hash of each row's key, state and tool, in hex."""
        if not self._id:
            self._id = f"{self._sum:0{2 * HASH_BYTES}x}"
        return self._id

    def put(self, key: str, shown: Shown, source: Source) -> None:
        """Show this for a key. A row that shows it already stays."""
        row = self.by_key.get(key)
        if row is not None and row.shown == shown:
            row.source = source
            return
        if row is None:
            self._keys.add(key)
            self.by_channel.setdefault(split_key(key)[0], set()).add(key)
        else:
            self._uncount(row)
        row = self.by_key[key] = Row(key, shown, source)
        self.in_error += shown.state is SessionState.ERROR
        self._add(row.hash)

    def remove(self, key: str) -> None:
        """Show nothing for a key."""
        row = self.by_key.pop(key, None)
        if row is None:
            return
        self._uncount(row)
        self._keys.remove(key)
        channel = split_key(key)[0]
        keys = self.by_channel[channel]
        keys.remove(key)
        if not keys:
            del self.by_channel[channel]

    def _uncount(self, row: Row) -> None:
        self.in_error -= row.shown.state is SessionState.ERROR
        self._add(-row.hash)

    def _add(self, row_hash: int) -> None:
        self._sum = (self._sum + row_hash) % SUMS
        self._id = ""
