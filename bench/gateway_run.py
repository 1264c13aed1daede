"""Our gateway as its users run it, with a Redis of its own, for as long as a block runs."""

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import redis

from agent_status_gateway.cli.embedded import embedded_server
from agent_status_publisher import StatusPublisher
from bench.checkout import OURS, Checkout
from bench.clients import Clients
from bench.started import started
from chaos.ports import free_port

STREAM_PATH: Final = "/api/v1/agent/status/stream"
STATUS_PATH: Final = "/api/v1/agent/status"
MARKER: Final = "event: status"
CHANGE_MARKER: Final = "event: change"
PREFIX: Final = "AGENT_STATUS_"


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayRun:
    """A gateway that listens, and the Redis that it hears."""

    port: int
    pid: int
    redis_url: str
    redis_pid: int
    log: Path

    def publisher(self) -> StatusPublisher:
        """A worker on this dashboard, with the default terms."""
        return StatusPublisher(self.redis_url)

    def clients(
        self,
        *,
        queries: Sequence[str] = ("",),
        marker: str = MARKER,
        headers: str = "",
        receive_buffer_bytes: int | None = None,
    ) -> Clients:
        """Clients of the stream; with several queries, each takes the next one."""
        paths = [f"{STREAM_PATH}?{query}" if query else STREAM_PATH for query in queries]
        return Clients(self.port, paths, marker, headers=headers, receive_buffer_bytes=receive_buffer_bytes)


@contextmanager
def running_gateway(*, checkout: Checkout = OURS, held: bool = False, **settings: object) -> Iterator[GatewayRun]:
    """Settings are those of the environment, in lower case; by default no debounce, and room for all clients.

    Args:
        checkout: Whose gateway it is.
        held: It notes how long its event loop is held (bench/probes/held.py).
    """
    with embedded_server() as server, gateway_beside(server.url, checkout=checkout, held=held, **settings) as gateway:
        yield gateway


@contextmanager
def gateway_beside(
    redis_url: str, *, checkout: Checkout = OURS, held: bool = False, **settings: object
) -> Iterator[GatewayRun]:
    """`running_gateway` with a Redis that is there already."""
    given: dict[str, object] = {"debounce_seconds": 0, "max_clients": 20_000, "drain_seconds": 0.2, **settings}
    with tempfile.TemporaryDirectory(prefix="bench-gateway-") as folder:
        with redis.Redis.from_url(redis_url) as client:
            redis_pid = int(client.info("server")["process_id"])
        given |= {"redis_url": redis_url, "port": (port := free_port())}
        ours = {name: value for name, value in os.environ.items() if not name.startswith((PREFIX, "REDIS_"))}
        environment = ours | {PREFIX + name.upper(): str(value) for name, value in given.items()}
        log = Path(folder) / "gateway.log"
        module = ["bench.probes.held"] if held else ["agent_status_gateway", "serve"]
        command: list[str | Path] = [checkout.python, "-m", *module]
        with started(command, port=port, log=log, environment=environment | checkout.environment) as process:
            yield GatewayRun(port=port, pid=process.pid, redis_url=redis_url, redis_pid=redis_pid, log=log)
