"""Pure: Redis's wall clock, seen from here. Before it is the feed, which asks it; the fleet dates words by it.

A word that was read is as old as that clock says, unless it was stepped meanwhile, or the name leads to another server
by now. So its steps are remembered. Between two of them is an era, and a stamp counts by the clock of the era in which
it can have been made: near a step, or if no answer came for long, that may be both of two eras, or none.
"""

from collections import deque
from dataclasses import dataclass
from typing import Final

ALWAYS: Final = float("-inf")
NEVER: Final = float("inf")
SMALLEST_STEP_SECONDS: Final = 0.1
"""Smaller ones matter to nobody."""
UNNOTICED_SECONDS: Final = 1.5
"""A moment may be too late by that: for so long words wait in this process's socket before the feed notices a stop."""
DRIFT: Final = 0.001
"""Seconds a second (and one more for rounding) by which two clocks that just go on may differ."""
MAX_ERAS: Final = 32
"""Stepped every second, which nobody does, they still reach back half a minute."""


@dataclass(slots=True)
class _Era:
    """A time in which the clock just went on. Moments are seconds on the replica's monotonic clock.

    Attributes:
        since: When the era before was last seen: this one may have begun then.
        until: When the era after was first seen.
        ahead_least: By how many seconds the clock is ahead of ours; not exactly known, since an answer takes time.
        ahead_most: The same.
        seen_at: When it was last asked.
    """

    since: float
    until: float
    ahead_least: float
    ahead_most: float
    seen_at: float

    def is_the_same(self, later: "_Era") -> bool:
        return (
            later.ahead_most >= self.ahead_least - SMALLEST_STEP_SECONDS
            and later.ahead_least <= self.ahead_most + SMALLEST_STEP_SECONDS
        )

    def go_on(self, later: "_Era") -> None:
        """A slow answer tells less than what is known already, and may hide a step."""
        drift = DRIFT * (1.0 + later.seen_at - self.seen_at)
        least = max(later.ahead_least, self.ahead_least - drift)
        most = min(later.ahead_most, self.ahead_most + drift)
        if least > most:
            least, most = later.ahead_least, later.ahead_most
        self.ahead_least, self.ahead_most = least, most
        if later.ahead_most - later.ahead_least <= SMALLEST_STEP_SECONDS:
            self.seen_at = later.seen_at


class RedisClock:
    """Follows a name's server from answer to answer."""

    def __init__(self) -> None:
        self._eras: deque[_Era] = deque()

    def tick(self, time_ms: int, asked_at: float, came_at: float) -> None:
        """It was asked then, and said this."""
        seconds = time_ms / 1000
        era = _Era(ALWAYS, NEVER, seconds - came_at, seconds - asked_at, asked_at)
        if self._eras and self._eras[-1].is_the_same(era):
            self._eras[-1].go_on(era)
            return
        if self._eras:
            last = self._eras[-1]
            era.since, last.until = last.seen_at, came_at
        self._eras.append(era)
        if len(self._eras) > MAX_ERAS:
            self._eras.popleft()
            self._eras[0].since = ALWAYS

    def moments(self, at_ms: int, not_before: float, now: float) -> tuple[float, ...]:
        """When a word that has this stamp can have got it: first by the clock of the newest era.

        Just now, if no era can be: the clock was stepped twice before it was asked, or the stamp is a forgery.
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
