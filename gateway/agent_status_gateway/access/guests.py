"""Connections that are not open streams, called guests: which is aborted when there are too many, or reads nothing.

Every newcomer is accepted, so that a crowd of strangers locks out neither a probe nor a reader with a key. If that is
one connection too many, the guest whose last whole request is oldest is aborted; a guest without a request counts from
its arrival. Guests that were let in, by a key or to a stream on an ASGI transport, are aborted only when there are no
others. Open streams are not guests; the hub has its own rules for them.

A guest that reads nothing for too long while bytes are unsent is aborted, even if its connection is closing: a close
waits for unsent bytes. One timer looks at all guests, once a second. The bytes held for all strangers together are
bounded, too: above the bound, strangers that have read nothing since the last look are aborted at once.
"""

import asyncio
from typing import Final, Protocol

MAX_CONNECTIONS: Final = "agent_status.max_connections"
"""The key of the lifespan state that holds the most connections a server accepts."""
LET_IN: Final = "agent_status.let_in"
"""The key of a request's scope that is set if its key was right, or its answer is a stream."""
LOOK_SECONDS: Final = 1.0
"""Seconds between two looks at all guests."""
MAX_HELD_BYTES: Final = 64 * 1024 * 1024
"""The most bytes held for all strangers that do not read, in answers and in waiting requests."""


class Guest(Protocol):
    """Connection of a client, without an open stream."""

    @property
    def is_let_in(self) -> bool:
        """True if the last request was let in."""

    @property
    def unsent_bytes(self) -> int:
        """The bytes that the kernel has not taken."""

    @property
    def held_bytes(self) -> int:
        """The approximate bytes held for this connection."""

    def abort(self) -> None:
        """End the connection at once and drop what is unsent; `remove` may be called later."""


class _Stay:
    """State of a guest at the last look."""

    __slots__ = ("idle_since", "unsent_bytes")

    def __init__(self, now: float) -> None:
        self.unsent_bytes = 0
        self.idle_since = now
        """The moment when the guest last read a byte, or the first byte was unsent."""


class Guests:
    """All guests of a server."""

    def __init__(self, stuck_seconds: float, loop: asyncio.AbstractEventLoop) -> None:
        self._stuck_seconds = stuck_seconds
        self._loop = loop
        # In the order of their last request, the oldest first. `is_let_in` is asked only when one must be aborted.
        self._strangers: dict[Guest, _Stay] = {}
        self._let_in: dict[Guest, _Stay] = {}
        self._is_looking = False

    def __len__(self) -> int:
        return len(self._strangers) + len(self._let_in)

    def add(self, guest: Guest) -> None:
        """Add a guest."""
        self._strangers[guest] = _Stay(self._loop.time())
        self._look_later()

    def requested(self, guest: Guest) -> None:
        """Note that a whole request of this guest has arrived."""
        if (stay := self._pop(guest)) is not None:
            self._strangers[guest] = stay

    def remove(self, guest: Guest) -> None:
        """Remove a guest that has closed, or has become an open stream."""
        self._pop(guest)

    def make_room(self) -> None:
        """Abort one guest."""
        while self._strangers:
            guest = next(iter(self._strangers))
            stay = self._strangers.pop(guest)
            if not guest.is_let_in:
                guest.abort()
                return
            self._let_in[guest] = stay
        if self._let_in:
            guest = next(iter(self._let_in))
            del self._let_in[guest]
            guest.abort()

    def _pop(self, guest: Guest) -> _Stay | None:
        return self._strangers.pop(guest, None) or self._let_in.pop(guest, None)

    def _look_later(self) -> None:
        if not self._is_looking:
            self._is_looking = True
            self._loop.call_later(LOOK_SECONDS, self._look)

    def _look(self) -> None:
        now, held_bytes = self._loop.time(), 0
        idle: list[Guest] = []
        for guest, stay in [*self._strangers.items(), *self._let_in.items()]:
            unsent_bytes = guest.unsent_bytes
            if not unsent_bytes or not stay.unsent_bytes or unsent_bytes < stay.unsent_bytes:
                stay.idle_since = now
            stay.unsent_bytes = unsent_bytes
            if not unsent_bytes:
                continue
            if now - stay.idle_since > self._stuck_seconds:
                self._abort(guest)
            elif not guest.is_let_in:
                held_bytes += guest.held_bytes
                if stay.idle_since < now:
                    idle.append(guest)
        for guest in idle:
            if held_bytes <= MAX_HELD_BYTES:
                break
            held_bytes -= guest.held_bytes
            self._abort(guest)
        self._is_looking = False
        if len(self):
            self._look_later()

    def _abort(self, guest: Guest) -> None:
        self._pop(guest)
        guest.abort()
