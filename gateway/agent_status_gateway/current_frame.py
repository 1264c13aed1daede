"""The frame of now. Before it comes the fleet; after it the hub, clients that join, and the JSON endpoint.

Each new frame is shown to the debounce (debounce: Rule 3).
"""

from collections.abc import Callable
from typing import Final

from agent_status_gateway.fanout.frames import Frame, encode_frame
from agent_status_gateway.state.debounce import Debounce
from agent_status_gateway.state.fleet import Fleet
from agent_status_gateway.state.snapshot import take_snapshot
from agent_status_gateway.telemetry.metrics import Metrics

SERVING_SECONDS: Final = 0.05
"""A frame serves joins and the JSON endpoint for this many seconds: durations have one decimal."""
SERVING_SHARE: Final = 20
"""A frame also serves for this many times the seconds that it took to make, so that a storm of joins makes few."""


class CurrentFrame:
    """The newest frame, and until when it serves. `clock` gives the same monotonic seconds as the pipeline's."""

    def __init__(self, fleet: Fleet, debounce: Debounce, metrics: Metrics, clock: Callable[[], float]) -> None:
        self._fleet = fleet
        self._debounce = debounce
        self._metrics = metrics
        self._clock = clock
        self._frame: Frame | None = None
        self._serves_until = 0.0

    @property
    def serving(self) -> Frame | None:
        """The newest frame while it serves; None when another one must be made."""
        return self._frame if self._clock() < self._serves_until else None

    def renew(self) -> Frame:
        """Make a frame of what the fleet knows now, and show it to the debounce."""
        now = self._clock()
        frame = self._frame = encode_frame(take_snapshot(self._fleet, now), now)
        self._serves_until = now + max(SERVING_SECONDS, SERVING_SHARE * (self._clock() - now))
        self._metrics.frames.inc()
        self._debounce.note(frame.fingerprint, now)
        return frame
