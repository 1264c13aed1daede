"""What many clients cost while nothing happens: keepalives, and the gateway's own watch over Redis."""

import time
from collections.abc import Iterator
from typing import Final

from bench.account import cpu_ns, resident_bytes
from bench.gateway_run import running_gateway
from bench.options import Options
from bench.row import Row

CLIENTS: Final = 8000
SECONDS: Final = 60.0
KEEPALIVE_SECONDS: Final = 30.0
SETTLE_SECONDS: Final = 1.0


def measure(options: Options) -> Iterator[Row]:
    """One worker with one session that says nothing but its heartbeat; first nobody looks on, then many do."""
    count, seconds = options.scaled(CLIENTS, 10), SECONDS * options.scale
    with running_gateway(keepalive_seconds=KEEPALIVE_SECONDS) as gateway, gateway.publisher() as publisher:
        publisher.session("bench:1")
        publisher.flush()
        for clients_count in (0, count):
            with gateway.clients() as clients:
                if clients_count:
                    clients.connect(clients_count)
                time.sleep(SETTLE_SECONDS)
                clients.reset()
                before_ns = cpu_ns([gateway.pid])
                time.sleep(seconds)
                share = 100 * (cpu_ns([gateway.pid]) - before_ns) / 1e9 / seconds
                subject = f"{clients_count} idle clients"
                yield Row.of(subject, "gateway's CPU", "% of a core", [share], f"{seconds:g} s")
                yield Row.of(subject, "gateway's memory", "MiB", [resident_bytes([gateway.pid]) / 1024 / 1024])
                if clients_count:
                    quiet_bytes = clients.report()["bytes"] / clients_count
                    yield Row.of(subject, "bytes to each", "B", [quiet_bytes])
