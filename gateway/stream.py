"""One client's connection, as raw ASGI: its first picture, then whatever the hub has for it, until it leaves.

Before it comes the hub; after it the server and the browser.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from gateway.frames import KEEPALIVE
from gateway.hub import Client, Hub

HEADERS: Final = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache, no-transform"),
    (b"x-accel-buffering", b"no"),
)
Join = Callable[[], tuple[Client, bytes]]


class StatusStream(Response):
    """A response that stays open. `join` gives the client its place in the hub and its first bytes, when it is time."""

    def __init__(self, hub: Hub, join: Join, keepalive_seconds: float) -> None:
        self.status_code = 200
        self.background = None
        self._hub = hub
        self._join = join
        self._keepalive_seconds = keepalive_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, and stay."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": list(HEADERS)})
        if scope["method"] == "HEAD":
            await send(_body(b"", last=True))
            return
        client, first = self._join()
        try:
            async with asyncio.TaskGroup() as tasks:
                # Without a receive() under way nobody would notice that the client has gone.
                watch = tasks.create_task(_watch(receive, client), name="stream-watch")
                await send(_body(first))
                await self._pump(client, send)
                watch.cancel()
        finally:
            self._hub.leave(client)

    async def _pump(self, client: Client, send: Send) -> None:
        while client.farewell is None:
            if chunk := client.take():
                await send(_body(chunk))
                continue
            try:
                async with asyncio.timeout(self._keepalive_seconds):
                    await client.news.wait()
            except TimeoutError:
                await send(_body(KEEPALIVE))
        await send(_body(client.farewell, last=True))


async def _watch(receive: Receive, client: Client) -> None:
    """Wait until the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
    client.let_go(b"")


def _body(chunk: bytes, *, last: bool = False) -> Message:
    return {"type": "http.response.body", "body": chunk, "more_body": not last}
