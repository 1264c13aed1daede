"""Pure: what keys do to the list, to the session that is open, and to the help.

Rule 1. The cursor is on a session, not on a line: it goes with the session when the order changes.
Rule 2. If that session is gone, the cursor is on the one in its place.
Rule 3. Without a cursor, the list shows its beginning. The first key that moves sets the cursor where people look.
Rule 4. Escape takes back the last thing that is there: the help, the open session, the filter, the cursor.
Rule 5. A list that is scrolled stays in its place around the cursor, whatever comes and goes above it. At its beginning
        it stays there, so that what comes first is seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from agent_status_gateway.cli.terminal.live.keys import Key
from agent_status_gateway.cli.terminal.presentation import ATTENTION, ORDERS
from agent_status_gateway.plain_text import is_active

MAX_FILTER: Final = 100
"""The maximum characters of a filter that is typed."""
MOVES: Final[dict[str, str]] = {
    Key.UP: Key.UP,
    "k": Key.UP,
    Key.DOWN: Key.DOWN,
    "j": Key.DOWN,
    Key.PAGE_UP: Key.PAGE_UP,
    "b": Key.PAGE_UP,
    Key.PAGE_DOWN: Key.PAGE_DOWN,
    " ": Key.PAGE_DOWN,
    Key.HOME: Key.HOME,
    "g": Key.HOME,
    Key.END: Key.END,
    "G": Key.END,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Browsing:
    """Choice of what a person sees.

    Attributes:
        order: Name of the list's order.
        matching: Text of the filter.
        is_typing: True while the filter is typed.
        selected: Key of the session with the cursor.
        place: Where that session was in the list.
        first: Place of the first session on the screen.
        page: Number of sessions, or of lines, that the screen had room for.
        opened: Key of the session that is open.
        scrolled: Number of lines above the screen, of the open session or the help.
        has_help: True while the help is shown.
        is_over: True once the person has quit.
    """

    order: str = ATTENTION
    matching: str = ""
    is_typing: bool = False
    selected: str | None = None
    place: int = 0
    first: int = 0
    page: int = 1
    opened: str | None = None
    scrolled: int = 0
    has_help: bool = False
    is_over: bool = False

    def after(self, key: str, listed: Sequence[str]) -> "Browsing":
        """Choice after a key, in a list of sessions with these keys."""
        if self.is_typing:
            return self._after_typing(key, listed)
        anywhere = {"q": self._quit, "?": self._switch_help, Key.ESCAPE: self._back}
        if key in anywhere:
            return anywhere[key]()
        if self.has_help or self.opened is not None:
            return self._scroll(MOVES.get(key, ""))
        if key == Key.ENTER:
            return self._open(listed)
        in_list = {"/": self._begin_typing, "s": self._sort}
        return in_list[key]() if key in in_list else self._move(MOVES.get(key, ""), listed)

    def settled(self, listed: Sequence[str]) -> "Browsing":
        """Choice with the cursor on a session of the list, as this is now."""
        if self.selected is None:
            return self
        if not listed:
            return replace(self, first=0)
        place = self._place(listed)
        first = max(1, self.first + place - self.place) if self.first else 0
        return replace(self, selected=listed[place], place=place, first=first)

    def _after_typing(self, key: str, listed: Sequence[str]) -> "Browsing":
        if key in {Key.ENTER, Key.ESCAPE} or (key == Key.BACKSPACE and not self.matching):
            given_up = key == Key.ESCAPE
            return replace(self._filter("") if given_up else self, is_typing=False)
        if key == Key.BACKSPACE:
            return self._filter(self.matching[:-1])
        if key == Key.CLEAR_LINE:
            return self._filter("")
        if len(key) > 1:
            return self._move(key, listed)
        return self if is_active(key) else self._filter((self.matching + key)[:MAX_FILTER])

    def _filter(self, matching: str) -> "Browsing":
        return replace(self, matching=matching, first=0)

    def _quit(self) -> "Browsing":
        return replace(self, is_over=True)

    def _switch_help(self) -> "Browsing":
        return replace(self, has_help=not self.has_help, scrolled=0)

    def _begin_typing(self) -> "Browsing":
        return replace(self, is_typing=True)

    def _sort(self) -> "Browsing":
        orders = list(ORDERS)
        return replace(self, order=orders[(orders.index(self.order) + 1) % len(orders)], first=0)

    def _back(self) -> "Browsing":
        if self.has_help:
            return replace(self, has_help=False, scrolled=0)
        if self.opened is not None:
            return replace(self, opened=None, scrolled=0)
        if self.matching:
            return self._filter("")
        return replace(self, selected=None, place=0, first=0)

    def _scroll(self, move: str) -> "Browsing":
        """Move over lines. How many there are is known when they are drawn."""
        match move:
            case Key.UP | Key.DOWN:
                scrolled = self.scrolled + (1 if move == Key.DOWN else -1)
            case Key.PAGE_UP | Key.PAGE_DOWN:
                scrolled = self.scrolled + (self.page if move == Key.PAGE_DOWN else -self.page)
            case Key.HOME:
                scrolled = 0
            case Key.END:
                scrolled = 1_000_000  # the drawing knows the end
            case _:
                return self
        return replace(self, scrolled=max(0, scrolled))

    def _open(self, listed: Sequence[str]) -> "Browsing":
        if not listed:
            return self
        place = self._place(listed) if self.selected is not None else min(self.first, len(listed) - 1)
        return replace(self, selected=listed[place], place=place, opened=listed[place], scrolled=0)

    def _move(self, move: str, listed: Sequence[str]) -> "Browsing":
        if not listed or not move:
            return self
        at, first = self.first, self.first
        if self.selected is not None:
            at = self._place(listed)
        match move:
            case Key.UP:
                at -= self.selected is not None
            case Key.DOWN:
                at += self.selected is not None
            case Key.PAGE_UP:
                at, first = at - self.page, first - self.page
            case Key.PAGE_DOWN:
                at, first = at + self.page, first + self.page
            case Key.HOME:
                at = first = 0
            case Key.END:
                at = len(listed) - 1
            case _:
                return self
        last = len(listed) - 1
        at = min(max(0, at), last)
        return replace(self, selected=listed[at], place=at, first=min(max(0, first), last))

    def _place(self, listed: Sequence[str]) -> int:
        """Place of the session with the cursor, or the one that it had, in a list that is not empty."""
        try:
            return listed.index(self.selected or "")
        except ValueError:
            return min(self.place, len(listed) - 1)
