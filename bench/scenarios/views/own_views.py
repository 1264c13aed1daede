"""A view for each client, of one session: what a join costs beside a plain one, and what a change of one session costs.

A plain join is one to a fleet of a single session, so that as many bytes are written. Changes are measured with the
clients and without, and with a hundredth of the clients: a change must not cost anything for views of other sessions.
"""

import time
from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from bench.account import cpu_ns
from bench.clients import Clients
from bench.fleets.process import FleetProcess
from bench.fleets.worker import session_key
from bench.gateway_run import CHANGE_MARKER, GatewayRun, running_gateway
from bench.metrics import wait_for_sessions
from bench.options import Options
from bench.row import Row
from bench.scenarios.views.spent import spend

SESSIONS_OF_A_WORKER: Final = 100
WORKERS: Final = 10
CHANGES_PER_SECOND: Final = 50
HEARTBEAT_SECONDS: Final = 600.0
"""No heartbeat is due, and no reading, while changes are measured."""
SECONDS: Final = 6.0
SETTLE_SECONDS: Final = 0.3
JOINS_OF_A_ROUND: Final = 3
FEW: Final = 0.01


def measure(options: Options) -> Iterator[Row]:
    """Each sample of a join is the mean of all clients that join in one go, one kind after the other."""
    workers = options.scaled(WORKERS)
    count = workers * SESSIONS_OF_A_WORKER
    keys = [session_key(worker, number, 1) for worker in range(workers) for number in range(SESSIONS_OF_A_WORKER)]
    queries = [f"session={key}&events=changes" for key in keys]
    joins: dict[str, list[float]] = defaultdict(list)
    changes: dict[str, list[float]] = defaultdict(list)
    with (
        running_gateway() as gateway,
        FleetProcess(
            gateway.redis_url, workers=workers, sessions=SESSIONS_OF_A_WORKER, heartbeat_seconds=HEARTBEAT_SECONDS
        ) as fleet,
        running_gateway() as plain_gateway,
        FleetProcess(plain_gateway.redis_url, workers=1, sessions=1, heartbeat_seconds=HEARTBEAT_SECONDS),
    ):
        wait_for_sessions(gateway.port, fleet.sessions)
        wait_for_sessions(plain_gateway.port, 1)
        for number in range(options.rounds):
            for _ in range(JOINS_OF_A_ROUND):
                with gateway.clients(queries=queries) as own:
                    joins["own views"].append(_join_us(gateway, own, count))
                with plain_gateway.clients() as plain:
                    joins["plain"].append(_join_us(plain_gateway, plain, count))
            for subject, readers in (("nobody", 0), ("a hundredth", max(1, round(FEW * count))), ("all", count)):
                with gateway.clients(queries=queries, marker=CHANGE_MARKER) as clients:
                    if readers:
                        clients.connect(readers)
                    changes[subject].append(_change_us(gateway, fleet, SECONDS * options.scale))
            options.say(
                f"round {number + 1}/{options.rounds}: a join {joins['own views'][-1]:.0f} µs, a plain one "
                f"{joins['plain'][-1]:.0f} µs; a change {changes['all'][-1]:.0f} µs, "
                f"{changes['nobody'][-1]:.0f} µs if nobody reads"
            )
    for subject, found in joins.items():
        yield Row.of(f"{count} clients, {subject}", "CPU to connect", "µs", found)
    ratios = [mine / plain for mine, plain in zip(joins["own views"], joins["plain"], strict=True)]
    yield Row.of(f"{count} clients, own views beside plain", "CPU to connect", "times", ratios)
    for subject, found in changes.items():
        yield Row.of(f"{subject} of {count} sessions have a reader", "CPU of one change", "µs", found)


def _join_us(gateway: GatewayRun, clients: Clients, count: int) -> float:
    time.sleep(SETTLE_SECONDS)  # those of the round before have left
    before_ns = cpu_ns([gateway.pid])
    clients.connect(count)
    time.sleep(SETTLE_SECONDS)
    return (cpu_ns([gateway.pid]) - before_ns) / count / 1e3


def _change_us(gateway: GatewayRun, fleet: FleetProcess, seconds: float) -> float:
    """CPU with changes less CPU without, for each change."""
    time.sleep(SETTLE_SECONDS)
    quiet = spend(gateway, seconds)
    fleet.go_on(report_seconds=None, changes_per_second=CHANGES_PER_SECOND)
    busy = spend(gateway, seconds)
    changes = fleet.be_silent().changes
    return (busy.cpu_us - quiet.cpu_us * busy.seconds / quiet.seconds) / max(1, changes)
