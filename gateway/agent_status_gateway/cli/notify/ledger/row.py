"""Pure: one row of a ledger."""

from typing import Final, NamedTuple

TOLD: Final = -1.0
FREE: Final = 0.0
NEVER: Final = 0.0
"""The moment before all others."""


class Row(NamedTuple):
    """Row of a ledger: one thing that it remembers. Moments are seconds on the ledger's clock.

    Attributes:
        began: The moment at which it began to be true, or at which it was first seen; `NEVER` if nothing was noted.
        claimed: The moment until which it is claimed; `FREE`, or `TOLD`.
        owner: The notifier that has claimed it; empty without one.
        id: The id of the message in which it is told; empty without one.
        after: The last moment before `began` at which it was seen not to be true; `NEVER` of a session.
        over: The moment at which it was seen to be over; `NEVER` until then.
        untrue: The last moment at which any notifier saw that it was not true, or not any more.
    """

    began: float
    claimed: float = FREE
    owner: str = ""
    id: str = ""
    after: float = NEVER
    over: float = NEVER
    untrue: float = NEVER
