"""All clients reconnect at once: how long until each has its snapshot, and what those who stayed notice of it."""

import time
from collections import defaultdict
from collections.abc import Iterator
from statistics import median
from typing import Final

from bench.account import cpu_ns
from bench.clients import BOUND_SHARE, Clients
from bench.gateway_run import GatewayRun, running_gateway
from bench.options import Options
from bench.row import Row
from bench.ticker import Ticker

CROWD: Final = 8000
STEADY: Final = 100
EVENT_SECONDS: Final = 1.0
"""As often as the default debounce lets one through."""
QUIET_SECONDS: Final = 5.0
WAIT_SECONDS: Final = 120.0


def measure(options: Options) -> Iterator[Row]:
    """The crowd connects, leaves and comes back at the speed of one client thread; a hundred others stay."""
    count = options.scaled(CROWD, 10)
    samples: dict[str, list[float]] = defaultdict(list)
    with running_gateway() as gateway, gateway.publisher() as publisher, gateway.clients() as steady:
        session = publisher.session("bench:1")
        publisher.flush()
        steady.connect(STEADY)
        with gateway.clients() as crowd, Ticker(publisher, session, EVENT_SECONDS):
            crowd.connect(count)
            for number in range(options.rounds):
                steady.reset()
                time.sleep(QUIET_SECONDS)
                samples["before"].append(steady.report()["latency_max_ms"])
                steady.reset()
                for name, value in _reconnect(gateway, crowd, count).items():
                    samples[name].append(value)
                samples["during"].append(steady.report()["latency_max_ms"])
                options.say(f"round {number + 1}/{options.rounds}: all back after {samples['back'][-1]:.2f} s")
    subject, others = f"{count} clients reconnect", f"{STEADY} others"
    yield Row.of(subject, "all have a snapshot", "s", samples["back"])
    yield Row.of(subject, "refused or lost", "clients", samples["lost"])
    yield Row.of(subject, "gateway's CPU", "% of a core", samples["gateway"])
    bound = "generator-bound" if median(samples["generator"]) > 100 * BOUND_SHARE else ""
    yield Row.of(subject, "generator busy", "%", samples["generator"], bound)
    yield Row.of(others, "worst latency before", "ms", samples["before"], f"{count} clients are sent them, too")
    yield Row.of(others, "worst latency during it", "ms", samples["during"])


def _reconnect(gateway: GatewayRun, crowd: Clients, count: int) -> dict[str, float]:
    """The clock runs from their leaving on, since that is work, too."""
    began_ns, cpu_before_ns = crowd.reset(), cpu_ns([gateway.pid])
    crowd.close()
    said = crowd.connect(count, window=count, check=False)
    wall_ns = crowd.wait_events(1, WAIT_SECONDS) - began_ns
    return {
        "back": wall_ns / 1e9,
        "lost": float(said["lost"] + said["refused"]),
        "gateway": 100 * (cpu_ns([gateway.pid]) - cpu_before_ns) / wall_ns,
        "generator": 100 * crowd.report()["cpu_ns"] / wall_ns,
    }
