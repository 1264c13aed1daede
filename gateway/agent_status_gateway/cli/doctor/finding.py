"""Pure: the result of one check, and what to do if something is wrong."""

from enum import StrEnum
from typing import NamedTuple


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
        first = f"{self.verdict:<6} {self.what}"
        return [first, f"       → {self.advice}"] if self.advice else [first]


def ok(what: str) -> Finding:
    """Finding that all is well."""
    return Finding(Verdict.OK, what)


def note(what: str, advice: str = "") -> Finding:
    """Finding that is worth knowing."""
    return Finding(Verdict.NOTE, what, advice)


def wrong(what: str, advice: str) -> Finding:
    """Finding that something must be fixed."""
    return Finding(Verdict.WRONG, what, advice)
