"""FastAPI's StreamingResponse over a queue for each client."""

from typing import Final

from bench.peers.peer import Peer
from bench.peers.uvicorn_app import uvicorn_app

# uvicorn puts each event into a chunk of its own: `162\r\n…\r\n`.
OVERHEAD_BYTES: Final = len("162\r\ndata: \n\n\r\n")

PEER: Final = Peer(
    name="streaming_response",
    why_missing=lambda: None,
    run=lambda folder: uvicorn_app("streaming_response", folder, overhead_bytes=OVERHEAD_BYTES),
    note="FastAPI's StreamingResponse, a queue per client",
)
