"""How many seconds a request may be held until there is news, as its query says."""

import re
from typing import Final

from starlette.types import Scope

from agent_status_gateway.http.asking.asked import by_spelling, query_fields
from agent_status_gateway.state.views.query import WrongFieldError

WAIT: Final = "wait"
MAX_WAIT_SECONDS: Final = 60
"""The longest that a request is held, in seconds: proxies give up after that long without a byte."""
SECONDS_EXPECTED: Final = f"a whole number of seconds, 0 to {MAX_WAIT_SECONDS}, once"
_NAMES: Final = by_spelling(WAIT)
_SECONDS: Final = re.compile(r"[0-9]{1,2}")


def seconds_to_wait(scope: Scope) -> int:
    """Find how many seconds a request may be held; 0 if it asks for an answer at once.

    Raises:
        WrongFieldError: `wait` has a wrong value, or is there twice.
    """
    query: bytes = scope["query_string"]
    given = [value for _, value in query_fields(query, _NAMES)] if query else []
    if not given:
        return 0
    value = given[-1]
    if len(given) > 1 or not _SECONDS.fullmatch(value) or int(value) > MAX_WAIT_SECONDS:
        raise WrongFieldError(WAIT, value, SECONDS_EXPECTED)
    return int(value)
