"""Pure: the text of a ticket, as it is signed with a key and verified.

A ticket is `<expiry in Unix seconds>.<mark of the key>.<signature>`. One with a scope is
`<expiry>.<mark of the key>.<scope>.<signature>`: the scope is spelled as a query, in base64. The signature is an
HMAC-SHA256 by the key, of the expiry and of the scope's text as it stands there.

Rule 1. The two kinds are signed for different purposes, so neither can be made from the other. A replica that knows
        only tickets without a scope refuses the others, since they have a part too many.
Rule 2. A scope that is not understood as a whole voids its ticket.
"""

import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final, NamedTuple

from agent_status_gateway.access.keys.scopes import read_scope
from agent_status_gateway.state.views.view import WHOLE, View

PURPOSE: Final = b"agent-status ticket "
"""The prefix of what is signed, so that no other signature by a key is a ticket."""
SCOPED_PURPOSE: Final = b"agent-status ticket with a scope "
"""The prefix of what is signed in a ticket with a scope."""
MARK_PURPOSE: Final = b"agent-status ticket key"
"""The text whose HMAC marks a key in its tickets."""
MARK_BYTES: Final = 12
"""The bytes of a mark: two keys with one mark do not happen."""
MAX_SCOPE_CHARACTERS: Final = 2048
"""The most characters of a ticket's scope, spelled as a query: a ticket is in a URL, which may have 8 KB in all."""
_MAX_TEXT: Final = -(-MAX_SCOPE_CHARACTERS * 4 // 3)
_TICKET: Final = re.compile(
    rf"([0-9]{{1,12}})\.([A-Za-z0-9_-]{{16}})\.(?:([A-Za-z0-9_-]{{1,{_MAX_TEXT}}})\.)?([A-Za-z0-9_-]{{43}})"
)


class Ticket(NamedTuple):
    """Parts of a ticket that nobody has verified yet."""

    expires_at: str
    mark: str
    scope: str | None
    signature: str


def mark_of(key: bytes) -> str:
    """The mark of a key: a part of an HMAC by it, so that it is the same on every replica, whatever its name there."""
    return urlsafe_b64encode(hmac.digest(key, MARK_PURPOSE, "sha256")[:MARK_BYTES]).decode()


def write_ticket(key: bytes, expires_at: int, scope: View = WHOLE) -> str:
    """Sign a ticket that is valid until `expires_at` (Unix seconds).

    Raises:
        ValueError: The scope is too long for a URL.
    """
    text = None
    if not scope.is_whole:
        query = scope.query()
        if len(query) > MAX_SCOPE_CHARACTERS:
            raise ValueError(f"the scope must be spelled in at most {MAX_SCOPE_CHARACTERS} characters of a query")
        text = _base64(query.encode())
    parts = [str(expires_at), mark_of(key), text, _signature(key, str(expires_at), text)]
    return ".".join(part for part in parts if part is not None)


def parse_ticket(text: str) -> Ticket | None:
    """Take a ticket apart; None if it is something else."""
    parts = _TICKET.fullmatch(text)
    return None if parts is None else Ticket(*parts.groups())


def verified_scope(ticket: Ticket, key: bytes) -> View | None:
    """The scope of a ticket that was signed with this key; None if it was not, or is not understood."""
    if not hmac.compare_digest(_signature(key, ticket.expires_at, ticket.scope), ticket.signature):
        return None
    if ticket.scope is None:
        return WHOLE
    try:
        return read_scope(urlsafe_b64decode(ticket.scope + "=" * (-len(ticket.scope) % 4)).decode())
    except ValueError:
        return None


def _signature(key: bytes, expires_at: str, scope: str | None) -> str:
    signed = PURPOSE + expires_at.encode() if scope is None else SCOPED_PURPOSE + f"{expires_at}.{scope}".encode()
    return _base64(hmac.digest(key, signed, "sha256"))


def _base64(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()
