"""Pure: what becomes of one entry of a ledger. The script of the ledger in Redis (ledger.lua) has the same rules."""

from collections.abc import Callable
from typing import Final

from agent_status_gateway.cli.notify.ledger.ledger import SAME_SECONDS, Claim, Entry
from agent_status_gateway.cli.notify.ledger.row import NEVER, TOLD, Row
from agent_status_gateway.cli.notify.ledger.sameness import Thing, after, is_gone, thing_of

NOTHING: Final = Claim(None)

Act = Callable[[Row | None, Entry, float], tuple[Row | None, Claim]]
"""Act on a row, or on none, for an entry at a moment. It gives the row to write, if any, and the answer."""


def noted(row: Row | None, entry: Entry, now: float) -> tuple[Row | None, Claim]:
    """Note what is due, unless it is known."""
    if is_gone(row, entry, now):
        return None, NOTHING
    if row is not None and thing_of(row, entry, now) is Thing.SAME:
        again = _begun_again(row, entry, now)
        return (None if again == row else again), NOTHING
    return (None if entry.must_be_noted else _new(row, entry, now)), NOTHING


def claimed(
    row: Row | None, entry: Entry, now: float, owner: str, id_: str, lease_seconds: float
) -> tuple[Row | None, Claim]:
    """Claim it for a time, unless it was told, or another notifier claims it."""
    if is_gone(row, entry, now):
        return None, NOTHING
    if row is None or thing_of(row, entry, now) is Thing.LATER:
        if entry.must_be_noted:
            return None, NOTHING
        row = _new(row, entry, now)
    row = _begun_again(row, entry, now)
    if row.claimed == TOLD or row.over != NEVER:
        return None, NOTHING
    if row.claimed > now and row.owner != owner:
        return None, Claim(None, row.claimed - now)
    row = row._replace(claimed=now + lease_seconds, owner=owner, id=row.id or id_)
    return row, Claim(row.id)


def settled(row: Row | None, entry: Entry, now: float, owner: str) -> tuple[Row | None, Claim]:
    """Note that this notifier, which has claimed it, has told it."""
    if row is None or row.owner != owner or thing_of(row, entry, now) is not Thing.SAME:
        return None, NOTHING
    return row._replace(claimed=TOLD), NOTHING


def ended(row: Row | None, entry: Entry, now: float) -> tuple[Row | None, Claim]:
    """Note that it is not true, and that what this notifier has seen is over."""
    untrue = now - entry.over_seconds
    if row is None:
        return Row(NEVER, untrue=untrue), NOTHING
    seen = row._replace(untrue=max(row.untrue, untrue))
    # Each may be late by some seconds: who first saw it, and who sees that it is not true.
    is_own = entry.over_seconds < entry.age_seconds and thing_of(row, entry, now) is Thing.SAME
    least = row.began + (-SAME_SECONDS if is_own else SAME_SECONDS)
    if untrue > least and (row.over == NEVER or untrue < row.over):
        seen = seen._replace(over=untrue)
    return (None if seen == row else seen), NOTHING


def _begun_again(row: Row, entry: Entry, now: float) -> Row:
    """The row, which is not over any more if it has begun again so soon that it is the same thing."""
    return row._replace(over=NEVER) if after(entry, now) > row.began else row


def _new(row: Row | None, entry: Entry, now: float) -> Row:
    untrue = NEVER if row is None else row.untrue
    return Row(now - entry.age_seconds, after=after(entry, now), untrue=untrue)
