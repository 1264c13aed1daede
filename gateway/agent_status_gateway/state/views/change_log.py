"""Pure: which keys of a view changed in which version of it.

Rule 1. A version is the rows of a view after one look at them. It has a number, since its id says nothing of titles,
        tokens and times: rows that went from A to B and back to A have one id in two versions.
Rule 2. What changed since a version is known as long as no key that changed after it has been dropped. The keys that
        changed longest ago are dropped first. Nothing else is kept of old versions.
"""

from collections.abc import Iterable
from itertools import takewhile
from typing import Final

MAX_LOGGED_KEYS: Final = 10_000
"""The most keys that are kept: a client that is further behind gets a whole snapshot."""


class ChangeLog:
    """The keys that changed last, each with its version, in the order of their changes."""

    __slots__ = ("_changed", "_known_from", "version")

    def __init__(self) -> None:
        self.version = 0
        self._changed: dict[str, int] = {}
        self._known_from = 0  # the oldest version since which all changes are known

    def note(self, keys: Iterable[str]) -> None:
        """Begin a new version, in which these keys have changed."""
        self.version = version = self.version + 1
        changed = self._changed
        for key in keys:
            changed.pop(key, None)
            changed[key] = version
        while len(changed) > MAX_LOGGED_KEYS:
            self._known_from = changed.pop(next(iter(changed)))

    def forget(self) -> None:
        """Begin a new version of which nothing is known but itself."""
        self.version += 1
        self._known_from = self.version
        self._changed.clear()

    def since(self, version: int) -> list[str] | None:
        """The keys that changed after this version; None if that is not known."""
        if version < self._known_from:
            return None
        newest_first = reversed(self._changed.items())
        return [key for key, _ in takewhile(lambda item: item[1] > version, newest_first)]
