"""Pure: what becomes of one entry of a ledger. The script of the ledger in Redis (ledger.lua) has the same rules."""

from collections.abc import Callable
from typing import Final, NamedTuple

from agent_status_gateway.cli.notify.ledger.ledger import SAME_SECONDS, Claim, Entry

TOLD: Final = -1.0
FREE: Final = 0.0
NOTHING: Final = Claim(None)


class Row(NamedTuple):
    """What a ledger remembers of one thing. Moments are seconds on the ledger's clock.

    Attributes:
        began: The moment at which it began to be true.
        id: The id of the message in which it is told.
        claimed: The moment until which it is claimed; `FREE`, or `TOLD`.
    """

    began: float
    id: str
    claimed: float


Act = Callable[[Row | None, Entry, float], tuple[Row | None, Claim]]
"""What is done with a row, or without one, for an entry at a moment: the row to write, if any, and the answer."""


def noted(row: Row | None, entry: Entry, id_: str, now: float) -> tuple[Row | None, Claim]:
    """Note what is due, unless it is known."""
    if _known(row, entry, now) is not None or entry.must_be_noted:
        return None, NOTHING
    return Row(now - entry.age_seconds, id_, FREE), Claim(id_)


def claimed(row: Row | None, entry: Entry, id_: str, now: float, until: float) -> tuple[Row | None, Claim]:
    """Claim it until a moment, unless it was told, or another claims it."""
    known = _known(row, entry, now)
    if known is None:
        if entry.must_be_noted:
            return None, NOTHING
        return Row(now - entry.age_seconds, id_, until), Claim(id_)
    if known.claimed == TOLD:
        return None, NOTHING
    if known.claimed > now and known.id != id_:
        return None, Claim(None, known.claimed - now)
    return known._replace(claimed=until), Claim(known.id)


def settled(row: Row | None, entry: Entry, id_: str, now: float) -> tuple[Row | None, Claim]:
    """Note that it was told under this id."""
    known = _known(row, entry, now)
    return (None if known is None or known.id != id_ else known._replace(claimed=TOLD)), NOTHING


def _known(row: Row | None, entry: Entry, now: float) -> Row | None:
    """The row if it is of the same thing: it began at the same moment."""
    return row if row is not None and abs(now - entry.age_seconds - row.began) <= SAME_SECONDS else None
