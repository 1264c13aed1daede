"""Connections that are not open streams: who has to go when there are too many, and who takes nothing that we send.

Whoever comes is let in, so that a crowd of strangers locks nobody out: not a probe, nor a reader with a key. If that is
one connection too many, the guest goes who has asked for nothing for longest: whose last whole request, or whose coming
if there was none, is the longest ago. Guests who have been let in, by a key or to a stream on the ordinary way, go only
when there are no others. Open streams are not guests; the hub has its own rules for them.

A guest who takes no byte for so long while there are unsent ones is cut off, whatever the answer is, and though the
connection may be closing: a close waits for what is unsent. All guests are looked at by one timer, once a second. What
strangers make us hold together is bounded, too: above that, who has taken nothing since the last look goes at once.
"""

import asyncio
from typing import Final, Protocol

MAX_CONNECTIONS: Final = "agent_status.max_connections"
"""Where the lifespan state says how many connections there may be."""
LET_IN: Final = "agent_status.let_in"
"""In a request's scope: its key was right, or its answer is a stream."""
LOOK_SECONDS: Final = 1.0
MAX_HELD_BYTES: Final = 64 * 1024 * 1024
"""By all strangers who do not read: a thousand of them may hold so much, in answers and in requests that wait."""


class Guest(Protocol):
    """A connection, as it is seen here."""

    @property
    def is_let_in(self) -> bool:
        """Whether its last request was let in."""

    @property
    def unsent_bytes(self) -> int:
        """What the kernel has not taken."""

    @property
    def held_bytes(self) -> int:
        """All that is kept for it, about."""

    def cut(self) -> None:
        """End it at once, whatever is still unsent; `leave` may come later."""


class _Stay:
    """What was seen of a guest at the last look."""

    __slots__ = ("quiet_since", "unsent_bytes")

    def __init__(self, now: float) -> None:
        self.unsent_bytes = 0
        self.quiet_since = now
        """When it last took a byte, or the first one was unsent."""


class Guests:
    """All of a server."""

    def __init__(self, stuck_seconds: float, loop: asyncio.AbstractEventLoop) -> None:
        self._stuck_seconds = stuck_seconds
        self._loop = loop
        # By when they last asked, the longest ago first. Who is let in is found out when somebody has to go.
        self._strangers: dict[Guest, _Stay] = {}
        self._let_in: dict[Guest, _Stay] = {}
        self._is_looking = False

    def __len__(self) -> int:
        return len(self._strangers) + len(self._let_in)

    def come(self, guest: Guest) -> None:
        """It is a guest from now on."""
        self._strangers[guest] = _Stay(self._loop.time())
        self._look_later()

    def ask(self, guest: Guest) -> None:
        """A whole request of it has come."""
        if (stay := self._pop(guest)) is not None:
            self._strangers[guest] = stay

    def leave(self, guest: Guest) -> None:
        """It is gone, or has become an open stream."""
        self._pop(guest)

    def make_room(self) -> None:
        """Let one go."""
        while self._strangers:
            guest = next(iter(self._strangers))
            stay = self._strangers.pop(guest)
            if not guest.is_let_in:
                guest.cut()
                return
            self._let_in[guest] = stay
        if self._let_in:
            guest = next(iter(self._let_in))
            del self._let_in[guest]
            guest.cut()

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
                stay.quiet_since = now
            stay.unsent_bytes = unsent_bytes
            if not unsent_bytes:
                continue
            if now - stay.quiet_since > self._stuck_seconds:
                self._cut(guest)
            elif not guest.is_let_in:
                held_bytes += guest.held_bytes
                if stay.quiet_since < now:
                    idle.append(guest)
        for guest in idle:
            if held_bytes <= MAX_HELD_BYTES:
                break
            held_bytes -= guest.held_bytes
            self._cut(guest)
        self._is_looking = False
        if len(self):
            self._look_later()

    def _cut(self, guest: Guest) -> None:
        self._pop(guest)
        guest.cut()
