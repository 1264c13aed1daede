"""Pure: the result of one check, and what to do if something is wrong."""

from enum import StrEnum
from typing import Final, NamedTuple

from agent_status_gateway.plain_text import plain

MAX_CHARACTERS: Final = 600
"""The maximum characters of a line."""


class Verdict(StrEnum):
    """Outcome of a check."""

    OK = "ok"
    NOTE = "note"
    """Not checked, or harmless."""
    WRONG = "wrong"


class Finding(NamedTuple):
    """Result of one check. `advice` says what to do; it is empty if there is nothing to do."""

    verdict: Verdict
    what: str
    advice: str = ""

    def lines(self) -> list[str]:
        """Lines to print."""
        first = f"{self.verdict:<6} {_shown(self.what)}"
        return [first, f"       → {_shown(self.advice)}"] if self.advice else [first]


def ok(what: str) -> Finding:
    """Finding that all is well."""
    return Finding(Verdict.OK, what)


def note(what: str, advice: str = "") -> Finding:
    """Finding that is worth knowing."""
    return Finding(Verdict.NOTE, what, advice)


def wrong(what: str, advice: str = "") -> Finding:
    """Finding that something must be fixed. Without advice, `what` says how."""
    return Finding(Verdict.WRONG, what, advice)


def _shown(text: str) -> str:
    """The text without characters that act on a terminal, and cut: a gateway or Redis may have written a part of it."""
    return plain(text[:MAX_CHARACTERS])
