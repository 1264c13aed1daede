"""Pure: what becomes of one entry of a ledger. The script of the ledger in Redis (ledger.lua) has the same rules."""

from collections.abc import Callable
from typing import Final, NamedTuple

from agent_status_gateway.cli.notify.ledger.ledger import SAME_SECONDS, Claim, Entry

TOLD: Final = -1.0
FREE: Final = 0.0
NOTHING: Final = Claim(None)


class Row(NamedTuple):
    """Row of a ledger: one thing that it remembers. Moments are seconds on the ledger's clock.

    Attributes:
        began: The moment at which it began to be true.
        claimed: The moment until which it is claimed; `FREE`, or `TOLD`.
        owner: The notifier that has claimed it; empty without one.
        id: The id of the message in which it is told; empty without one.
    """

    began: float
    claimed: float = FREE
    owner: str = ""
    id: str = ""


Act = Callable[[Row | None, Entry, float], tuple[Row | None, Claim]]
"""Act on a row, or on none, for an entry at a moment. It gives the row to write, if any, and the answer."""


def noted(row: Row | None, entry: Entry, now: float) -> tuple[Row | None, Claim]:
    """Note what is due, unless it is known."""
    if entry.must_be_noted or _known(row, entry, now) is not None:
        return None, NOTHING
    return Row(now - entry.age_seconds), NOTHING


def claimed(
    row: Row | None, entry: Entry, now: float, owner: str, id_: str, lease_seconds: float
) -> tuple[Row | None, Claim]:
    """Claim it for a time, unless it was told, or another notifier claims it."""
    known = _known(row, entry, now)
    if known is None:
        if entry.must_be_noted:
            return None, NOTHING
        known = Row(now - entry.age_seconds)
    if known.claimed == TOLD:
        return None, NOTHING
    if known.claimed > now and known.owner != owner:
        return None, Claim(None, known.claimed - now)
    claim = known._replace(claimed=now + lease_seconds, owner=owner, id=known.id or id_)
    return claim, Claim(claim.id)


def settled(row: Row | None, entry: Entry, now: float, owner: str) -> tuple[Row | None, Claim]:
    """Note that this notifier, which has claimed it, has told it."""
    known = _known(row, entry, now)
    return (None if known is None or known.owner != owner else known._replace(claimed=TOLD)), NOTHING


def _known(row: Row | None, entry: Entry, now: float) -> Row | None:
    """The row if it is of the same thing: it began at the same moment."""
    return row if row is not None and abs(now - entry.age_seconds - row.began) <= SAME_SECONDS else None
