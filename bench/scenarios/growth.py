"""What one more client, session or worker costs: a curve along each, and one linear model of them all."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from operator import mul
from typing import Final

from bench.account import cpu_ns, resident_bytes
from bench.clients import Clients
from bench.fleets.reports import FleetReports
from bench.gateway_run import GatewayRun, running_gateway
from bench.least_squares import least_squares
from bench.options import Options
from bench.row import Row

CLIENTS: Final = (100, 1000, 4000, 8000, 16_000)
SESSIONS: Final = (1, 10, 100, 1000, 10_000)
WORKERS: Final = (1, 10, 100, 1000)
WATCHERS: Final = 10
REPORTS_PER_SECOND: Final = 2
MODEL: Final = ("an event of a client", "a session in a snapshot", "a report", "a second of being there")
SECONDS: Final = 5.0
SETTLE_SECONDS: Final = 1.0
SESSIONS_OF_A_WORKER: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One measured size: how much of each there was in a second, and what share of a core it took."""

    events: float
    sessions: float
    reports: float
    share: float

    @property
    def inputs(self) -> tuple[float, ...]:
        return self.events, self.sessions, self.reports, 1.0


def measure(options: Options) -> Iterator[Row]:
    """Along clients, sessions and workers, the others small; then the model."""
    points: list[Point] = []
    yield from _along_clients(options, points)
    for sessions in sorted({options.scaled(size) for size in SESSIONS}):
        workers = -(-sessions // SESSIONS_OF_A_WORKER)
        yield from _along_fleet(options, points, f"sessions {sessions}", workers, sessions // workers)
    for workers in sorted({options.scaled(size) for size in WORKERS}):
        yield from _along_fleet(options, points, f"workers {workers}", workers, 1)
    shares = least_squares([point.inputs for point in points], [point.share for point in points])
    for what, share in zip(MODEL, shares, strict=True):
        yield Row.of("model", what, "µs", [1e4 * share], "CPU of one more")
    modelled = [sum(map(mul, shares, point.inputs)) for point in points]
    misses = [100 * abs(found / point.share - 1) for found, point in zip(modelled, points, strict=True)]
    yield Row.of("model", "its misses", "%", misses)


def _along_clients(options: Options, points: list[Point]) -> Iterator[Row]:
    with (
        running_gateway(debounce_seconds=0) as gateway,
        FleetReports(gateway.redis_url, workers=1, sessions=1) as fleet,
        gateway.clients() as clients,
    ):
        fleet.say_all()
        connected = 0
        time.sleep(SETTLE_SECONDS)
        empty_bytes = resident_bytes([gateway.pid])
        for size in sorted({options.scaled(size) for size in CLIENTS}):
            before_ns = cpu_ns([gateway.pid])
            clients.connect(size - connected)
            time.sleep(SETTLE_SECONDS)
            connect_us = (cpu_ns([gateway.pid]) - before_ns) / (size - connected) / 1e3
            connected = size
            held_bytes = resident_bytes([gateway.pid]) - empty_bytes
            share, events = _share(gateway, fleet, clients, SECONDS * options.scale, REPORTS_PER_SECOND)
            points.append(Point(events=events, sessions=REPORTS_PER_SECOND, reports=REPORTS_PER_SECOND, share=share))
            subject = f"clients {size}"
            options.say(f"{subject}: {share:.2f} % of a core")
            yield Row.of(subject, f"CPU at {REPORTS_PER_SECOND} events a second", "% of a core", [share])
            yield Row.of(subject, "CPU per event", "µs", [1e4 * share / max(1.0, events)])
            yield Row.of(subject, "CPU to connect one", "µs", [connect_us])
            yield Row.of(subject, "memory per client", "KiB", [held_bytes / size / 1024])


def _along_fleet(options: Options, points: list[Point], subject: str, workers: int, sessions: int) -> Iterator[Row]:
    with (
        running_gateway(debounce_seconds=1) as gateway,
        FleetReports(gateway.redis_url, workers=workers, sessions=sessions) as fleet,
        gateway.clients() as clients,
    ):
        fleet.say_all()
        clients.connect(WATCHERS)
        time.sleep(SETTLE_SECONDS)
        share, events = _share(gateway, fleet, clients, SECONDS * options.scale, 1)
        held_bytes = resident_bytes([gateway.pid])
    points.append(Point(events=events, sessions=workers * sessions, reports=workers, share=share))
    options.say(f"{subject}: {share:.2f} % of a core")
    yield Row.of(subject, "CPU, a report a second from each worker", "% of a core", [share])
    yield Row.of(subject, "gateway's memory", "MiB", [held_bytes / 1024 / 1024])


def _share(
    gateway: GatewayRun, fleet: FleetReports, clients: Clients, seconds: float, reports_per_second: float
) -> tuple[float, float]:
    """Percent of a core while each worker sends so many reports a second, and the events that clients got a second."""
    clients.reset()
    before_ns, began_at, said = cpu_ns([gateway.pid]), time.monotonic(), 0
    while (elapsed := time.monotonic() - began_at) < seconds:
        fleet.say_all()
        said += 1
        time.sleep(max(0.0, said / reports_per_second - (time.monotonic() - began_at)))
    return (cpu_ns([gateway.pid]) - before_ns) / elapsed / 1e7, clients.report()["events"] / elapsed
