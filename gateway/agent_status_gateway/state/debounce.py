"""Pure: when a change is sent. Before it comes the snapshot, after it the hub.

Rule 1. The first change after quiet opens a window; the snapshot at its close is sent. So no client gets more than one
        event a window, and none starves under constant change.
Rule 2. What is sent at the close is compared for each client with what was last written to that client. One that joined
        inside the window may have got what others have not.
Rule 3. Every state of the rows that anybody may see is noted here: no change may slip between two snapshots.
"""

from typing import Final

NEVER: Final = float("inf")


class Debounce:
    """The window. Moments are seconds on the replica's monotonic clock."""

    __slots__ = ("_closes_at", "_settled", "window_seconds")

    def __init__(self, window_seconds: float) -> None:
        self.window_seconds = window_seconds
        self._settled: str | None = None
        self._closes_at = NEVER

    @property
    def closes_at(self) -> float:
        """The moment at which the open window closes; infinity while all is quiet."""
        return self._closes_at

    @property
    def opened_at(self) -> float:
        """The moment of the open window's first change; infinity while all is quiet."""
        return self._closes_at - self.window_seconds

    @property
    def is_open(self) -> bool:
        """True while a window is open."""
        return self._closes_at != NEVER

    def begin(self, snapshot_id: str) -> None:
        """Begin with quiet: the first client has the snapshot with this id, or gets it soon."""
        self._settled = snapshot_id
        self._closes_at = NEVER

    def note(self, snapshot_id: str, now: float) -> None:
        """Note the id of a snapshot. With the first one ever, quiet begins."""
        if self._settled is None:
            self._settled = snapshot_id
        elif not self.is_open and snapshot_id != self._settled:
            self._closes_at = now + self.window_seconds

    def is_due(self, now: float) -> bool:
        """True when the window is over and its change must be sent."""
        return now >= self._closes_at

    def sent(self, snapshot_id: str) -> None:
        """Close the window: the snapshot with this id was sent to all clients that had not got it."""
        self._settled = snapshot_id
        self._closes_at = NEVER
