"""Pure: `stalled`, the seconds without a call after which a session that works is stalled, as a query says them.

Two numbers of seconds are two views.
"""

import re
from collections.abc import Iterable
from typing import Final

from agent_status_gateway.state.views.query import WrongFieldError

STALLED: Final = "stalled"
"""The name of the field, and of what each row says then."""
MAX_STALLED_SECONDS: Final = 86_400
"""The most seconds that can be asked for: a day."""
SECONDS_EXPECTED: Final = f"a whole number of seconds, 1 to {MAX_STALLED_SECONDS}, once"
_SECONDS: Final = re.compile(r"[0-9]{1,5}")


def parse_stalled(values: Iterable[str]) -> int | None:
    """Parse the values of `stalled` that a query has, decoded; None without any.

    Raises:
        WrongFieldError: It is not a number from 1 to 86,400, or is there twice.
    """
    seconds: int | None = None
    for value in values:
        is_right = seconds is None and _SECONDS.fullmatch(value) and 1 <= int(value) <= MAX_STALLED_SECONDS
        if not is_right:
            raise WrongFieldError(STALLED, value, SECONDS_EXPECTED)
        seconds = int(value)
    return seconds
