"""Pure: what a ledger of messages is asked, and what it answers.

Rule 1. What is due is noted at once. So a notifier that dies before it tells that leaves it to the next one.
Rule 2. A notifier that tells something claims it first, for a short time: the lease. No other one tells it during that.
Rule 3. What was claimed under one id stays under it, also when another notifier tells it after a death.
Rule 4. The same thing has the same name, and began at the same moment, but for a few seconds. Beginnings are counted
        back from the ledger's own clock, so it does not matter if notifiers' clocks differ.
Rule 5. Nobody says since when all sessions are idle or degraded. So an entry says between which moments that began,
        and the ledger is told when it is over.
"""

from collections.abc import Sequence
from hashlib import sha256
from secrets import token_hex
from typing import Final, NamedTuple, Protocol

SAME_SECONDS: Final = 3.0
"""Seconds by which the beginnings of one thing may differ, as two notifiers or two readings see them."""
KEEP_SECONDS: Final = 7 * 86_400
"""Seconds for which a ledger remembers what was told."""


class Entry(NamedTuple):
    """Something to tell one target.

    Attributes:
        name: What names it, in 64 hex digits: the rule's condition, the session and the target.
        age_seconds: Since when it is true; of all sessions, since when it was seen to be true.
        must_be_noted: True if it is told only where it was noted before.
        untrue_seconds: Of all sessions, since when it was not seen not to be true; infinity if it never was. None
            where the beginning is known.
        over_seconds: Since when it is over, for `end` alone.
    """

    name: str
    age_seconds: float
    must_be_noted: bool = False
    untrue_seconds: float | None = None
    over_seconds: float = 0.0


class Claim(NamedTuple):
    """An answer for one entry. With neither an id nor a wait, there is nothing to tell.

    Attributes:
        id: The id of the message to tell it in; None if it is not to be told now.
        wait_seconds: Seconds after which to ask again, since another notifier is telling it; None if it was told.
    """

    id: str | None
    wait_seconds: float | None = None


class LedgerError(Exception):
    """A ledger that cannot be asked now."""


class Ledger(Protocol):
    """One notifier's ledger. A method raises LedgerError where it cannot be asked. Several threads may call it."""

    def note(self, entries: Sequence[Entry]) -> None:
        """Note that these are due, unless they were noted before."""

    def claim(self, entries: Sequence[Entry], id_: str, lease_seconds: float) -> list[Claim]:
        """Claim these for a time, under this id if they have none yet. A claim of one's own is prolonged."""

    def settle(self, entries: Sequence[Entry]) -> None:
        """Note that these, which are claimed, were told."""

    def end(self, entries: Sequence[Entry]) -> None:
        """Note that these, which were true of all sessions, are over."""


def name_of(condition: str, session_key: str, target: str) -> str:
    """Name one thing to tell one target."""
    return sha256(f"{target}\n{condition}\n{session_key}".encode("utf-8", "surrogatepass")).hexdigest()


def new_owner() -> str:
    """Make a name for one notifier, which no other one has."""
    return token_hex(8)
