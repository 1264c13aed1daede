"""Pure: one request that is held until there is news for it, as the hub sees it. Its request is answered elsewhere.

Rule 1. A poll is released by rows whose id its request does not name. While a window of its view is open, it is asked
        only at the close: a change that goes away again inside the window releases nobody.
Rule 2. A release says only when the request is answered. The answer is made of what its reader may see then.
Rule 3. A poll is released once, and has left the hub before its request is answered.
"""

from collections.abc import Callable, Container
from typing import Final

from agent_status_gateway.fanout.client import Client, Peer
from agent_status_gateway.fanout.events.update import Update


class Poll:
    """One held request; `release` has it answered soon, and `leave` takes it out of the hub.

    Args:
        ids: The ids of the rows that its client has.
        on_release: Called once, when the request must be answered.
        release: Called with each poll that must be released.
        leave: Called with each poll that is released, or has closed.
        peer: The reader.
    """

    __slots__ = ("_ids", "_leave", "_on_release", "_release", "peer")

    wants_feed: Final = False
    is_gzipped: Final = False

    def __init__(
        self,
        ids: Container[str],
        on_release: Callable[[], None],
        *,
        release: Callable[["Poll"], None],
        leave: Callable[["Poll"], None],
        peer: Peer,
    ) -> None:
        self.peer = peer
        self._ids = ids
        self._on_release: Callable[[], None] | None = on_release
        self._release = release
        self._leave = leave

    def update(self, update: Update) -> None:
        """Release the request if its client does not have these rows."""
        if update.id not in self._ids:
            self._release(self)

    def close(self, _last_bytes: bytes = b"", _reason: str = "") -> None:
        """Release the request: no news is waited for any longer."""
        self._release(self)

    def abort(self, _reason: str = "") -> None:
        """Release the request now."""
        self.release()

    def release(self) -> None:
        """Leave the hub, and have the request answered."""
        on_release, self._on_release = self._on_release, None
        if on_release is not None:
            self._leave(self)
            on_release()

    def closed(self) -> None:
        """Leave the hub: the request has gone, or is answered already."""
        self._on_release = None
        self._leave(self)

    def offer_feed(self, event: bytes) -> None:
        """Do nothing: an answer has no feed events."""


Member = Client | Poll
"""A client or a poll: each takes a place in the hub."""
