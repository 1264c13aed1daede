"""Pure: what one rule has seen, and what of it is due. Moments are seconds on one monotonic clock.

Rule 1. What is true without a break is one episode, which is due once. A session that is not true any more, or whose
        state began again, begins another one.
Rule 2. What was due before the start is told only to those who want to catch up, or if an earlier start has begun to
        tell it. What becomes due after the start is told, however long ago it began.
Rule 3. The snapshot does not say since when all sessions are idle or degraded. So that began when it was first seen;
        what is so in the first snapshot was so before the start.
Rule 4. Only a current snapshot is looked at. What began and ended while there was none is told of nobody.
"""

from collections.abc import Iterable
from typing import Final

from agent_status_gateway.cli.notify.attention.occurrence import Occurrence

RESTART_SECONDS: Final = 2.0
"""Seconds by which the same beginning may seem to move: ages come rounded, and late by how long an event takes."""


class Episode:
    """Something that is true without a break.

    Attributes:
        occurrence: What is true, as it was seen last.
        since: The moment at which it began.
        is_over: True once it is not true any more.
        is_old: True if it was due before the start.
    """

    __slots__ = ("is_handled", "is_old", "is_over", "occurrence", "since")

    def __init__(self, occurrence: Occurrence, since: float) -> None:
        self.occurrence = occurrence
        self.since = since
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
    """

    def __init__(self, for_seconds: float, began_at: float, *, catches_up: bool = False, lasts: bool = False) -> None:
        self._for_seconds = for_seconds
        self._told_from = float("-inf") if catches_up else began_at
        self._lasts = lasts
        self._episodes: dict[str, Episode] = {}
        self._has_looked = False

    def look(self, occurrences: Iterable[Occurrence], now: float) -> None:
        """Take what is true now: all of it."""
        seen: dict[str, Episode] = {}
        for occurrence in occurrences:
            episode = self._episodes.get(occurrence.key)
            if episode is None or _began_again(episode, occurrence, now):
                if episode is not None:
                    self._end(episode)
                episode = Episode(occurrence, self._began_at(occurrence, now))
            episode.occurrence = occurrence
            seen[occurrence.key] = episode
        for key, episode in self._episodes.items():
            if seen.get(key) is not episode:
                self._end(episode)
        self._episodes = seen
        self._has_looked = True

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

    def _began_at(self, occurrence: Occurrence, now: float) -> float:
        if occurrence.age_seconds is not None:
            return now - occurrence.age_seconds
        return now if self._has_looked else float("-inf")

    def _end(self, episode: Episode) -> None:
        episode.is_over = not self._lasts


def _began_again(episode: Episode, occurrence: Occurrence, now: float) -> bool:
    age = occurrence.age_seconds
    return age is not None and now - age > episode.since + RESTART_SECONDS
