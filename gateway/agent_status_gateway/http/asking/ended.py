"""Pure: `ended`, how many seconds ago a session may have ended that a view tells."""

from collections.abc import Iterable
from typing import Final

from agent_status_gateway.state.views.query import parse_seconds

ENDED: Final = "ended"
"""The name of the field."""
MAX_ENDED_SECONDS: Final = 3600
"""The most seconds: workers report their ends for an hour."""


def parse_ended(values: Iterable[str]) -> int | None:
    """Parse the values of `ended` that a query has, decoded; None if there are none.

    Raises:
        WrongFieldError: It is not a number from 1 to 3,600, or is there twice.
    """
    return parse_seconds(ENDED, values, least=1, most=MAX_ENDED_SECONDS)
