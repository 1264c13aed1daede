"""nginx with the nchan module: a publish/subscribe server in C."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bench.peers.peer import Peer, Server, text
from bench.peers.post import Post
from bench.started import started
from chaos.ports import free_port

MODULES: Final = (Path("/usr/lib/nginx/modules"), Path("/usr/share/nginx/modules"), Path("/usr/lib64/nginx/modules"))
MODULE: Final = "ngx_nchan_module.so"
OVERHEAD_BYTES: Final = len("id: 1700000000:0\ndata: \n\n")
CONFIGURATION: Final = """
load_module {module};
daemon off;
master_process on;
worker_processes 1;
worker_rlimit_nofile 20000;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 20000; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        location = /stream {{
            nchan_subscriber eventsource;
            nchan_channel_id status;
            nchan_subscriber_first_message newest;
        }}
        location = /publish {{
            nchan_publisher;
            nchan_channel_id status;
            nchan_message_buffer_length 1;
        }}
    }}
}}
"""


def _module() -> Path | None:
    return next((folder / MODULE for folder in MODULES if (folder / MODULE).exists()), None)


def _program() -> str | None:
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")


def _why_missing() -> str | None:
    if _program() and _module():
        return None
    return "nginx or its nchan module is not there (Debian: apt-get install nginx-light libnginx-mod-nchan)"


@contextmanager
def _run(folder: Path) -> Iterator[Server]:
    port = free_port()
    file = folder / "nginx.conf"
    file.write_text(CONFIGURATION.format(module=_module(), folder=folder, port=port))
    command = [str(_program()), "-p", str(folder), "-c", str(file)]
    with started(command, port=port, log=folder / "nginx.log") as process, Post(port, "/publish") as post:
        yield Server(
            port=port,
            path="/stream",
            marker="data: ",
            pids=(process.pid,),
            publish=lambda stamp_ns: post(text(stamp_ns, OVERHEAD_BYTES)),
        )


PEER: Final = Peer(name="nchan", why_missing=_why_missing, run=_run, note="nginx, 1 worker, memory store")
