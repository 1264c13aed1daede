"""Tickets for the stream: a short secret that may be in a URL."""

from typing import Annotated

from fastapi import Depends, Request, Response
from pydantic import Field
from starlette.responses import JSONResponse
from typing_extensions import TypedDict

from agent_status_gateway.access.credentials import ask_in_measure, reader_now, require_key
from agent_status_gateway.http.answers.unprocessable import unprocessable
from agent_status_gateway.http.asking.ticket import TICKET_BODY, TICKET_ERRORS, ticket_asked_by
from agent_status_gateway.http.endpoints.routers import REFUSED, ThisReplica, open_to_all
from agent_status_gateway.paths import TICKET_PATH
from agent_status_gateway.state.views.query import WrongFieldError


class Ticket(TypedDict):
    """Ticket that opens streams, text and badge by `?ticket=`, so that no key has to be in a URL."""

    ticket: Annotated[str, Field(description="Empty if no key is required; it opens them all the same")]
    expires_in: Annotated[int, Field(description="Seconds that the ticket is valid, for any number of connects")]


@open_to_all.post(
    TICKET_PATH,
    response_model=Ticket,
    responses=REFUSED | TICKET_ERRORS,
    tags=["status"],
    dependencies=[Depends(ask_in_measure), Depends(require_key)],
    openapi_extra=TICKET_BODY,
    summary="A ticket for streams, text and badge",
)
async def ticket(request: Request, replica: ThisReplica) -> Response:
    """A ticket signed with the key: valid on every replica, for every reconnect, and void once its key is removed.

    With a body, the ticket opens a part of what the key may see, or is valid for as long as the body says.
    """
    try:
        scope, seconds = await ticket_asked_by(request)
    except WrongFieldError as error:
        return unprocessable(error, "body")
    text, seconds = replica.access.ticket(reader_now(request).key_name, scope, seconds)
    return JSONResponse({"ticket": text, "expires_in": seconds}, headers={"Cache-Control": "no-store"})
