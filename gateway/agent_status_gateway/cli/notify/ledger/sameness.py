"""Pure: whether an entry is of the thing that a row remembers.

Rule 1. Two sights whose beginnings differ by `SAME_SECONDS` at most are of the same thing.
Rule 2. Nobody knows when something of all sessions began. A notifier knows the last moment at which it saw it not to be
        true, and the first at which it saw it. Two such intervals that overlap are of the same thing.
Rule 3. Such a thing is over once any notifier sees so. What is seen after that is another thing for a notifier that saw
        the end. For any other one it is so `SAME_SECONDS` later, since its snapshot may be late.
Rule 4. Until then it is the same thing, however long it lasts, for a notifier that did not see it not to be true.
Rule 5. Such a thing is gone if it began before the one that is known. So it is if it was first seen more than
        `SAME_SECONDS` before any notifier saw it not to be true. What is gone is not told.
"""

from enum import Enum, auto

from agent_status_gateway.cli.notify.ledger.ledger import SAME_SECONDS, Entry
from agent_status_gateway.cli.notify.ledger.row import NEVER, Row


class Thing(Enum):
    """The thing of an entry, beside that of a row."""

    EARLIER = auto()
    SAME = auto()
    LATER = auto()


def thing_of(row: Row, entry: Entry, now: float) -> Thing:
    """Say whether an entry is of the thing of this row."""
    began, untrue_before = now - entry.age_seconds, after(entry, now)
    if abs(began - row.began) <= SAME_SECONDS:
        return Thing.SAME
    if entry.untrue_seconds is None or row.began == NEVER or untrue_before > row.began + SAME_SECONDS:
        return Thing.LATER
    if row.over != NEVER and (untrue_before >= row.over - SAME_SECONDS or began > row.over + SAME_SECONDS):
        return Thing.LATER
    return Thing.EARLIER if began < row.after - SAME_SECONDS else Thing.SAME


def is_gone(row: Row | None, entry: Entry, now: float) -> bool:
    """True if it was over before now, as other notifiers have seen."""
    if row is None:
        return False
    return now - entry.age_seconds < row.untrue - SAME_SECONDS or thing_of(row, entry, now) is Thing.EARLIER


def after(entry: Entry, now: float) -> float:
    """The moment after which it began; `NEVER` if that is not known."""
    return NEVER if entry.untrue_seconds is None else max(NEVER, now - entry.untrue_seconds)
