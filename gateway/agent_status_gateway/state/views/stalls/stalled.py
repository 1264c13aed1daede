"""Pure: `stalled`, the seconds without a call after which a session that works is stalled, as a query says them.

Two numbers of seconds are two views.
"""

from collections.abc import Iterable
from typing import Final

from agent_status_gateway.state.views.query import parse_seconds

STALLED: Final = "stalled"
"""The name of the field, and of what each row says then."""
MAX_STALLED_SECONDS: Final = 86_400
"""The most seconds that can be asked for: a day."""


def parse_stalled(values: Iterable[str]) -> int | None:
    """Parse the values of `stalled` that a query has, decoded; None without any.

    Raises:
        WrongFieldError: It is not a number from 1 to 86,400, or is there twice.
    """
    return parse_seconds(STALLED, values, least=1, most=MAX_STALLED_SECONDS)
