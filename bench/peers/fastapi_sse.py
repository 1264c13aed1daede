"""FastAPI's own Server-Sent Events."""

import importlib.util
from typing import Final

from bench.peers.peer import Peer
from bench.peers.uvicorn_app import uvicorn_app

OVERHEAD_BYTES: Final = len("162\r\ndata: \n\n\r\n")


def _why_missing() -> str | None:
    return None if importlib.util.find_spec("fastapi.sse") else "this FastAPI has no fastapi.sse: 0.135 is the first"


PEER: Final = Peer(
    name="fastapi_sse",
    why_missing=_why_missing,
    run=lambda folder: uvicorn_app("fastapi_sse", folder, overhead_bytes=OVERHEAD_BYTES),
    note="fastapi.sse, a queue per client",
)
