"""Centrifugo, a real-time server in Go, with its unidirectional SSE transport."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from bench.peers.peer import Peer, Server, needs, text
from bench.peers.post import Post
from bench.started import started
from chaos.ports import free_port

CHANNEL: Final = "status"
OVERHEAD_BYTES: Final = len('162\r\n\r\ndata: {"channel":"status","pub":{"data":{"t":""}}}\n\n')
SUBSCRIBE: Final = quote(json.dumps({"subs": {CHANNEL: {}}}))


def _configuration(port: int) -> dict[str, Any]:
    """Everybody may subscribe, and publish."""
    return {
        "http_server": {"address": "127.0.0.1", "port": str(port)},
        "http_api": {"insecure": True},
        "uni_sse": {"enabled": True},
        "client": {"allow_anonymous_connect_without_token": True, "allowed_origins": ["*"]},
        "channel": {"without_namespace": {"allow_subscribe_for_client": True, "allow_subscribe_for_anonymous": True}},
        "log": {"level": "error"},
    }


@contextmanager
def running(folder: Path) -> Iterator[tuple[Server, Post]]:
    """The server, and where its API takes what is published."""
    port = free_port()
    file = folder / "centrifugo.json"
    file.write_text(json.dumps(_configuration(port)))
    command = ["centrifugo", "-c", str(file)]
    with started(command, port=port, log=folder / "centrifugo.log") as process, Post(port, "/api/publish") as post:
        server = Server(
            port=port,
            path=f"/connection/uni_sse?cf_connect={SUBSCRIBE}",
            marker='"pub":',
            pids=(process.pid,),
            publish=lambda stamp_ns: post(
                json.dumps({"channel": CHANNEL, "data": {"t": text(stamp_ns, OVERHEAD_BYTES)}})
            ),
        )
        yield server, post


@contextmanager
def _run(folder: Path) -> Iterator[Server]:
    with running(folder) as (server, _):
        yield server


PEER: Final = Peer(
    name="centrifugo",
    why_missing=needs("centrifugo", "go install github.com/centrifugal/centrifugo/v6@latest"),
    run=_run,
    note="uni_sse, in memory, no history; all cores",
)
