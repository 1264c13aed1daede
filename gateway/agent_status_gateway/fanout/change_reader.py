"""A client that gets change events: from exactly the version of its view that was last written to it.

Rule 1. A change goes to a client only if it begins at the client's version. If the view does not know any more what
        has changed since, the client gets a whole snapshot.
Rule 2. Nothing waits for a client that is blocked. When it has room again, it asks for what has changed since its
        version, as a client does that waits for its first event.
"""

from collections.abc import Callable

from typing_extensions import override

from agent_status_gateway.fanout.client import Client, Peer, Transport
from agent_status_gateway.fanout.delivery_counts import DeliveryCounts
from agent_status_gateway.fanout.events.encoders import Encoder
from agent_status_gateway.fanout.events.frames import Frame
from agent_status_gateway.fanout.events.update import Update


class ChangeReader(Client):
    """One open stream of change events; `ask` has it served as soon as possible."""

    __slots__ = ("_ask", "_is_behind", "version")

    def __init__(
        self,
        transport: Transport,
        encoder: Encoder,
        leave: Callable[[Client], None],
        ask: Callable[[Client], None],
        *,
        wants_feed: bool,
        peer: Peer,
        joined_at: float,
        counts: DeliveryCounts,
    ) -> None:
        super().__init__(
            transport, encoder, leave, wants_feed=wants_feed, peer=peer, joined_at=joined_at, counts=counts
        )
        self._ask = ask
        self._is_behind = False
        self.version = -1
        """The version last written; negative before the first."""

    def base(self, update_id: str) -> str | None:
        """The id that a change must begin at; None if the client needs none, or cannot be written to."""
        return None if self._transport.is_blocked or self._written_id == update_id else self._written_id

    @override
    def open(self, frame: Frame, retry_ms: int, feed: bytes) -> None:
        super().open(frame, retry_ms, feed)
        self.version = frame.version

    @override
    def update(self, update: Update) -> None:
        if update.id == self._written_id:
            return
        if self._transport.is_blocked:
            self._counts.conflated += self._is_behind
            self._is_behind = True
            return
        event = update.changes.get(self.version, update.whole)
        if event is None or update.version < self.version:
            self._ask(self)  # its version is another one than when the update was made
            return
        self.version = update.version
        self._is_behind = False
        self._write_frame(event)

    @override
    def _write_pending(self) -> None:
        super()._write_pending()
        if self._is_behind and not self._transport.is_blocked:
            self._is_behind = False
            self._ask(self)
