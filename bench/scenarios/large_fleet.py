"""A hundred thousand sessions: for how long the event loop is held, what it costs, and what others notice of a join.

Nobody reads whole snapshots at first. Then one client a second joins, takes one and leaves. Last, a moderate fleet with
a single change a second and one client that stays.
"""

import json
import time
from collections import defaultdict
from collections.abc import Iterator
from itertools import chain
from typing import Final

from bench.account import cpu_ns, resident_bytes
from bench.fleets.process import FleetProcess
from bench.gateway_run import GatewayRun, running_gateway
from bench.metrics import get, wait_for_sessions
from bench.options import Options
from bench.probes.asker import asking
from bench.probes.held import HELD_PATH
from bench.probes.joiner import joining
from bench.row import Row, p50, p99

SESSIONS: Final = 100_000
SESSIONS_OF_A_WORKER: Final = 100
CHANGES_PER_SECOND: Final = 1000
MODERATE_SESSIONS: Final = 10_000
MODERATE_CHANGES_PER_SECOND: Final = 1
SECONDS: Final = 60.0
LEAST_SECONDS: Final = 2.0
SETTLE_SECONDS: Final = 6.0
"""Longer than a heartbeat: all workers have reported in turn."""
OTHERS_PATH: Final = "/livez"

UNITS: Final = {
    "loop held, p50": "ms",
    "loop held, p99": "ms",
    "loop held, longest": "ms",
    "loop held by its own work, p99": "ms",
    "loop held by its own work, longest": "ms",
    "CPU": "% of a core",
    "Redis's CPU": "% of a core",
    "memory": "MiB",
    "reports": "1/s",
    "fleet late at most": "ms",
    "events": "1/s",
    "other requests, p50": "ms",
    "other requests, p99": "ms",
    "other requests, longest": "ms",
    "other requests without an answer": "",
    "a join, median": "s",
    "a join, longest": "s",
    "joins": "",
    "joins that failed": "",
    "bytes of a join": "MB",
}
Sample = dict[str, float]


def measure(options: Options) -> Iterator[Row]:
    """Rows are one subject's samples of one measure, one sample a round."""
    samples: dict[str, list[Sample]] = defaultdict(list)
    for number in range(options.rounds):
        for subject, sample in chain(_large(options), _moderate(options)):
            samples[subject].append(sample)
            told = (f"{name} {value:.4g} {UNITS[name]}" for name, value in sample.items())
            options.say(f"round {number + 1}/{options.rounds} {subject}: {', '.join(told)}")
    for subject, found in samples.items():
        for name in found[0]:
            yield Row.of(subject, name, UNITS[name], (sample[name] for sample in found))


def _large(options: Options) -> Iterator[tuple[str, Sample]]:
    workers = options.scaled(SESSIONS / SESSIONS_OF_A_WORKER)
    changes_per_second = options.scaled(CHANGES_PER_SECOND)
    seconds = max(LEAST_SECONDS, SECONDS * options.scale)
    subject = f"{workers * SESSIONS_OF_A_WORKER} sessions, {changes_per_second} changes/s"
    with (
        running_gateway(checkout=options.checkout, held=True, debounce_seconds=1) as gateway,
        FleetProcess(
            gateway.redis_url, workers=workers, sessions=SESSIONS_OF_A_WORKER, checkout=options.checkout
        ) as fleet,
    ):
        fleet.go_on()
        wait_for_sessions(gateway.port, fleet.sessions)
        fleet.go_on(changes_per_second=changes_per_second)
        time.sleep(SETTLE_SECONDS)
        yield f"{subject}, nobody reads", _held(gateway, fleet, seconds, changes_per_second)
        with (
            joining(gateway.port, seconds) as joined,
            asking(gateway.port, OTHERS_PATH, seconds) as asked,
        ):
            sample = _held(gateway, fleet, seconds, changes_per_second)
        yield (
            f"{subject}, a join each second",
            sample
            | {
                "other requests, p50": p50(asked.late_ms),
                "other requests, p99": p99(asked.late_ms),
                "other requests, longest": max(asked.late_ms),
                "other requests without an answer": asked.failed,
                "joins": len(joined.seconds),
                "joins that failed": joined.failed,
                "a join, median": p50(joined.seconds or [float("inf")]),
                "a join, longest": max(joined.seconds, default=float("inf")),
                "bytes of a join": p50([size / 1e6 for size in joined.bytes] or [0.0]),
            },
        )


def _moderate(options: Options) -> Iterator[tuple[str, Sample]]:
    workers = options.scaled(MODERATE_SESSIONS / SESSIONS_OF_A_WORKER)
    seconds = max(LEAST_SECONDS, SECONDS * options.scale)
    with (
        running_gateway(checkout=options.checkout, held=True, debounce_seconds=1) as gateway,
        FleetProcess(
            gateway.redis_url, workers=workers, sessions=SESSIONS_OF_A_WORKER, checkout=options.checkout
        ) as fleet,
        gateway.clients() as clients,
    ):
        fleet.go_on()
        wait_for_sessions(gateway.port, fleet.sessions)
        clients.connect(1)
        fleet.go_on(changes_per_second=MODERATE_CHANGES_PER_SECOND)
        time.sleep(SETTLE_SECONDS)
        clients.reset()
        sample = _held(gateway, fleet, seconds, MODERATE_CHANGES_PER_SECOND)
        sample["events"] = clients.report()["events"] / seconds
    yield f"{fleet.sessions} sessions, {MODERATE_CHANGES_PER_SECOND} change/s, one client", sample


def _held(gateway: GatewayRun, fleet: FleetProcess, seconds: float, changes_per_second: float) -> Sample:
    """How long the loop was held in these seconds, and what they cost."""
    get(gateway.port, HELD_PATH)
    fleet.go_on(changes_per_second=changes_per_second)
    before_ns, redis_before_ns, began_at = cpu_ns([gateway.pid]), cpu_ns([gateway.redis_pid]), time.monotonic()
    time.sleep(seconds)
    used_ns, redis_ns = cpu_ns([gateway.pid]) - before_ns, cpu_ns([gateway.redis_pid]) - redis_before_ns
    elapsed = time.monotonic() - began_at
    counts = fleet.go_on(changes_per_second=changes_per_second)
    held = json.loads(get(gateway.port, HELD_PATH))
    return {
        "loop held, p50": p50(held["late_ms"]),
        "loop held, p99": p99(held["late_ms"]),
        "loop held, longest": max(held["late_ms"]),
        "loop held by its own work, p99": p99(held["busy_ms"]),
        "loop held by its own work, longest": max(held["busy_ms"]),
        "CPU": used_ns / elapsed / 1e7,
        "Redis's CPU": redis_ns / elapsed / 1e7,
        "memory": resident_bytes([gateway.pid]) / 1024 / 1024,
        "reports": counts.reports / counts.seconds,
        "fleet late at most": 1000 * counts.late_seconds,
    }
