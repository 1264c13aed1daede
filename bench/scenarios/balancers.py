"""What each load balancer adds to an event's way, by the shipped configurations, beside clients without one."""

import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Final

from agent_status_publisher import Session, StatusPublisher
from bench.account import cpu_ns
from bench.balancers import BALANCERS, BalancerKind
from bench.clients import BOUND_SHARE, Clients
from bench.gateway_run import MARKER, STREAM_PATH, GatewayRun, running_gateway
from bench.options import Options
from bench.row import Row
from bench.started import started
from bench.ticker import publish_stamp
from chaos.ports import free_port

CLIENTS: Final = 1000
EVENTS: Final = 20
EVENT_SECONDS: Final = 0.15
"""Seconds from one event to the next: our publisher sends at most ten reports a second."""
WAIT_SECONDS: Final = 20.0
GOAL_MS: Final = 50.0
DIRECT: Final = "no balancer"
Samples = dict[str, dict[str, list[float]]]


def measure(options: Options) -> Iterator[Row]:
    """Each round: the same number of clients straight, then through each balancer, one after the other."""
    count = options.scaled(CLIENTS, 10)
    present = {name: kind for name, kind in BALANCERS.items() if kind.program()}
    samples: Samples = {name: defaultdict(list) for name in (DIRECT, *present)}
    with running_gateway() as gateway, gateway.publisher() as publisher:
        session = publisher.session("bench:1")
        publisher.flush()
        for number in range(options.rounds):
            for name in samples:
                for measured, value in _one(gateway, publisher, session, present.get(name), count).items():
                    samples[name][measured].append(value)
                shown = samples[name]["p50"][-1]
                options.say(f"round {number + 1}/{options.rounds} {name}: p50 {shown:.1f} ms")
    straight = samples[DIRECT]
    yield Row.of(DIRECT, "latency p50", "ms", straight["p50"], f"{count} clients")
    yield Row.of(DIRECT, "latency p99", "ms", straight["p99"])
    for name in BALANCERS:
        if name not in present:
            yield Row.of(name, "missing", "", (), f"no {name} on PATH")
            continue
        own = samples[name]
        for measured in ("p50", "p99"):
            added = [mine - theirs for mine, theirs in zip(own[measured], straight[measured], strict=True)]
            yield Row.of(name, f"added to latency {measured}", "ms", added, _verdict(own, added))
        yield Row.of(name, "its own CPU per event and client", "µs", own["cpu"])


def _verdict(own: dict[str, list[float]], added: list[float]) -> str:
    bound = "generator-bound; " if median(own["busy"]) > 100 * BOUND_SHARE else ""
    return f"{bound}{'within' if median(added) < GOAL_MS else 'over'} the goal of {GOAL_MS:g} ms"


def _one(
    gateway: GatewayRun, publisher: StatusPublisher, session: Session, kind: BalancerKind | None, count: int
) -> dict[str, float]:
    if kind is None:
        with gateway.clients() as clients:
            return _told(clients, publisher, session, count, pid=None)
    with _running(kind, gateway.port) as (port, pid), Clients(port, STREAM_PATH, MARKER) as clients:
        return _told(clients, publisher, session, count, pid=pid)


@contextmanager
def _running(kind: BalancerKind, gateway_port: int) -> Iterator[tuple[int, int]]:
    """Its port and its process. Both of its replicas are the same one: its way is measured, not its choice."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="bench-balancer-") as name:
        folder = Path(name)
        file = folder / kind.file.name
        file.write_text(kind.configured(port, (gateway_port, gateway_port)), "utf-8")
        command = [str(kind.program()), *kind.run(folder, file)]
        with started(command, port=port, log=folder / "log") as process:
            yield port, process.pid


def _told(
    clients: Clients, publisher: StatusPublisher, session: Session, count: int, *, pid: int | None
) -> dict[str, float]:
    clients.connect(count)
    for _ in range(2):  # the first event finds nothing warm
        clients.wait_stamp(publish_stamp(publisher, session), WAIT_SECONDS)
        time.sleep(EVENT_SECONDS)
    clients.reset()
    pids = [] if pid is None else [pid]
    before_ns = cpu_ns(pids)
    for _ in range(EVENTS):
        clients.wait_stamp(publish_stamp(publisher, session), WAIT_SECONDS)
        time.sleep(EVENT_SECONDS)
    report = clients.report()
    return {
        "p50": report["latency_p50_ms"],
        "p99": report["latency_p99_ms"],
        "busy": 100 * report.busy_share,
        "cpu": (cpu_ns(pids) - before_ns) / max(1.0, report["events"]) / 1e3,
    }
