"""What pushpin asks on behalf of each client: it is told to hold the stream, and on which channel."""

from fastapi import FastAPI, Response

app = FastAPI()


@app.get("/stream")
async def stream() -> Response:
    headers = {"Grip-Hold": "stream", "Grip-Channel": "status"}
    return Response(": hello\n\n", media_type="text/event-stream", headers=headers)
