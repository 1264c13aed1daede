"""Pure: the JSON body with which somebody asks for a ticket: what it may open, and for how long.

What is not understood in it is an error, a repeated name included. Else a ticket could show more than was meant.
"""

import json
from typing import Any, Final, NamedTuple

from agent_status_gateway.access.keys.scopes import SCOPE_FIELDS, parse_scope
from agent_status_gateway.access.keys.tickets import MAX_SCOPE_CHARACTERS
from agent_status_gateway.state.views.query import LISTS, WrongFieldError, one_of
from agent_status_gateway.state.views.view import View

MAX_TICKET_SECONDS: Final = 31 * 24 * 3600
"""The longest that a ticket is valid, in seconds."""
MAX_BODY_BYTES: Final = 16 * 1024
"""The most bytes of a body: a ticket's scope has less."""
SECONDS: Final = "seconds"
NAMES: Final = (*SCOPE_FIELDS, SECONDS)
AN_OBJECT: Final = f"a JSON object of at most {MAX_BODY_BYTES} bytes, with no name twice"
A_NAME: Final = f"an object with no other names than {one_of(NAMES)}"
A_LIST: Final = "a list of texts, and not empty"
A_SPAN: Final = f"a whole number from 1 to {MAX_TICKET_SECONDS}"
NO_COMMA: Final = "a channel without comma; each channel is a text of its own"
IN_MEASURE: Final = f"a scope of at most {MAX_SCOPE_CHARACTERS} characters as a query: a ticket is in a URL"


class TicketRequest(NamedTuple):
    """The scope of a ticket, and the seconds that it is valid; None for the setting's."""

    scope: View
    seconds: int | None


def parse_ticket_request(body: bytes) -> TicketRequest:
    """Parse a body.

    Raises:
        WrongFieldError: Anything in it is not understood. `field` is empty if that is the body as a whole.
    """
    given = _object(body)
    seconds = given.pop(SECONDS, None)
    fields: list[tuple[str, str]] = []
    for name, values in given.items():
        if name not in SCOPE_FIELDS:
            raise WrongFieldError("", name, A_NAME)
        if not isinstance(values, list) or not values or not all(isinstance(value, str) for value in values):
            raise WrongFieldError(name, repr(values), A_LIST)
        if name in LISTS and (value := next((value for value in values if "," in value), None)) is not None:
            raise WrongFieldError(name, value, NO_COMMA)
        fields += [(name, value) for value in values]
    scope = parse_scope(fields)
    if len(scope.query()) > MAX_SCOPE_CHARACTERS:
        raise WrongFieldError("", "", IN_MEASURE)
    return TicketRequest(scope, seconds)


def _object(body: bytes) -> dict[str, Any]:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ValueError("a name is there twice")
        return found

    try:
        given = json.loads(body.decode(), object_pairs_hook=once) if len(body) <= MAX_BODY_BYTES else None
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict):
        raise WrongFieldError("", body.decode("utf-8", "replace"), AN_OBJECT)
    if SECONDS in given:
        seconds = given[SECONDS]
        # True is an int to Python.
        if type(seconds) is not int or not 1 <= seconds <= MAX_TICKET_SECONDS:
            raise WrongFieldError(SECONDS, repr(seconds), A_SPAN)
    return given
