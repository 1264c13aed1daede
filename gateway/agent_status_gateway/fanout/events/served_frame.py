"""Pure: the newest frame of some rows, and until when it serves clients that join and the JSON endpoint."""

from collections.abc import Callable
from typing import Final

from agent_status_gateway.fanout.events.frames import STEP_ROWS, Frame, encode_frame
from agent_status_gateway.state.fold.rows import Rows
from agent_status_gateway.state.fold.schema import GlobalStatus
from agent_status_gateway.state.steps import Steps, timed

SERVING_SECONDS: Final = 0.05
"""A frame serves joins and the JSON endpoint for this many seconds: durations have one decimal."""
SERVING_SHARE: Final = 20
"""A frame also serves for this many times the seconds that it took to make, so that a storm of joins makes few."""
MAX_SERVING_SECONDS: Final = 1.0
"""The longest that a frame serves, in seconds."""
SHORT_ROWS: Final = STEP_ROWS
"""Rows that are joined without holding the event loop."""


class ServedFrame:
    """The newest frame: of all rows, or of those of a view. `clock` gives the pipeline's monotonic seconds."""

    __slots__ = ("_clock", "_frame", "_is_of_all", "_serves_until")

    def __init__(self, clock: Callable[[], float], *, is_of_all: bool) -> None:
        self._clock = clock
        self._is_of_all = is_of_all
        self._frame: Frame | None = None
        self._serves_until = 0.0

    def serving(self, rows_id: str, *, may_be_older: bool) -> Frame | None:
        """Return the frame while it serves; None when another one must be made.

        One that is not of the rows of now serves only who gets the next one soon, at the close of a window.
        """
        frame = self._frame
        if frame is None or self._clock() >= self._serves_until:
            return None
        return frame if may_be_older or frame.id == rows_id else None

    def renew(self, rows: Rows, status: GlobalStatus, version: int, now: float) -> Steps[Frame]:
        """Make a frame of these rows, which must not change during it."""
        steps = encode_frame(rows, status, now, version, is_of_all=self._is_of_all)
        frame, seconds = yield from timed(steps, self._clock)
        self._frame = frame
        self._serves_until = now + min(MAX_SERVING_SECONDS, max(SERVING_SECONDS, SERVING_SHARE * seconds))
        return frame
