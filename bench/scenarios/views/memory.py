"""What a client takes of the gateway's memory: in a hundred views, with changes and without, and without a view."""

import time
from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from bench.account import resident_bytes
from bench.fleets.process import FleetProcess
from bench.fleets.worker import channel_name
from bench.gateway_run import running_gateway
from bench.metrics import wait_for_sessions
from bench.options import Options
from bench.row import Row

VIEWS: Final = 100
CLIENTS: Final = 5000
SESSIONS_OF_A_WORKER: Final = 1
HEARTBEAT_SECONDS: Final = 600.0
SETTLE_SECONDS: Final = 1.0


def measure(options: Options) -> Iterator[Row]:
    """Each sample has a gateway of its own: memory that once was free is taken again at no cost."""
    views = options.scaled(VIEWS)
    count = options.scaled(CLIENTS, views)
    channels = [f"channel={channel_name(number)}" for number in range(views)]
    kinds = {
        "without a view": [""],
        "with a view": channels,
        "with a view and changes": [f"{channel}&events=changes" for channel in channels],
    }
    samples: dict[str, list[float]] = defaultdict(list)
    for number in range(options.rounds):
        for kind, queries in list(kinds.items())[:: 1 if number % 2 else -1]:
            samples[kind].append(_client_kib(queries, views, count))
            options.say(f"round {number + 1}/{options.rounds} {kind}: {samples[kind][-1]:.2f} KiB a client")
    for kind in kinds:
        yield Row.of(f"{count} clients {kind}", "memory per client", "KiB", samples[kind])
    for kind in list(kinds)[1:]:
        ratios = [mine / max(plain, 0.01) for mine, plain in zip(samples[kind], samples["without a view"], strict=True)]
        yield Row.of(f"{count} clients {kind}, beside those without", "memory per client", "times", ratios)


def _client_kib(queries: list[str], views: int, count: int) -> float:
    with (
        running_gateway() as gateway,
        FleetProcess(
            gateway.redis_url,
            workers=views,
            sessions=SESSIONS_OF_A_WORKER,
            heartbeat_seconds=HEARTBEAT_SECONDS,
            channels=views,
        ) as fleet,
        gateway.clients(queries=queries) as clients,
    ):
        wait_for_sessions(gateway.port, fleet.sessions)
        time.sleep(SETTLE_SECONDS)
        before = resident_bytes([gateway.pid])
        clients.connect(count)
        time.sleep(SETTLE_SECONDS)
        return (resident_bytes([gateway.pid]) - before) / count / 1024
