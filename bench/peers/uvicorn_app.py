"""A server that is a Python application, run by uvicorn with its fast parts."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bench.peers.peer import Server, text
from bench.peers.post import Post
from bench.started import ROOT, started
from chaos.ports import free_port


@contextmanager
def uvicorn_app(
    name: str,
    folder: Path,
    *,
    overhead_bytes: int,
    python: Path | str = sys.executable,
    path: str = "/stream",
    marker: str = "data: ",
    environment: Mapping[str, str] | None = None,
) -> Iterator[Server]:
    """`bench.apps.<name>`, whose /publish takes an event's data."""
    port = free_port()
    command = [python, "-m", "uvicorn", "--app-dir", ROOT, f"bench.apps.{name}:app", "--port", str(port)]
    command += ["--loop", "uvloop", "--http", "httptools", "--no-access-log", "--backlog", "4096"]
    log = folder / f"{name}.log"
    whole = os.environ | dict(environment or {})
    with started(command, port=port, log=log, environment=whole) as process, Post(port, "/publish") as post:
        yield Server(
            port=port,
            path=path,
            marker=marker,
            pids=(process.pid,),
            publish=lambda stamp_ns: post(text(stamp_ns, overhead_bytes)),
        )
