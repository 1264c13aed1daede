"""A hundred thousand sessions with a thousand readers of changes in two hundred views."""

import json
import time
from collections.abc import Iterator
from typing import Final

from bench.account import resident_bytes
from bench.fleets.process import FleetProcess
from bench.fleets.worker import channel_name
from bench.gateway_run import CHANGE_MARKER, GatewayRun, running_gateway
from bench.metrics import get, wait_for_sessions
from bench.options import Options
from bench.probes.held import HELD_PATH
from bench.row import Row, p99
from bench.scenarios.views.folding import folding, silence
from bench.scenarios.views.spent import Sample, rows_of, spend

SESSIONS_OF_A_WORKER: Final = 100
WORKERS: Final = 1000
VIEWS: Final = 200
CLIENTS: Final = 1000
CHANGES_PER_SECOND: Final = 1000
DEBOUNCE_SECONDS: Final = 1.0
SECONDS: Final = 25.0
LEAST_SECONDS: Final = 2.0
SETTLE_SECONDS: Final = 6.0
"""Longer than a heartbeat: all workers have reported in turn."""
FOLDED_VIEWS: Final = 2
UNITS: Final = {
    "CPU": "% of a core",
    "CPU while nobody reads": "% of a core",
    "memory": "MiB",
    "memory while nobody reads": "MiB",
    "events": "1/s",
    "bytes of an event": "B",
    "reports": "1/s",
    "loop held by its own work, p99": "ms",
    "loop held by its own work, longest": "ms",
    "loop held, p99": "ms",
    "loop held, longest": "ms",
    "changes of the folded sample": "",
}


def measure(options: Options) -> Iterator[Row]:
    """First nobody reads, then all do."""
    workers, views = options.scaled(WORKERS), options.scaled(VIEWS)
    count = options.scaled(CLIENTS, views)
    samples = []
    for number in range(options.rounds):
        samples.append(sample := _sample(options, workers, views, count))
        told = (f"{name} {value:.4g} {UNITS[name]}" for name, value in sample.items())
        options.say(f"round {number + 1}/{options.rounds}: {', '.join(told)}")
    subject = f"{count} clients in {views} views of {workers * SESSIONS_OF_A_WORKER} sessions"
    yield from rows_of(subject, samples, UNITS)


def _sample(options: Options, workers: int, views: int, count: int) -> Sample:
    changes, seconds = options.scaled(CHANGES_PER_SECOND), max(LEAST_SECONDS, SECONDS * options.scale)
    queries = [f"channel={channel_name(number)}" for number in range(views)]
    with (
        running_gateway(held=True, debounce_seconds=DEBOUNCE_SECONDS) as gateway,
        FleetProcess(gateway.redis_url, workers=workers, sessions=SESSIONS_OF_A_WORKER, channels=views) as fleet,
        gateway.clients(queries=[f"{query}&events=changes" for query in queries], marker=CHANGE_MARKER) as clients,
    ):
        fleet.go_on()
        wait_for_sessions(gateway.port, fleet.sessions)
        fleet.go_on(changes_per_second=changes)
        time.sleep(SETTLE_SECONDS)
        alone, alone_mib = spend(gateway, seconds), _memory_mib(gateway)
        with folding(gateway, queries[:FOLDED_VIEWS]) as folded:
            clients.connect(count)
            time.sleep(SETTLE_SECONDS)
            fleet.go_on(changes_per_second=changes)
            get(gateway.port, HELD_PATH)
            spent = spend(gateway, seconds, clients)
            held = json.loads(get(gateway.port, HELD_PATH))
            memory_mib = _memory_mib(gateway)
            reports = silence(fleet)
            changes_folded = folded.check()
    return {
        "CPU": spent.cpu,
        "CPU while nobody reads": alone.cpu,
        "memory": memory_mib,
        "memory while nobody reads": alone_mib,
        "events": spent.events / spent.seconds,
        "bytes of an event": spent.bytes_of_event,
        "reports": reports.reports / reports.seconds,
        "loop held by its own work, p99": p99(held["busy_ms"]),
        "loop held by its own work, longest": max(held["busy_ms"]),
        "loop held, p99": p99(held["late_ms"]),
        "loop held, longest": max(held["late_ms"]),
        "changes of the folded sample": changes_folded,
    }


def _memory_mib(gateway: GatewayRun) -> float:
    return resident_bytes([gateway.pid]) / 1024 / 1024
