"""The body of a request for a ticket: read with a bound, and described in the OpenAPI document."""

from typing import Any, Final

from fastapi import Request
from starlette.requests import ClientDisconnect

from agent_status_gateway.access.credentials import fields_of
from agent_status_gateway.access.keys.scopes import SCOPE_FIELDS
from agent_status_gateway.access.keys.ticket_request import (
    AN_OBJECT,
    MAX_BODY_BYTES,
    MAX_TICKET_SECONDS,
    NAMES,
    SECONDS,
    TicketRequest,
    parse_ticket_request,
)
from agent_status_gateway.http.answers.unprocessable import WrongFields
from agent_status_gateway.state.views.query import WrongFieldError
from agent_status_gateway.state.views.view import WHOLE

PLAIN: Final = TicketRequest(WHOLE, None)
"""A ticket for all that the key may see, for as long as the setting says: a request without a body asks for it."""
IN_THE_BODY: Final = "in the JSON body, not in the query"
_LIST: Final = {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1}
TICKET_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "description": "What the ticket opens, at most what the key may see. Whatever is not understood is a 422.",
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {
                        **dict.fromkeys(SCOPE_FIELDS, _LIST),
                        SECONDS: {"type": "integer", "minimum": 1, "maximum": MAX_TICKET_SECONDS},
                    },
                },
                "example": {"session": ["web:42"], "seconds": 86_400},
            }
        },
    }
}
TICKET_ERRORS: Final[dict[int | str, dict[str, Any]]] = {
    422: {"description": "A field of the body is wrong or not understood. `detail` names it.", "model": WrongFields}
}


async def ticket_asked_by(request: Request) -> TicketRequest:
    """Read what a request asks for.

    Raises:
        WrongFieldError: Anything in the body is not understood, or the query narrows, which a ticket does not follow.
    """
    names = {name for name, _ in fields_of(request.scope["query_string"])}
    for name in NAMES:
        if name.encode() in names:
            raise WrongFieldError(name, "", IN_THE_BODY)
    body = bytearray()
    try:
        async for part in request.stream():
            body += part
            if len(body) > MAX_BODY_BYTES:
                raise WrongFieldError("", "", AN_OBJECT)
    except ClientDisconnect:  # nobody reads the answer
        raise WrongFieldError("", "", AN_OBJECT) from None
    return parse_ticket_request(bytes(body)) if body else PLAIN
