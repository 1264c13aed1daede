"""The servers that are compared, by name, ours first and the floor last."""

from typing import Final

from bench.peers import (
    centrifugo,
    fastapi_sse,
    mercure,
    nchan,
    ours,
    pocketpaw,
    pushpin,
    send_loop,
    sse_starlette,
    streaming_response,
)
from bench.peers.peer import Peer

PEERS: Final[dict[str, Peer]] = {
    peer.name: peer
    for peer in (
        ours.PEER,
        nchan.PEER,
        centrifugo.PEER,
        mercure.PEER,
        pushpin.PEER,
        streaming_response.PEER,
        sse_starlette.PEER,
        fastapi_sse.PEER,
        pocketpaw.PEER,
        send_loop.PEER,
    )
}
