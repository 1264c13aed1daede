"""FastAPI's StreamingResponse over a queue for each client: what a tutorial shows."""

from collections.abc import AsyncIterator

from fastapi import FastAPI
from fastapi.responses import StreamingResponse

from bench.apps.queues import add_publish, queue

app = FastAPI()
add_publish(app)


@app.get("/stream")
async def stream() -> StreamingResponse:
    return StreamingResponse(_events(), media_type="text/event-stream")


async def _events() -> AsyncIterator[str]:
    with queue() as mine:
        yield ": hello\n\n"
        while True:
            yield f"data: {await mine.get()}\n\n"
