"""Pure: when to speak. Before it comes the picture, after it the hub.

Rule 1. The first change after quiet opens a window; what the picture is when it closes goes out. So nobody gets more
        than one event a window, and nobody starves under constant change.
Rule 2. What is sent at the close is compared for each client with what that client saw last: one that joined inside the
        window may have seen what others did not.
Rule 3. Whoever computes a picture, for whatever purpose, shows it here: a change must not slip between two looks.
"""

from agent_status_gateway.state.schema import Fingerprint

NEVER = float("inf")


class Debounce:
    """Moments are seconds on the replica's monotonic clock."""

    def __init__(self, window_seconds: float) -> None:
        self._window_seconds = window_seconds
        self._settled: Fingerprint | None = None
        self._closes_at = NEVER

    @property
    def closes_at(self) -> float:
        """When the open window closes; infinity while all is quiet."""
        return self._closes_at

    @property
    def opened_at(self) -> float:
        """When the open window was opened, which is when its first change was seen; infinity while all is quiet."""
        return self._closes_at - self._window_seconds

    @property
    def is_open(self) -> bool:
        """Whether a window is open."""
        return self._closes_at != NEVER

    def saw(self, fingerprint: Fingerprint, now: float) -> None:
        """A picture was computed. The first one ever is where quiet begins."""
        if self._settled is None:
            self._settled = fingerprint
        elif not self.is_open and fingerprint != self._settled:
            self._closes_at = now + self._window_seconds

    def is_due(self, now: float) -> bool:
        """Whether it is time to speak."""
        return now >= self._closes_at

    def spoke(self, fingerprint: Fingerprint) -> None:
        """The picture with this fingerprint has gone out, to whoever had not seen it: all is quiet."""
        self._settled = fingerprint
        self._closes_at = NEVER
