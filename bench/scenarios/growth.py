"""What one more client, session, report or change costs: a curve along each, and one linear model of them all."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import redis

from bench.account import cpu_ns, resident_bytes
from bench.clients import Clients
from bench.fleets.process import FleetProcess
from bench.fleets.reports import NAMESPACE
from bench.gateway_run import GatewayRun, running_gateway
from bench.listeners import listeners
from bench.metrics import wait_for_sessions
from bench.model.fit import Measured, model_rows
from bench.model.load import Load
from bench.options import Options
from bench.row import Row

CLIENTS: Final = (100, 1000, 4000, 8000, 16_000)
EVENTS_PER_SECOND: Final = 2
SECONDS: Final = 6.0
SETTLE_SECONDS: Final = 1.0
DEBOUNCE_SECONDS: Final = 1.0
MOST_WORKERS: Final = 900
"""The most workers, of a hundred sessions each."""
WATCHED_CHANGES: Final = 2.0
"""Changes a second where somebody reads: in each window there is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """One fleet that is measured, and who reads it."""

    along: str
    sessions: int
    workers: int
    reports: float = 0.0
    """A second, of all workers, whether anything changes or not."""
    changes: float = 0.0
    clients: int = 0
    replicas: int = 1
    """That Redis sends each report to: all but the one that is measured only listen."""
    label: str = ""
    """What its curve is called, where there are several along the same."""

    def subject(self, measured: Load) -> str:
        """A point of its curve."""
        return f"{self.label or self.along} {round(getattr(measured, self.along))}"


