"""A share link: the page of one part of the fleet, for everybody who has the link, until it expires."""

from typing import Final
from urllib.parse import quote

from pydantic import BaseModel, ValidationError

from agent_status_gateway.cli.reading.problems import NoGatewayError, ReaderError
from agent_status_gateway.cli.reading.requests import Gateway
from agent_status_gateway.paths import TICKET_PATH
from agent_status_gateway.state.views.view import View

DAY_SECONDS: Final = 86_400
SCOPED_PARTS: Final = 4
"""The parts of a ticket with a scope. One without has a part less."""


class _Answer(BaseModel):
    ticket: str
    expires_in: int


def share_link(gateway: Gateway, view: View, seconds: int) -> str:
    """Make a link to the page that shows this view alone.

    Raises:
        ReaderError: No link can be to this view, or the gateway gives no ticket for it.
    """
    if view.is_whole:
        raise ReaderError("--view is missing: a link is to a part of the fleet, such as 'session=web:42'")
    if view.state is not None:
        raise ReaderError("--view: a link cannot be to states, since they change; use channels, sessions or labels")
    if view.session is not None and len(view.session) == 1 and view.session == view.parent:
        raise ReaderError(
            "--view: all fields must hold, and no session is its own parent, so this link would show nothing. "
            "Make a link to the session, and one to its children with 'parent' alone"
        )
    lists = {"session": view.session, "channel": view.channel, "parent": view.parent, "label": view.label}
    asked = {name: sorted(values) for name, values in lists.items() if values}
    response = gateway.post(TICKET_PATH, asked | {"seconds": seconds})
    try:
        answer = _Answer.model_validate_json(response.text)
    except ValidationError:
        raise NoGatewayError(f"{gateway.url} did not answer with a ticket: is it a gateway?") from None
    if not answer.ticket:  # no key is required, so anyone may read, and the page must be told what to show
        return f"{gateway.url}/?{view.query()}"
    if answer.expires_in != seconds or answer.ticket.count(".") != SCOPED_PARTS - 1:
        raise ReaderError(f"{gateway.url} is too old for links: it would give one to all that the key may see")
    return f"{gateway.url}/?ticket={quote(answer.ticket)}"
