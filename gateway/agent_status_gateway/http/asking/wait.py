"""How many seconds a request may be held until there is news, as its query says."""

from typing import Final

from starlette.types import Scope

from agent_status_gateway.http.asking.asked import by_spelling, query_fields
from agent_status_gateway.state.views.query import parse_seconds

WAIT: Final = "wait"
MAX_WAIT_SECONDS: Final = 60
"""The longest that a request is held, in seconds: proxies give up after that long without a byte."""
_NAMES: Final = by_spelling(WAIT)


def seconds_to_wait(scope: Scope) -> int:
    """Find how many seconds a request may be held; 0 if it asks for an answer at once.

    Raises:
        WrongFieldError: `wait` has a wrong value, or is there twice.
    """
    query: bytes = scope["query_string"]
    given = [value for _, value in query_fields(query, _NAMES)] if query else []
    return parse_seconds(WAIT, given, least=0, most=MAX_WAIT_SECONDS) or 0
