"""sse-starlette, what most Python services that send events use."""

import importlib.util
from typing import Final

from bench.peers.peer import Peer
from bench.peers.uvicorn_app import uvicorn_app

OVERHEAD_BYTES: Final = len("162\r\ndata: \r\n\r\n\r\n")


def _why_missing() -> str | None:
    if importlib.util.find_spec("sse_starlette"):
        return None
    return "sse-starlette is not installed: scripts/environment bench"


PEER: Final = Peer(
    name="sse_starlette",
    why_missing=_why_missing,
    run=lambda folder: uvicorn_app("sse_starlette", folder, overhead_bytes=OVERHEAD_BYTES),
    note="a queue per client",
)
