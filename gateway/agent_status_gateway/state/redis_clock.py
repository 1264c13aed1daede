"""Pure: Redis's wall clock, as seen from here. Before it comes the feed, which asks it; the fleet dates reports by it.

A report that was read is as old as that clock says, unless the clock was stepped since, or the name leads to another
server by now. So steps are remembered. Between two of them is an era, and a stamp counts by the clock of the era in
which it can have been made. Near a step, or if no answer came for long, both of two eras are possible, or none.
"""

from collections import deque
from dataclasses import dataclass
from typing import Final

ALWAYS: Final = float("-inf")
NEVER: Final = float("inf")
SMALLEST_STEP_SECONDS: Final = 0.1
"""Steps of fewer seconds do not count."""
UNNOTICED_SECONDS: Final = 1.5
"""Seconds by which a moment may be too late: reports wait in the socket before the feed notices a stop."""
DRIFT: Final = 0.001
"""Seconds a second (and one more for rounding) by which two clocks that just run may differ."""
MAX_ERAS: Final = 32
"""Maximum eras that are remembered: half a minute, even of a clock that is stepped every second."""


@dataclass(slots=True)
class _Era:
    """A time in which the clock just ran. Moments are seconds on the replica's monotonic clock.

    Attributes:
        since: When the era before was last seen, which is the earliest beginning of this one.
        until: When the era after was first seen.
        ahead_least: Fewest seconds by which the clock may be ahead of ours; an answer takes time, so a range is known.
        ahead_most: Most seconds by which it may be.
        seen_at: When the clock was last asked.
    """

    since: float
    until: float
    ahead_least: float
    ahead_most: float
    seen_at: float

    def includes(self, later: "_Era") -> bool:
        return (
            later.ahead_most >= self.ahead_least - SMALLEST_STEP_SECONDS
            and later.ahead_least <= self.ahead_most + SMALLEST_STEP_SECONDS
        )

    def extend(self, later: "_Era") -> None:
        """Narrow the range by a later answer. A slow one narrows it little, and may hide a step."""
        drift = DRIFT * (1.0 + later.seen_at - self.seen_at)
        least = max(later.ahead_least, self.ahead_least - drift)
        most = min(later.ahead_most, self.ahead_most + drift)
        if least > most:
            least, most = later.ahead_least, later.ahead_most
        self.ahead_least, self.ahead_most = least, most
        if later.ahead_most - later.ahead_least <= SMALLEST_STEP_SECONDS:
            self.seen_at = later.seen_at


class RedisClock:
    """The clock of the server that a name leads to, from answer to answer."""

    def __init__(self) -> None:
        self._eras: deque[_Era] = deque()

    def tick(self, time_ms: int, asked_at: float, came_at: float) -> None:
        """Note an answer, and when it was asked for and came."""
        seconds = time_ms / 1000
        era = _Era(ALWAYS, NEVER, seconds - came_at, seconds - asked_at, asked_at)
        if self._eras and self._eras[-1].includes(era):
            self._eras[-1].extend(era)
            return
        if self._eras:
            last = self._eras[-1]
            era.since, last.until = last.seen_at, came_at
        self._eras.append(era)
        if len(self._eras) > MAX_ERAS:
            self._eras.popleft()
            self._eras[0].since = ALWAYS

    def moments(self, at_ms: int, not_before: float, now: float) -> tuple[float, ...]:
        """The moments at which a report can have got this stamp, first by the clock of the newest era.

        When no era is possible, the moment is now: the clock was stepped twice between two answers, or the stamp is
        forged.
        """
        seconds = at_ms / 1000
        if len(self._eras) == 1:
            return (min(max(seconds - self._eras[0].ahead_least, not_before), now),)
        moments = [
            min(max(seconds - era.ahead_least, not_before), era.until, now)
            for era in reversed(self._eras)
            if seconds - era.ahead_least >= max(era.since, not_before - UNNOTICED_SECONDS)
            and seconds - era.ahead_most <= min(era.until, now)
        ]
        return tuple(moments) or (now,)
