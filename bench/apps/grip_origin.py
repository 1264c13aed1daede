"""The origin that pushpin asks for each client. It answers that the stream is to be held, and on which channel."""

from fastapi import FastAPI, Response

app = FastAPI()


@app.get("/stream")
async def stream() -> Response:
    headers = {"Grip-Hold": "stream", "Grip-Channel": "status"}
    return Response(": hello\n\n", media_type="text/event-stream", headers=headers)
