"""Pure: the bytes that a terminal sends as keys.

A character is a key of its own. All others have names. Sequences that nobody knows are left out, whatever they are.
"""

import re
from codecs import getincrementaldecoder
from enum import StrEnum
from typing import Final


class Key(StrEnum):
    """Keys that are not characters."""

    UP = "up"
    DOWN = "down"
    PAGE_UP = "page up"
    PAGE_DOWN = "page down"
    HOME = "home"
    END = "end"
    ENTER = "enter"
    ESCAPE = "escape"
    BACKSPACE = "backspace"
    CLEAR_LINE = "clear line"
    REDRAW = "redraw"


MAX_SEQUENCE: Final = 32
"""The maximum characters of one sequence. What is longer is not a key."""
SEQUENCE: Final = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1bO[ -~]")
BEGINNING: Final = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|O)?")
FINAL: Final[dict[str, str]] = {"A": Key.UP, "B": Key.DOWN, "H": Key.HOME, "F": Key.END}
"""The keys by the last character of their sequence, whichever keys are held down with them."""
NUMBERED: Final[dict[str, str]] = {
    "1": Key.HOME,
    "4": Key.END,
    "5": Key.PAGE_UP,
    "6": Key.PAGE_DOWN,
    "7": Key.HOME,
    "8": Key.END,
}
"""The keys by the number of their sequence, which ends with `~`."""
CONTROLS: Final[dict[str, str]] = {
    "\r": Key.ENTER,
    "\n": Key.ENTER,
    "\x7f": Key.BACKSPACE,
    "\x08": Key.BACKSPACE,
    "\x15": Key.CLEAR_LINE,
    "\x0c": Key.REDRAW,
}


class KeyDecoder:
    """Keys from bytes, however these are cut into pieces."""

    def __init__(self) -> None:
        self._text = getincrementaldecoder("utf-8")("replace")
        self._begun = ""

    @property
    def is_in_sequence(self) -> bool:
        """True if more may come of a key that has begun. A lone Escape begins as the arrows do."""
        return bool(self._begun)

    def feed(self, data: bytes) -> list[str]:
        """Keys that are whole after these bytes."""
        rest, found = self._begun + self._text.decode(data), []
        self._begun = ""
        while rest:
            if rest[0] != "\x1b":
                key, rest = rest[0], rest[1:]
                found.append(CONTROLS.get(key, key))
            elif sequence := SEQUENCE.match(rest):
                found.append(_named(sequence[0]))
                rest = rest[sequence.end() :]
            elif BEGINNING.fullmatch(rest) and len(rest) <= MAX_SEQUENCE:
                self._begun, rest = rest, ""
            else:
                found.append(Key.ESCAPE)
                rest = rest[1:]
        return [key for key in found if key]

    def end(self) -> list[str]:
        """Keys that had begun, if nothing more comes: an Escape."""
        begun, self._begun = self._begun, ""
        return [Key.ESCAPE] if begun else []


def _named(sequence: str) -> str:
    """Name of the key that sends this; empty if nobody knows it."""
    if sequence.endswith("~"):
        return NUMBERED.get(sequence[2:-1].partition(";")[0], "")
    return FINAL.get(sequence[-1], "")
