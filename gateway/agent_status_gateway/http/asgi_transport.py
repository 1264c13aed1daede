"""A client's line on any ASGI server, in three tasks: one sends, one waits for the client to go, one to be cut off."""

import asyncio

from starlette.types import Message, Receive, Send

from agent_status_gateway.fanout.client import Client
from agent_status_gateway.tasks import together


class AsgiTransport:
    """Blocked from each write until the server has taken it; `start` is the response's, sent before all of them."""

    def __init__(self, start: Message) -> None:
        self.is_blocked = False
        self._start = start
        self._chunk = b""
        self._is_last = False
        self._has_chunk = asyncio.Event()
        self._is_cut = asyncio.Event()

    @property
    def backlog_bytes(self) -> int:
        """The server does not tell; so progress is seen when it has taken all."""
        return len(self._chunk)

    def open(self, chunk: bytes) -> None:
        """Have the task send it."""
        self.write(chunk)

    def write(self, chunk: bytes) -> None:
        """Have the task send it."""
        self._chunk = chunk
        self.is_blocked = True
        self._has_chunk.set()

    def end(self, chunk: bytes) -> None:
        """Have the task send it and end."""
        self._is_last = True
        self.write(chunk)

    def cut(self) -> None:
        """End the tasks."""
        self._is_cut.set()

    async def stay(self, client: Client, receive: Receive, send: Send) -> None:
        """Be there until the client goes, is let go, or is cut off."""
        await together(
            stream_send=self._send(client, send),
            # Without a receive() under way nobody would notice that the client has gone.
            stream_watch=_until_gone(receive),
            stream_cut=_until_set(self._is_cut),
        )

    async def _send(self, client: Client, send: Send) -> None:
        await send(self._start)
        while True:
            await self._has_chunk.wait()
            self._has_chunk.clear()
            await send(body(self._chunk, last=self._is_last))
            if self._is_last:
                return
            self.is_blocked = False
            client.unblocked()


def body(chunk: bytes, *, last: bool = False) -> Message:
    """A part of a response."""
    return {"type": "http.response.body", "body": chunk, "more_body": not last}


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _until_set(event: asyncio.Event) -> None:
    await event.wait()
