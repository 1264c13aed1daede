"""FastAPI's own Server-Sent Events, `fastapi.sse`, over a queue for each client."""

from collections.abc import AsyncIterable

from fastapi import FastAPI
from fastapi.sse import EventSourceResponse, ServerSentEvent

from bench.apps.queues import add_publish, queue

app = FastAPI()
add_publish(app)


@app.get("/stream", response_class=EventSourceResponse)
async def stream() -> AsyncIterable[ServerSentEvent]:
    with queue() as mine:
        yield ServerSentEvent(comment="hello")
        while True:
            yield ServerSentEvent(raw_data=await mine.get())
