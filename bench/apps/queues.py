"""One queue for each client, and a path that puts an event into all of them."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from fastapi import FastAPI, Request

QUEUES: Final[set[asyncio.Queue[str]]] = set()


@contextmanager
def queue() -> Iterator[asyncio.Queue[str]]:
    """A new client's, until it leaves."""
    mine: asyncio.Queue[str] = asyncio.Queue()
    QUEUES.add(mine)
    try:
        yield mine
    finally:
        QUEUES.discard(mine)


def add_publish(app: FastAPI) -> None:
    """The body of a POST to /publish is the next event's data."""

    @app.post("/publish")
    async def publish(request: Request) -> dict[str, int]:
        data = (await request.body()).decode()
        for waiting in QUEUES:
            waiting.put_nowait(data)
        return {"clients": len(QUEUES)}
