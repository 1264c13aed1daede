"""Why a reader gets no place: for a stream, or for a request that is held."""

from typing import Final

from agent_status_gateway.access.keys.reader import Reader
from agent_status_gateway.fanout.hub import Hub
from agent_status_gateway.state.views.view import View

NO_ROOM: Final = "unavailable: there is no room for this stream now"
GOING_AWAY: Final = "this replica is going away"


def why_no_room(hub: Hub, reader: Reader, address: str, view: View) -> str | None:
    """The reason for refusing this reader a place; None if it may have one."""
    if hub.is_draining:
        return GOING_AWAY
    full = hub.why_full(reader.key_name, address, view)
    if full is None:
        return None
    # A reader with a scope learns nothing of how many others there are, and of which of them it is one too many.
    return full if reader.sees_all else NO_ROOM
