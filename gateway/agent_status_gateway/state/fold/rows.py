"""Pure: rows by key and in order, and the id that they make.

The id is the sum of the rows' hashes. So it does not depend on the order in which reports came, is equal on every
replica, and a change of one row costs one subtraction and one addition. The global state follows from the rows.
"""

from collections.abc import Callable, Iterator
from typing import Final

from agent_status_gateway.state.ends.index import End
from agent_status_gateway.state.ends.told import ToldEnds
from agent_status_gateway.state.fold.row import Row
from agent_status_gateway.state.fold.schema import GlobalStateName
from agent_status_gateway.state.fold.sorted_keys import SortedKeys
from agent_status_gateway.state.text_hash import HASH_BYTES
from agent_status_publisher.contract.wire import SessionState

SUMS: Final = 1 << 8 * HASH_BYTES
Form = Callable[[Row, float], bytes]
"""A way to write a row as JSON, at a moment on the replica's monotonic clock."""


class Rows:
    """Rows, one for each session key."""

    __slots__ = ("_id", "_keys", "_sum", "by_key", "ended", "in_error")

    def __init__(self) -> None:
        self.by_key: dict[str, Row] = {}
        self.ended: ToldEnds | None = None
        """The ends that are told beside the rows; None if nobody asks for them."""
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

    @property
    def form(self) -> Form:
        """How its rows are written."""
        return Row.json

    @property
    def entries(self) -> int:
        """How many entries the list that shows them has."""
        return len(self.by_key) + (0 if self.ended is None else len(self.ended))

    @property
    def state(self) -> GlobalStateName:
        """Sum of the rows' states."""
        if not self.by_key:
            return "idle"
        return "degraded" if self.in_error else "active"

    def tell_ends(self, seconds: int, shows: Callable[[End], bool]) -> None:
        """Have the ends told that `shows` is true for, up to this age. They are a part of the id."""
        self.ended = ToldEnds(seconds, shows, self._add)

    def put(self, row: Row) -> None:
        """Put a row in the place of its key."""
        before = self.by_key.get(row.key)
        if before is None:
            self._keys.add(row.key)
        else:
            self._uncount(before)
        self.by_key[row.key] = row
        self.in_error += row.shown.state is SessionState.ERROR
        self._add(row.hash)

    def remove(self, key: str) -> bool:
        """Remove the row of a key; False if there is none."""
        row = self.by_key.pop(key, None)
        if row is None:
            return False
        self._uncount(row)
        self._keys.remove(key)
        return True

    def _uncount(self, row: Row) -> None:
        self.in_error -= row.shown.state is SessionState.ERROR
        self._add(-row.hash)

    def _add(self, part: int) -> None:
        self._sum = (self._sum + part) % SUMS
        self._id = ""
