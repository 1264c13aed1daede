"""Pure: when the readers of change events get one. Before it come the rows of a view, after it the hub.

Rule 1. The first change after a quiet window is due at once, and a window begins.
Rule 2. What changes in a window is due at its end. If anything was sent then, another window begins.
Rule 3. A change that went away again may have been seen by a client that joined in between. So it is due all the same;
        each client is compared with what was last written to it, and most get nothing.
Rule 4. What is due at the end of a window is due at the next of the moments that all views share, ten in a window. So
        views are sent together: in small batches, each write costs more.
"""

from math import ceil
from typing import Final

NEVER: Final = float("inf")
SHARED_MOMENTS: Final = 10
"""The moments in a window at which windows end."""
ROUNDING: Final = 1e-6
"""A part of such a step: a moment that is this little past one is that one."""


class Cadence:
    """The window of one view. Moments are seconds on the replica's monotonic clock."""

    __slots__ = ("_quiet_from", "_sent_id", "changed_at", "due_at", "window_seconds")

    def __init__(self, window_seconds: float) -> None:
        self.window_seconds = window_seconds
        self.due_at = NEVER
        """The moment at which a change is due; infinity without one."""
        self.changed_at = NEVER
        """The moment of the first change that is due."""
        self._sent_id = ""
        self._quiet_from = -NEVER

    def begin(self, snapshot_id: str) -> None:
        """Begin with quiet: the first reader has the rows of this id, or waits for newer ones."""
        self._sent_id = snapshot_id
        self.due_at = self.changed_at = NEVER

    @property
    def wanted_from(self) -> float:
        """The moment from which a change would be sent at once."""
        return self._quiet_from if self.due_at == NEVER else self.due_at

    def note(self, snapshot_id: str, now: float) -> None:
        """Note the id of the view's rows."""
        if self.due_at == NEVER and snapshot_id != self._sent_id:
            self.changed_at = now
            self.due_at = now if now >= self._quiet_from else self._shared_moment(self._quiet_from)

    def is_due(self, now: float) -> bool:
        """True when a change must be sent."""
        return now >= self.due_at

    def sent(self, snapshot_id: str, now: float, *, is_news: bool) -> None:
        """Note that all readers have the rows of this id; `is_news`: some reader has got them just now.

        The window begins when they were due, if that was a moment ago: else each would end a step later than the last.
        """
        self._sent_id = snapshot_id
        if is_news:
            is_in_time = now - self.window_seconds / SHARED_MOMENTS < self.due_at <= now
            self._quiet_from = (self.due_at if is_in_time else now) + self.window_seconds
        self.due_at = self.changed_at = NEVER

    def _shared_moment(self, moment: float) -> float:
        """The first moment, this one or a later one, at which the windows of all views end."""
        step = self.window_seconds / SHARED_MOMENTS
        return max(moment, step * ceil(moment / step - ROUNDING))
