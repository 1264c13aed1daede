"""Pure: a scope, which is the view that a key or a ticket allows. What is not understood in one is an error.

A query may have fields that are not ours, and they are ignored. In a scope, that would show more than was meant.
"""

from collections.abc import Iterable
from typing import Final
from urllib.parse import parse_qsl, unquote_plus

from agent_status_gateway.state.views.query import FIELDS, LISTS, WrongFieldError, one_of, parse_view
from agent_status_gateway.state.views.view import View

SCOPE_FIELDS: Final = tuple(name for name in FIELDS if name != "state")
"""The fields of a scope. A session's state changes all the time, so a scope by it would make workers flicker."""
A_SCOPE_FIELD: Final = one_of(SCOPE_FIELDS)
SPELLING: Final = "UTF-8, percent-encoded as in a query, with a name and a value in each field"

A_PLAIN_COMMA: Final = "spelled without %2C: each comma begins another one, so none can have a comma"


def parse_scope(fields: Iterable[tuple[str, str]]) -> View:
    """Parse a scope from names and values, both decoded.

    Raises:
        WrongFieldError: A name is not a scope's, a value is wrong, or there are more than 100.
    """
    given = list(fields)
    for name, _ in given:
        if name not in SCOPE_FIELDS:
            raise WrongFieldError("", name, A_SCOPE_FIELD)
    return parse_view(given)


def read_scope(text: str) -> View:
    """Parse a scope that is spelled as a query.

    Raises:
        WrongFieldError: As for `parse_scope`, or it is not spelled as a query. Without a field, `field` is empty.
    """
    try:
        fields = parse_qsl(text, keep_blank_values=True, strict_parsing=True, encoding="utf-8", errors="strict")
    except ValueError:
        raise WrongFieldError("", text, SPELLING) from None
    for field in text.split("&"):
        name, _, value = field.partition("=")
        # Who encodes a comma means one value that has it, and would allow two others.
        if (name := unquote_plus(name)) in LISTS and "%2c" in value.lower():
            raise WrongFieldError(name, value, A_PLAIN_COMMA)
    return parse_scope(fields)
