"""The status stream of pocketpaw, the system whose API page this project implements: the real package."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bench.peers.peer import Peer, Server
from bench.peers.uvicorn_app import uvicorn_app
from bench.started import ROOT

ENVIRONMENT: Final = Path(os.environ.get("POCKETPAW_VENV") or ROOT / ".venv-pocketpaw")
PYTHON: Final = ENVIRONMENT / "bin" / "python"
OVERHEAD_BYTES: Final = 332
"""Bytes of its snapshot around the name of the tool, which is the only part of ours."""


def _why_missing() -> str | None:
    if PYTHON.exists():
        return None
    return (
        f"no {ENVIRONMENT.name}: python3 -m venv {ENVIRONMENT.name} && {ENVIRONMENT.name}/bin/pip install "
        "--require-hashes -r requirements/pocketpaw.txt"
    )


@contextmanager
def _run(folder: Path) -> Iterator[Server]:
    """In an empty home, since it reads its settings and its sessions' titles there."""
    with uvicorn_app(
        "pocketpaw",
        folder,
        overhead_bytes=OVERHEAD_BYTES,
        python=PYTHON,
        path="/api/v1/agent/status/stream",
        marker="event: status",
        environment={"HOME": str(folder)},
    ) as server:
        server.publish(0)
        yield server


PEER: Final = Peer(name="pocketpaw", why_missing=_why_missing, run=_run, note="0.4.18, its debounce set to 0")
