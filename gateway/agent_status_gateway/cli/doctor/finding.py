"""Pure: one thing that was looked at: how it is, and what to do if it is not right."""

from enum import StrEnum
from typing import NamedTuple


class Verdict(StrEnum):
    """How a thing is."""

    OK = "ok"
    NOTE = "note"
    """Could not be seen, or does no harm."""
    WRONG = "wrong"


class Finding(NamedTuple):
    """`advice` is what to do; empty where nothing is."""

    verdict: Verdict
    what: str
    advice: str = ""

    def lines(self) -> list[str]:
        """As a person reads it."""
        first = f"{self.verdict:<6} {self.what}"
        return [first, f"       → {self.advice}"] if self.advice else [first]


def ok(what: str) -> Finding:
    """It is as it should be."""
    return Finding(Verdict.OK, what)


def note(what: str, advice: str = "") -> Finding:
    """Worth knowing."""
    return Finding(Verdict.NOTE, what, advice)


def wrong(what: str, advice: str) -> Finding:
    """It has to be mended."""
    return Finding(Verdict.WRONG, what, advice)