READERS: Final = "clients of a large snapshot"
LONG: Final = "reports of a hundred sessions"
SIZES: Final = (
    *(
        Size(along="sessions", sessions=n, workers=-(-n // 100), changes=WATCHED_CHANGES, clients=10)
        for n in (1, 10, 100, 1000, 10_000)
    ),
    # The same snapshots for more clients: what a client adds to each session of an event.
    Size(along="clients", sessions=1000, workers=10, changes=WATCHED_CHANGES, clients=300, label=READERS),
    Size(along="clients", sessions=10_000, workers=100, changes=WATCHED_CHANGES, clients=30, label=READERS),
    *(Size(along="reports", sessions=n, workers=n, reports=n) for n in (10, 100, 1000)),
    *(Size(along="reports", sessions=100 * n, workers=n, reports=n, label=LONG) for n in (10, 100, MOST_WORKERS)),
    # More often than a window lets them be taken in.
    Size(along="changes", sessions=1000, workers=10, changes=100, label="changes of ten workers"),
    *(Size(along="changes", sessions=100 * MOST_WORKERS, workers=MOST_WORKERS, changes=n) for n in (10, 100, 900)),
    *(Size(along="replicas", sessions=10_000, workers=100, changes=100, replicas=n) for n in (1, 5)),
)


def measure(options: Options) -> Iterator[Row]:
    """Along clients first, then along everything else; then the model."""
    points: list[Measured] = []
    yield from _along_clients(options, points)
    for size in SIZES:
        workers = options.scaled(size.workers)
        yield from _along_fleet(options, points, size, workers, max(1, size.sessions // size.workers))
    yield from model_rows(points)


def _along_clients(options: Options, points: list[Measured]) -> Iterator[Row]:
    with (
        running_gateway(debounce_seconds=0) as gateway,
        FleetProcess(gateway.redis_url, workers=1, sessions=1) as fleet,
        gateway.clients() as clients,
    ):
        connected = 0
        time.sleep(SETTLE_SECONDS)
        empty_bytes = resident_bytes([gateway.pid])
        for count in sorted({options.scaled(size) for size in CLIENTS}):
            before_ns = cpu_ns([gateway.pid])
            clients.connect(count - connected)
            time.sleep(SETTLE_SECONDS)
            connect_us = (cpu_ns([gateway.pid]) - before_ns) / (count - connected) / 1e3
            connected = count
            held_bytes = resident_bytes([gateway.pid]) - empty_bytes
            size = Size(along="clients", sessions=1, workers=1, changes=EVENTS_PER_SECOND, clients=count)
            point = _point(gateway, fleet, clients, size, SECONDS * options.scale)
            points.append(point)
            options.say(f"{size.subject(point.load)}: {point.cpu:.2f} % of a core")
            events = point.load.clients * point.load.events
            yield Row.of(
                size.subject(point.load), f"CPU at {EVENTS_PER_SECOND} events a second", "% of a core", [point.cpu]
            )
            yield Row.of(size.subject(point.load), "CPU per event", "µs", [1e4 * point.cpu / max(1.0, events)])
            yield Row.of(size.subject(point.load), "CPU to connect one", "µs", [connect_us])
            yield Row.of(size.subject(point.load), "memory per client", "KiB", [held_bytes / count / 1024])


def _along_fleet(options: Options, points: list[Measured], size: Size, workers: int, sessions: int) -> Iterator[Row]:
    with (
        running_gateway(debounce_seconds=DEBOUNCE_SECONDS) as gateway,
        FleetProcess(gateway.redis_url, workers=workers, sessions=sessions) as fleet,
        gateway.clients() as clients,
        listeners(gateway.redis_url, NAMESPACE, size.replicas - 1),
    ):
        wait_for_sessions(gateway.port, fleet.sessions)
        if size.clients:
            clients.connect(size.clients)
        time.sleep(SETTLE_SECONDS)
        point = _point(gateway, fleet, clients, size, SECONDS * options.scale)
    points.append(point)
    load = point.load
    note = (
        f"{load.sessions:g} sessions, {load.workers:g} workers, {load.reports:.0f} reports/s, {load.changes:.0f} "
        f"changes/s, {load.clients:g} clients with {load.events:.2g} events/s"
    )
    options.say(f"{note}: {point.cpu:.2f} % of a core, Redis {point.redis:.2f} %")
    subject = size.subject(load)
    yield Row.of(subject, "CPU", "% of a core", [point.cpu], note)
    yield Row.of(subject, "Redis's CPU", "% of a core", [point.redis], note)
    yield Row.of(subject, "gateway's memory", "MiB", [point.memory], note)
    yield Row.of(subject, "Redis's output", "B", [point.output], note)


def _point(gateway: GatewayRun, fleet: FleetProcess, clients: Clients, size: Size, seconds: float) -> Measured:
    """What the load takes, and what there was of it."""
    report_seconds = fleet.workers / size.reports if size.reports else None
    fleet.go_on(report_seconds=report_seconds, changes_per_second=size.changes)
    time.sleep(min(seconds, DEBOUNCE_SECONDS))
    fleet.go_on(report_seconds=report_seconds, changes_per_second=size.changes)
    with redis.Redis.from_url(gateway.redis_url) as client:
        asking_bytes = -(_sent_bytes(client) - _sent_bytes(client))
        clients.reset()
        sent_bytes, began_at = _sent_bytes(client), time.monotonic()
        before_ns, redis_ns = cpu_ns([gateway.pid]), cpu_ns([gateway.redis_pid])
        time.sleep(seconds)
        used_ns, redis_ns = cpu_ns([gateway.pid]) - before_ns, cpu_ns([gateway.redis_pid]) - redis_ns
        elapsed = time.monotonic() - began_at
        sent_bytes = _sent_bytes(client) - sent_bytes - asking_bytes
    counts = fleet.be_silent()
    reports = counts.reports / counts.seconds
    window = 1 / DEBOUNCE_SECONDS
    load = Load(
        clients=size.clients,
        events=clients.report()["events"] / size.clients / elapsed if size.clients else 0.0,
        sessions=fleet.sessions,
        workers=fleet.workers,
        reports=reports,
        taken=min(reports, fleet.workers * window) if size.changes > window else reports,
        changes=counts.changes / counts.seconds,
        replicas=size.replicas,
    )
    return Measured(
        load=load,
        cpu=used_ns / elapsed / 1e7,
        redis=max(0.01, redis_ns / elapsed / 1e7),
        memory=resident_bytes([gateway.pid]) / 1024 / 1024,
        output=max(1.0, sent_bytes / elapsed),
    )


def _sent_bytes(client: "redis.Redis") -> int:
    return int(client.info("stats")["total_net_output_bytes"])
