"""Pure: what one rule has seen, and what of it is due. Moments are seconds on one monotonic clock.

Rule 1. What is true without a break is one episode, which is due once. A session that is not true any more, or whose
        state began again, begins another one.
Rule 2. What was due before the start is told only to those who want to catch up, or if an earlier start has begun to
        tell it. What becomes due after the start is told, however long ago it began.
Rule 3. The snapshot does not say since when all sessions are idle or degraded. So that began when it was first seen,
        and after it was last seen not to be so; what is so in the first snapshot was so before the start.
Rule 4. Only a current snapshot is looked at. What began and ended while there was none is told of nobody.
Rule 5. That all sessions are not idle or degraded any more is told the ledger; and so is that they are not, when they
        are seen again after a time without a current snapshot. What another notifier has told may have ended in it.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from agent_status_gateway.cli.notify.attention.occurrence import ALL_SESSIONS, Occurrence

RESTART_SECONDS: Final = 2.0
"""Seconds by which the same beginning may seem to move: ages come rounded, and late by how long an event takes."""


class Sight(NamedTuple):
    """Moments known of something that is true of all sessions: around its beginning, and of its end.

    Attributes:
        untrue_at: The last moment at which it was seen not to be true before that; minus infinity if it never was.
        seen_at: The first moment at which it was seen. It is that of the end if it was not seen.
        over_at: The moment at which it was seen to be over; infinity until then.
    """

    untrue_at: float
    seen_at: float
    over_at: float = float("inf")


class Episode:
    """Something that is true without a break.

    Attributes:
        occurrence: What is true, as it was seen last.
        since: The moment at which it began; minus infinity if that was before the first snapshot.
        sight: What is known of that if it is true of all sessions; None of one session.
        is_over: True once it is not true any more.
        is_old: True if it was due before the start.
    """

    __slots__ = ("is_handled", "is_old", "is_over", "occurrence", "sight", "since")

    def __init__(self, occurrence: Occurrence, since: float, sight: Sight | None = None) -> None:
        self.occurrence = occurrence
        self.since = since
        self.sight = sight
        self.is_over = False
        self.is_old = False
        self.is_handled = False


class Vigil:
    """Everything that a rule has seen.

    Args:
        for_seconds: Seconds for which something must be true.
        began_at: The moment of the start.
        catches_up: True if what was due before the start is told.
        lasts: True if what is over stays true, as an end does.
        is_of_all: True if it looks at what is true of all sessions.
    """

    def __init__(
        self,
        for_seconds: float,
        began_at: float,
        *,
        catches_up: bool = False,
        lasts: bool = False,
        is_of_all: bool = False,
    ) -> None:
        self._for_seconds = for_seconds
        self._told_from = float("-inf") if catches_up else began_at
        self._lasts = lasts
        self._episodes: dict[str, Episode] = {}
        self._is_of_all = is_of_all
        self._untrue_at = float("-inf")
        self._looks_anew = True
        self._over: Sight | None = None

    def look(self, occurrences: Iterable[Occurrence], now: float) -> None:
        """Take what is true now: all of it."""
        seen: dict[str, Episode] = {}
        for occurrence in occurrences:
            episode = self._episodes.get(occurrence.key)
            if episode is None or _began_again(episode, occurrence, now):
                if episode is not None:
                    self._end(episode)
                episode = self._begun(occurrence, now)
            episode.occurrence = occurrence
            seen[occurrence.key] = episode
        for key, episode in self._episodes.items():
            if seen.get(key) is not episode:
                self._end(episode)
        if self._is_of_all and not seen:
            self._note_untrue(now)
        self._episodes = seen
        self._looks_anew = False

    def look_away(self) -> None:
        """Take that there is no current snapshot."""
        self._looks_anew = True

    def take_over(self) -> Sight | None:
        """Take what is to be told the ledger: that all sessions are not so any more, or are not so again."""
        over, self._over = self._over, None
        return over

    def take_due(self, now: float) -> list[Episode]:
        """Take what has become due, each episode once. What is old is taken, too."""
        due = []
        for episode in self._episodes.values():
            due_at = episode.since + self._for_seconds
            if not episode.is_handled and due_at <= now:
                episode.is_handled = True
                episode.is_old = due_at < self._told_from
                due.append(episode)
        return due

    def _begun(self, occurrence: Occurrence, now: float) -> Episode:
        if occurrence.age_seconds is not None:
            return Episode(occurrence, now - occurrence.age_seconds)
        is_old = self._untrue_at == float("-inf")
        return Episode(occurrence, float("-inf") if is_old else now, Sight(self._untrue_at, now))

    def _note_untrue(self, now: float) -> None:
        episode = self._episodes.get(ALL_SESSIONS)
        if episode is not None and episode.sight is not None:
            self._over = episode.sight._replace(over_at=now)
        elif self._looks_anew:
            self._over = Sight(float("-inf"), now, now)
        self._untrue_at = now

    def _end(self, episode: Episode) -> None:
        episode.is_over = not self._lasts


def _began_again(episode: Episode, occurrence: Occurrence, now: float) -> bool:
    age = occurrence.age_seconds
    return age is not None and now - age > episode.since + RESTART_SECONDS
