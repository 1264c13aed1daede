"""How soon the first change after a quiet window comes: from the call of a publisher to the bytes at one reader.

A hundred other views are read and change beside it. So some view always wants news, and the inbox has its beat.
"""

import random
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Final

from bench.clients import Clients
from bench.fleets.process import FleetProcess
from bench.fleets.worker import channel_name
from bench.gateway_run import CHANGE_MARKER, GatewayRun, running_gateway
from bench.metrics import wait_for_sessions
from bench.options import Options
from bench.row import Row, p99

VIEWS: Final = 100
CLIENTS: Final = 1000
SESSIONS_OF_A_WORKER: Final = 100
CHANGES_PER_SECOND: Final = 100
DEBOUNCE_SECONDS: Final = 1.0
CHANGES: Final = 60
MOST_SECONDS: Final = 10.0
KEY: Final = "first:1"
STATES: Final = ("streaming", "thinking")


def measure(options: Options) -> Iterator[Row]:
    """Changes of all rounds, one after another."""
    found = [sample for _ in range(options.rounds) for sample in _latencies_ms(options)]
    subject = f"one view beside {options.scaled(VIEWS)}"
    yield Row.of(subject, "a first change comes after", "ms", found)
    yield Row.of(subject, "a first change comes after, p99", "ms", [p99(found)])


def _latencies_ms(options: Options) -> list[float]:
    views = options.scaled(VIEWS)
    with ExitStack() as stack:
        gateway = stack.enter_context(running_gateway(debounce_seconds=DEBOUNCE_SECONDS))
        publisher = stack.enter_context(gateway.publisher())
        publisher.publish(KEY, "thinking")
        publisher.flush()
        fleet = stack.enter_context(
            FleetProcess(gateway.redis_url, workers=views, sessions=SESSIONS_OF_A_WORKER, channels=views)
        )
        fleet.go_on()
        wait_for_sessions(gateway.port, fleet.sessions + 1)
        others = stack.enter_context(_readers(gateway, [f"channel={channel_name(number)}" for number in range(views)]))
        others.connect(options.scaled(CLIENTS, views))
        reader = stack.enter_context(_readers(gateway, [f"session={KEY}"]))
        reader.connect(1)
        fleet.go_on(changes_per_second=options.scaled(CHANGES_PER_SECOND))
        latencies_ms = []
        for number in range(options.scaled(CHANGES)):
            time.sleep(DEBOUNCE_SECONDS * random.uniform(1.2, 1.5))
            reader.reset()
            called_ns = time.monotonic_ns()
            publisher.publish(KEY, STATES[number % len(STATES)])
            latencies_ms.append((reader.wait_events(1, MOST_SECONDS) - called_ns) / 1e6)
    return latencies_ms


def _readers(gateway: GatewayRun, views: list[str]) -> Clients:
    return gateway.clients(queries=[f"{view}&events=changes" for view in views], marker=CHANGE_MARKER)
