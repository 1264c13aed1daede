"""Mercure, an SSE hub in Go, built on Caddy."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from bench.peers.peer import Peer, Server, needs, text
from bench.peers.post import Post
from bench.started import started
from chaos.ports import free_port

PATH: Final = "/.well-known/mercure"
KEY: Final = "a key of a benchmark on a loopback, which opens nothing"
UUID: Final = "00000000-0000-0000-0000-000000000000"
# An id of its own for each event, and a chunk of its own for each of both writes.
OVERHEAD_BYTES: Final = len(f"162\r\nid: urn:uuid:{UUID}\ndata: \n\n\r\n")
CONFIGURATION: Final = """
{{
    admin off
    auto_https off
    persist_config off
    log {{
        level ERROR
    }}
}}
http://127.0.0.1:{port} {{
    mercure {{
        transport local
        publisher_jwt "{key}"
        subscriber_jwt "{key}"
        anonymous
    }}
}}
"""


def _token() -> str:
    """A JSON Web Token that may publish everything."""
    parts = [{"alg": "HS256", "typ": "JWT"}, {"mercure": {"publish": ["*"]}}]
    signed = b".".join(_base64(json.dumps(part).encode()) for part in parts)
    return b".".join((signed, _base64(hmac.digest(KEY.encode(), signed, hashlib.sha256)))).decode()


def _base64(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


@contextmanager
def running(folder: Path) -> Iterator[tuple[Server, Post]]:
    """The hub, and where it takes updates."""
    port = free_port()
    file = folder / "Caddyfile"
    file.write_text(CONFIGURATION.format(port=port, key=KEY))
    command = ["mercure", "run", "--config", str(file), "--adapter", "caddyfile"]
    headers = {"Authorization": f"Bearer {_token()}", "Content-Type": "application/x-www-form-urlencoded"}
    with started(command, port=port, log=folder / "mercure.log") as process, Post(port, PATH, headers) as post:
        server = Server(
            port=port,
            path=f"{PATH}?topic=status",
            marker="data: ",
            pids=(process.pid,),
            publish=lambda stamp_ns: post(urlencode({"topic": "status", "data": text(stamp_ns, OVERHEAD_BYTES)})),
        )
        yield server, post


@contextmanager
def _run(folder: Path) -> Iterator[Server]:
    with running(folder) as (server, _):
        yield server


PEER: Final = Peer(
    name="mercure",
    why_missing=needs("mercure", "build caddy/mercure of github.com/dunglas/mercure, or take a release of it"),
    run=_run,
    note="local transport, no history; all cores",
)
