"""A client's transport on any ASGI server, in three tasks: one sends, one awaits the disconnect, one the abort."""

import asyncio
from collections.abc import Sequence

from starlette.types import Message, Receive, Send
from typing_extensions import override

from agent_status_gateway.fanout.client import Client, Transport
from agent_status_gateway.tasks import together


class AsgiTransport(Transport):
    """Transport that is blocked from each write until the server has taken it.

    Args:
        start: The message that starts the response, sent before the first chunk.
    """

    def __init__(self, start: Message) -> None:
        self.is_blocked = False
        self._start = start
        self._chunks: list[bytes] = []
        self._is_last = False
        self._has_chunk = asyncio.Event()
        self._is_aborted = asyncio.Event()

    @property
    @override
    def backlog_bytes(self) -> int:
        """The size of the chunks that the server has not taken yet: ASGI reports no progress within one."""
        return sum(map(len, self._chunks))

    @override
    def open(self, chunks: Sequence[bytes]) -> None:
        self.write_all(chunks)

    @override
    def write(self, chunk: bytes) -> None:
        self.write_all([chunk])

    @override
    def write_all(self, chunks: Sequence[bytes]) -> None:
        self._chunks = list(chunks)
        self.is_blocked = True
        self._has_chunk.set()

    @override
    def end(self, chunk: bytes) -> None:
        self._is_last = True
        self.write(chunk)

    @override
    def abort(self) -> None:
        self._is_aborted.set()

    async def stay(self, client: Client, receive: Receive, send: Send) -> None:
        """Send until the client disconnects, or the stream is closed or aborted."""
        await together(
            stream_send=self._send(client, send),
            # Without a receive() under way nothing would notice a disconnect.
            stream_watch=until_disconnected(receive),
            stream_abort=until_set(self._is_aborted),
        )

    async def _send(self, client: Client, send: Send) -> None:
        await send(self._start)
        while True:
            await self._has_chunk.wait()
            self._has_chunk.clear()
            while self._chunks:
                chunk = self._chunks[0]
                await send(body(chunk, last=self._is_last and len(self._chunks) == 1))
                del self._chunks[0]
            if self._is_last:
                return
            self.is_blocked = False
            client.unblocked()


def body(chunk: bytes, *, last: bool = False) -> Message:
    """Make the message for a part of a response."""
    return {"type": "http.response.body", "body": chunk, "more_body": not last}


async def until_disconnected(receive: Receive) -> None:
    """Wait until the client has closed; what it sends until then is dropped."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def until_set(event: asyncio.Event) -> None:
    """Wait for an event, as a loop that returns nothing."""
    await event.wait()
