"""The rows and the frame of now. Before it comes the fleet; after it the hub, clients that join, and the JSON endpoint.

Each new state of the rows is shown to the debounce (debounce: Rule 3). A frame is made only if somebody reads it.
"""

from collections.abc import Callable
from typing import Final

from agent_status_gateway.fanout.events.frames import STEP_ROWS, Frame, encode_frame
from agent_status_gateway.state.deadlines import NEVER
from agent_status_gateway.state.debounce import Debounce
from agent_status_gateway.state.fleet import Fleet
from agent_status_gateway.state.fold.fold import Fold
from agent_status_gateway.state.steps import Steps
from agent_status_gateway.telemetry.metrics import Metrics

SERVING_SECONDS: Final = 0.05
"""A frame serves joins and the JSON endpoint for this many seconds: durations have one decimal."""
SERVING_SHARE: Final = 20
"""A frame also serves for this many times the seconds that it took to make, so that a storm of joins makes few."""
MAX_SERVING_SECONDS: Final = 1.0
"""The longest that a frame serves, in seconds."""
SHORT_ROWS: Final = STEP_ROWS
"""Rows that are joined without holding the event loop."""


class CurrentFrame:
    """The rows of now, the newest frame, and until when it serves. `clock` gives the pipeline's monotonic seconds."""

    def __init__(self, fleet: Fleet, debounce: Debounce, metrics: Metrics, clock: Callable[[], float]) -> None:
        self._fleet = fleet
        self._fold = Fold()
        self._debounce = debounce
        self._metrics = metrics
        self._clock = clock
        self.looked_at = clock()
        """The moment of the last look."""
        self._has_looked = False  # to the end of the last look, and nothing was folded since
        self._frame: Frame | None = None
        self._serves_until = 0.0

    @property
    def serving(self) -> Frame | None:
        """The newest frame while it serves; None when another one must be made.

        One that is not of these rows serves only while a window is open: who gets it now gets the next at its close.
        """
        frame = self._frame
        if frame is None or self._clock() >= self._serves_until:
            return None
        return frame if self._debounce.is_open or frame.id == self._fold.rows.id else None

    @property
    def is_short(self) -> bool:
        """True when a frame can be made without holding the event loop."""
        return self._has_looked and len(self._fold.rows) <= SHORT_ROWS

    @property
    def id(self) -> str:
        """The id of the rows of now."""
        return self._fold.rows.id

    def is_settled(self, now: float) -> bool:
        """True when nothing can have changed since the last look, but by reports that wait in the inbox.

        A look that was given up half-way, as by a request that was cancelled, does not count.
        """
        return self._has_looked and self.next_deadline(self.looked_at) > now

    def next_deadline(self, now: float) -> float:
        """The first moment after `now` at which the snapshot changes by itself; infinity if none."""
        if self._fleet.has_outage:
            return NEVER
        next_expiry = self._fold.next_expiry
        return min(self._fleet.next_deadline(now), next_expiry if next_expiry > now else NEVER)

    def begin_again(self) -> None:
        """Fold all workers again. A defect may have left the rows wrong, and what was taken is not touched again."""
        self._fold = Fold()
        self._has_looked = False
        self._fleet.touch_all()

    def fold(self) -> Steps[None]:
        """Bring the rows up to date as far as reports go. A look must follow."""
        self._has_looked = False
        yield from self._fold.update(self._fleet, self._clock())

    def look(self) -> Steps[None]:
        """Bring the rows up to date, and show them to the debounce. What is not done yet is done by the next look."""
        self._has_looked = False
        self.looked_at = now = self._clock()
        self._fleet.judge(now)
        yield from self._fold.update(self._fleet, now)
        self._debounce.note(self._fold.rows.id, now)
        self._has_looked = True

    def renew(self) -> Steps[Frame]:
        """Make a frame of the rows of now, which must not change during it."""
        now = self._clock()
        steps = encode_frame(self._fold.rows, self._fold.global_status(now), now)
        seconds = 0.0
        while True:
            began_at = self._clock()
            try:
                next(steps)
            except StopIteration as end:
                frame: Frame = end.value
                break
            finally:
                seconds += self._clock() - began_at
            yield
        self._frame = frame
        self._serves_until = now + min(MAX_SERVING_SECONDS, max(SERVING_SECONDS, SERVING_SHARE * seconds))
        self._metrics.frames.inc()
        return frame
