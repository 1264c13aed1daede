"""Pure: the reader that sends a request: the name of its key, and the part of the snapshot that it may see."""

from typing import Final, NamedTuple

from agent_status_gateway.state.views.view import WHOLE, View

EVERYBODY: Final = "everybody"
"""The name that clients are counted by while no key is required."""


class Reader(NamedTuple):
    """Reader whose key or ticket is right.

    Attributes:
        key_name: The name of its key.
        scope: What its key allows now and, if it sent a ticket, the ticket as well.
    """

    key_name: str
    scope: View

    @property
    def sees_all(self) -> bool:
        """True if there is nothing that it may not see."""
        return self.scope.is_whole


ANYONE: Final = Reader(EVERYBODY, WHOLE)
"""Any reader, while no key is required."""
