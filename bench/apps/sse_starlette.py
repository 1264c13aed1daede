"""sse-starlette's EventSourceResponse over a queue for each client."""

from collections.abc import AsyncIterator

from fastapi import FastAPI
from sse_starlette import EventSourceResponse, ServerSentEvent

from bench.apps.queues import add_publish, queue

app = FastAPI()
add_publish(app)


@app.get("/stream")
async def stream() -> EventSourceResponse:
    return EventSourceResponse(_events())


async def _events() -> AsyncIterator[ServerSentEvent]:
    with queue() as mine:
        yield ServerSentEvent(comment="hello")
        while True:
            yield ServerSentEvent(await mine.get())
