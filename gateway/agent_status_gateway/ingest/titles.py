"""Titles of command-line agents' sessions: the name of the folder in which each began.

Rule 1. A session keeps its first title, whatever folder it goes to, also from one turn to the next.
Rule 2. A title is given once. The next session of a folder with that name gets the end of its id, too.
Rule 3. A title is free again when its session has ended for good, or was not seen for `KEPT_SECONDS`.
"""

from collections.abc import Callable
from pathlib import PurePath
from typing import Final

KEPT_SECONDS: Final = 12 * 3600.0
"""Seconds that a title belongs to a session without an event: an agent may be killed, which no event reports."""
MAX_TITLES: Final = 2000
"""Maximum titles that are kept. The one that was not used for longest goes first."""
MAX_FOLDER_CHARACTERS: Final = 180
"""Maximum characters of a folder's name in a title, so that an end of an id fits behind it."""
SUFFIX_CHARACTERS: Final = (4, 8)
"""Characters from the end of a session's id that tell two sessions of one folder apart. The first free one is taken."""


class Titles:
    """Titles by session key. `clock` gives monotonic seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._titles: dict[str, tuple[str, float]] = {}
        self._owners: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self._titles)

    def of(self, key: str, folder: str | None) -> str | None:
        """Find the title of a session, or give it one. `None` as long as it has not named a folder."""
        kept, _ = self._titles.pop(key, (None, 0.0))
        title = kept or self._new(key, folder)
        if title is None:
            return None
        self._titles[key] = title, self._clock()  # as the newest
        self._owners[title] = key
        if len(self._titles) > MAX_TITLES:
            self.forget(next(iter(self._titles)))
        return title

    def forget(self, key: str) -> None:
        """Free the title of a session that has ended for good."""
        title, _ = self._titles.pop(key, (None, 0.0))
        if title is not None:
            del self._owners[title]

    def _new(self, key: str, folder: str | None) -> str | None:
        self._forget_old()
        name = PurePath(folder.replace("\\", "/")).name[:MAX_FOLDER_CHARACTERS] if folder else ""
        if not name:
            return None
        session_id = key.partition(":")[2]
        choices = (name, *(f"{name} ({session_id[-length:]})" for length in SUFFIX_CHARACTERS))
        return next((title for title in choices if title not in self._owners), f"{name} ({session_id})")

    def _forget_old(self) -> None:
        oldest = self._clock() - KEPT_SECONDS
        for key in [key for key, (_, used_at) in self._titles.items() if used_at <= oldest]:
            self.forget(key)
