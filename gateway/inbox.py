"""Pure: words that came and have not been looked at: the newest of each worker.

Before it comes the feed, after it the fleet. While a window is open nobody looks at the picture, and of several words
of one worker only the newest will count when somebody does. So the others are never parsed, which is most of the work
under constant change.
"""

from dataclasses import dataclass

from publisher.wire import RawWord


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A word and when it came (seconds on the replica's monotonic clock)."""

    word: RawWord
    came_at: float
    has_displaced: bool
    """Whether an older word of this worker was thrown away for it, which is missed if this one cannot be parsed."""


class Inbox:
    """Bounded by one word for each worker."""

    def __init__(self) -> None:
        self._unread: dict[str, Unread] = {}

    def put(self, word: RawWord, now: float) -> None:
        """Keep it, unless a newer one of its worker is there."""
        other = self._unread.get(word.worker_id)
        if other is None or word.seq > other.word.seq:
            self._unread[word.worker_id] = Unread(word=word, came_at=now, has_displaced=other is not None)

    def take(self) -> tuple[Unread, ...]:
        """All of them, for once."""
        unread = tuple(self._unread.values())
        self._unread.clear()
        return unread
