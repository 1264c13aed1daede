"""Parts of a connection that take little memory until they are used, in place of uvicorn's.

An empty `deque` takes 760 bytes, and each `asyncio.Event` has one. An open stream waits for nothing and has nothing
behind it, so without these parts a quarter of its memory would be room for nobody.
"""

import asyncio
from typing import Any, Final

NOBODY_WAITS: Final = asyncio.Event()
"""The event of every request that is answered by an open stream: no code waits for its body or its end."""


class WaitingRequests(list[Any]):
    """Requests that wait behind another, the newest first; there are few, since their number is limited."""

    __slots__ = ()

    def appendleft(self, request: Any) -> None:
        """Add the newest one."""
        self.insert(0, request)


class LazyFlowControl:
    """uvicorn's flow control, whose event is made when an answer waits for room."""

    __slots__ = ("_room", "_transport", "read_paused", "write_paused")

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._room: asyncio.Event | None = None
        self.read_paused = False
        self.write_paused = False

    async def drain(self) -> None:
        """Wait until there is room to write."""
        if self.write_paused:
            self._room = self._room or asyncio.Event()
            await self._room.wait()

    def pause_reading(self) -> None:
        """Read no further."""
        if not self.read_paused:
            self.read_paused = True
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Read on."""
        if self.read_paused:
            self.read_paused = False
            self._transport.resume_reading()

    def pause_writing(self) -> None:
        """Have answers wait."""
        self.write_paused = True

    def resume_writing(self) -> None:
        """Let answers go on."""
        self.write_paused = False
        if self._room is not None:
            self._room.set()
            self._room = None
