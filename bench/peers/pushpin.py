"""Pushpin, a proxy that holds streams open for an HTTP service; it asks that service (here, ours) once per client."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bench.peers.peer import Peer, Server, text
from bench.peers.post import Post
from bench.peers.uvicorn_app import uvicorn_app
from bench.started import started
from chaos.ports import free_port

WINDOW: Final = 1
"""Of connections that come at the same time it closes a few."""
INTERNALS: Final = Path("/usr/lib/pushpin/internal.conf")
OVERHEAD_BYTES: Final = len("162\r\ndata: \n\n\r\n")
ZURL: Final = """
[General]
in_spec=ipc://{folder}/zurl-in
in_stream_spec=ipc://{folder}/zurl-in-stream
out_spec=ipc://{folder}/zurl-out
in_req_spec=ipc://{folder}/zurl-req
defpolicy=allow
allow=
deny=
max_open_requests=2000
buffer_size=200000
timeout=600
in_hwm=100000
out_hwm=100000
"""
PUSHPIN: Final = """
[global]
include={internals}
rundir={folder}
ipc_prefix=pushpin-
port_offset=0
[runner]
services=condure,pushpin-proxy,pushpin-handler
http_port=127.0.0.1:{port}
logdir={folder}
log_level=1
client_buffer_size=8192
client_maxconn=19000
condure_bin=condure
[proxy]
routesfile={folder}/routes
zurl_out_specs=ipc://{folder}/zurl-in
zurl_out_stream_specs=ipc://{folder}/zurl-in-stream
zurl_in_specs=ipc://{folder}/zurl-out
[handler]
push_in_spec=ipc://{folder}/pull
push_in_sub_specs=ipc://{folder}/sub
command_spec=ipc://{folder}/command
push_in_http_addr=127.0.0.1
push_in_http_port={control_port}
message_rate=1000000
message_hwm=1000000
"""


def _why_missing() -> str | None:
    if shutil.which("pushpin") and shutil.which("zurl") and INTERNALS.exists():
        return None
    return "no pushpin and zurl on PATH (Debian: apt-get install pushpin zurl)"


@contextmanager
def _run(folder: Path) -> Iterator[Server]:
    port, control_port, log = free_port(), free_port(), folder / "pushpin.log"
    zurl, pushpin = folder / "zurl.conf", folder / "pushpin.conf"
    zurl.write_text(ZURL.format(folder=folder))
    pushpin.write_text(PUSHPIN.format(folder=folder, port=port, control_port=control_port, internals=INTERNALS))
    with (
        uvicorn_app("grip_origin", folder, overhead_bytes=OVERHEAD_BYTES) as origin,
        started(["zurl", f"--config={zurl}", "--loglevel=1"], port=origin.port, log=folder / "zurl.log") as asker,
    ):
        (folder / "routes").write_text(f"* 127.0.0.1:{origin.port}\n")
        with (
            started(["pushpin", f"--config={pushpin}"], port=port, log=log) as runner,
            Post(control_port, "/publish/", {"Content-Type": "application/json"}) as post,
        ):
            yield Server(
                port=port,
                path="/stream",
                marker="data: ",
                pids=(runner.pid, asker.pid),
                publish=lambda stamp_ns: post(_items(stamp_ns)),
                beside=origin.pids,
                window=WINDOW,
            )


def _items(stamp_ns: int) -> str:
    content = f"data: {text(stamp_ns, OVERHEAD_BYTES)}\n\n"
    return json.dumps({"items": [{"channel": "status", "formats": {"http-stream": {"content": content}}}]})


PEER: Final = Peer(name="pushpin", why_missing=_why_missing, run=_run, note="with zurl; no rate limit; 4 processes")
