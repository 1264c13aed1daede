"""What one change costs, from a hundred sessions to a hundred thousand: CPU with changes less CPU without, for each.

Every worker holds a hundred sessions. Nobody reads, there is no debounce, and heartbeats are rare: so each change is
one report that is taken in by itself, and what a second of being there costs is taken off.
"""

import time
from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from bench.account import cpu_ns
from bench.fleets.process import FleetProcess
from bench.gateway_run import GatewayRun, running_gateway
from bench.metrics import wait_for_sessions
from bench.options import Options
from bench.row import Row

SESSIONS: Final = (100, 1000, 10_000, 100_000)
SESSIONS_OF_A_WORKER: Final = 100
CHANGES_PER_SECOND: Final = 10
"""As many as the smallest fleet, a single worker, reports each by itself."""
HEARTBEAT_SECONDS: Final = 600.0
"""No heartbeat is due, and no reading, while changes are measured."""
SECONDS: Final = 10.0
SETTLE_SECONDS: Final = 1.0


def measure(options: Options) -> Iterator[Row]:
    """All rounds of one size, then of the next."""
    costs: dict[int, list[float]] = defaultdict(list)
    for size in sorted({options.scaled(size, SESSIONS_OF_A_WORKER) for size in SESSIONS}):
        workers = size // SESSIONS_OF_A_WORKER
        with (
            running_gateway(checkout=options.checkout) as gateway,
            FleetProcess(
                gateway.redis_url,
                workers=workers,
                sessions=SESSIONS_OF_A_WORKER,
                heartbeat_seconds=HEARTBEAT_SECONDS,
                checkout=options.checkout,
            ) as fleet,
        ):
            wait_for_sessions(gateway.port, fleet.sessions)
            time.sleep(SETTLE_SECONDS)
            for _ in range(options.rounds):
                costs[fleet.sessions].append(_cost_us(gateway, fleet, SECONDS * options.scale))
        found = Row.of(f"sessions {fleet.sessions}", "CPU of one change", "µs", costs[fleet.sessions])
        options.say(f"{found.subject}: {found.median:.0f} µs a change")
        yield found
    first, last = min(costs), max(costs)
    ratios = [after / before for before, after in zip(costs[first], costs[last], strict=True)]
    yield Row.of(f"{last} beside {first} sessions", "CPU of one change", "times", ratios)


def _cost_us(gateway: GatewayRun, fleet: FleetProcess, seconds: float) -> float:
    fleet.be_silent()
    before_ns = cpu_ns([gateway.pid])
    time.sleep(seconds)
    quiet_ns = cpu_ns([gateway.pid]) - before_ns
    fleet.go_on(report_seconds=None, changes_per_second=CHANGES_PER_SECOND)
    before_ns = cpu_ns([gateway.pid])
    time.sleep(seconds)
    changes = fleet.be_silent().changes
    time.sleep(SETTLE_SECONDS)
    return (cpu_ns([gateway.pid]) - before_ns - quiet_ns * (1 + SETTLE_SECONDS / seconds)) / max(1, changes) / 1e3
