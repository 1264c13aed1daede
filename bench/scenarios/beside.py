"""Small fleets, an older checkout beside this one: what an event and a report cost, in turns.

Each sample has a gateway, a Redis and a fleet of its own, and the fleet writes as its checkout's publisher does.
"""

import time
from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from bench.account import cpu_ns
from bench.checkout import OURS, Checkout
from bench.fleets.process import FleetProcess
from bench.gateway_run import GatewayRun, running_gateway
from bench.metrics import wait_for_sessions
from bench.options import Options
from bench.row import Row

SESSIONS: Final = (1, 10, 100)
SESSIONS_OF_A_WORKER: Final = 10
CLIENTS: Final = 10
EVENTS_PER_SECOND: Final = 50
REPORTS_PER_SECOND: Final = 200
HEARTBEAT_SECONDS: Final = 5.0
SECONDS: Final = 5.0
SETTLE_SECONDS: Final = 0.5


def measure(options: Options) -> Iterator[Row]:
    """In each round both, the other one first in every second round; the ratio is the one of the medians."""
    if options.checkout == OURS:
        yield Row.of("small fleets", "beside an older checkout", "", (), "name it: --checkout FOLDER")
        return
    for size in SESSIONS:
        samples: dict[tuple[str, str], list[float]] = defaultdict(list)
        for number in range(options.rounds):
            order = (("older", options.checkout), ("this one", OURS))
            for name, checkout in order if number % 2 else order[::-1]:
                for what, cost_us in _costs_us(size, checkout, SECONDS * options.scale):
                    samples[what, name].append(cost_us)
        for what in dict.fromkeys(what for what, _ in samples):
            older = Row.of(f"sessions {size}, older", what, "µs", samples[what, "older"])
            ours = Row.of(f"sessions {size}, this one", what, "µs", samples[what, "this one"])
            ratio = Row.of(f"sessions {size}, this one beside the older", what, "times", [ours.median / older.median])
            options.say(f"{size} sessions, {what}: {older.median:.0f} and {ours.median:.0f} µs, {ratio.median:.3f}")
            yield from (older, ours, ratio)


def _costs_us(sessions: int, checkout: Checkout, seconds: float) -> Iterator[tuple[str, float]]:
    workers = max(1, sessions // SESSIONS_OF_A_WORKER)
    with (
        running_gateway(checkout=checkout) as gateway,
        FleetProcess(
            gateway.redis_url,
            workers=workers,
            sessions=sessions // workers,
            heartbeat_seconds=HEARTBEAT_SECONDS,
            checkout=checkout,
        ) as fleet,
        gateway.clients() as clients,
    ):
        wait_for_sessions(gateway.port, sessions)
        clients.connect(CLIENTS)
        time.sleep(SETTLE_SECONDS)
        clients.reset()
        used_us, _ = _used_us(gateway, fleet, seconds, events=True)
        yield f"CPU of an event, {CLIENTS} clients", used_us / max(1.0, clients.report()["events"] / CLIENTS)
        used_us, reports = _used_us(gateway, fleet, seconds, events=False)
        yield "CPU of a report without news", used_us / max(1, reports)


def _used_us(gateway: GatewayRun, fleet: FleetProcess, seconds: float, *, events: bool) -> tuple[float, int]:
    """Microseconds of CPU, and the reports in their time."""
    if events:
        fleet.go_on(report_seconds=None, changes_per_second=EVENTS_PER_SECOND, min_interval_seconds=0)
    else:
        fleet.go_on(report_seconds=fleet.workers / REPORTS_PER_SECOND, min_interval_seconds=0)
    before_ns = cpu_ns([gateway.pid])
    time.sleep(seconds)
    reports = fleet.be_silent().reports
    return (cpu_ns([gateway.pid]) - before_ns) / 1e3, reports
