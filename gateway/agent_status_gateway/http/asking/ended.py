"""Pure: `ended`, how many seconds ago a session may have ended that a view tells."""

import re
from collections.abc import Iterable
from typing import Final

from agent_status_gateway.state.views.query import WrongFieldError

ENDED: Final = "ended"
"""The name of the field."""
MAX_ENDED_SECONDS: Final = 3600
"""The most seconds: workers report their ends for an hour."""
SECONDS_EXPECTED: Final = f"a whole number of seconds, 1 to {MAX_ENDED_SECONDS}, once"
_SECONDS: Final = re.compile(r"[0-9]{1,4}")


def parse_ended(values: Iterable[str]) -> int | None:
    """Parse the values of `ended` that a query has, decoded; None if there are none.

    Raises:
        WrongFieldError: It is not such a number, or is there twice.
    """
    given = list(values)
    if not given:
        return None
    value = given[-1]
    if len(given) > 1 or not _SECONDS.fullmatch(value) or not 1 <= int(value) <= MAX_ENDED_SECONDS:
        raise WrongFieldError(ENDED, value, SECONDS_EXPECTED)
    return int(value)
