"""What it costs a server to tell many clients the same: our gateway and its peers, in the same run, interleaved.

In each round each server is started, gets its clients, tells them some events one by one, and is stopped; only one runs
at a time. CPU is the server's own account in nanoseconds, so it does not matter how fast clients read.
"""

import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Final

from bench.account import cpu_ns, resident_bytes
from bench.clients import BOUND_SHARE, Clients, ClientsError, stamp
from bench.options import Options
from bench.peers import PEERS
from bench.peers.peer import Peer, Server
from bench.peers.post import PostError
from bench.row import Row
from bench.started import NotStartedError

WARM_UP_EVENTS: Final = 3
SETTLE_SECONDS: Final = 0.3
EVENT_SECONDS: Final = 0.15
"""Seconds from one event to the next: our publisher sends at most ten reports a second."""
WAIT_SECONDS: Final = 20.0

UNITS: Final = {
    "CPU per event": "µs",
    "CPU to connect": "µs",
    "memory per client": "KiB",
    "latency p50": "ms",
    "latency p99": "ms",
    "time to all": "ms",
    "delivered": "%",
    "bytes per event": "B",
    "CPU beside it per event": "µs",
    "generator busy": "%",
}
Sample = dict[str, float]


def measure(options: Options) -> Iterator[Row]:
    """Rows are one peer's samples of one measure, one sample a round."""
    peers = [peer for name, peer in PEERS.items() if not options.only or name in options.only]
    missing = {peer.name: reason for peer in peers if (reason := peer.why_missing())}
    samples: dict[str, list[Sample]] = defaultdict(list)
    for number in range(options.rounds):
        for peer in peers:
            if peer.name in missing:
                continue
            try:
                sample = _round(peer, options)
            except (NotStartedError, ClientsError, PostError) as error:
                options.say(f"round {number + 1}/{options.rounds} {peer.name}: failed: {error}")
                missing.setdefault(peer.name, f"failed: {error}") if number == 0 else None
                continue
            samples[peer.name].append(sample)
            options.say(
                f"round {number + 1}/{options.rounds} {peer.name}: {sample['CPU per event']:.2f} µs an event, "
                f"{sample['CPU to connect']:.0f} µs and {sample['memory per client']:.1f} KiB a client"
            )
    for peer in peers:
        yield from _rows(peer, samples[peer.name], missing.get(peer.name))


def _rows(peer: Peer, samples: list[Sample], missing: str | None) -> Iterator[Row]:
    if not samples:
        yield Row.of(peer.name, "missing", "", (), missing or "no round succeeded")
        return
    bound = median(sample["generator busy"] for sample in samples) > 100 * BOUND_SHARE
    note = "; ".join(filter(None, (peer.note, "generator-bound" if bound else "")))
    for name, unit in UNITS.items():
        yield Row.of(peer.name, name, unit, (sample[name] for sample in samples), note)


def _round(peer: Peer, options: Options) -> Sample:
    with tempfile.TemporaryDirectory(prefix="bench-peer-") as folder, peer.run(Path(folder)) as server:
        time.sleep(SETTLE_SECONDS)
        with Clients(server.port, server.path, server.marker) as clients:
            sample = _connected(server, clients, options.clients)
            for _ in range(WARM_UP_EVENTS):
                _tell(server, clients)
            return sample | _told(server, clients, options)


def _connected(server: Server, clients: Clients, count: int) -> Sample:
    memory, cpu = resident_bytes(server.pids), cpu_ns(server.pids)
    clients.connect(count, window=server.window)
    time.sleep(SETTLE_SECONDS)
    return {
        "CPU to connect": (cpu_ns(server.pids) - cpu) / count / 1e3,
        "memory per client": (resident_bytes(server.pids) - memory) / count / 1024,
    }


def _told(server: Server, clients: Clients, options: Options) -> Sample:
    clients.reset()
    cpu, beside = cpu_ns(server.pids), cpu_ns(server.beside)
    for _ in range(options.events):
        _tell(server, clients)
    cpu, beside = cpu_ns(server.pids) - cpu, cpu_ns(server.beside) - beside
    report = clients.report()
    events = max(1.0, report["events"])
    return {
        "CPU per event": cpu / events / 1e3,
        "CPU beside it per event": beside / events / 1e3,
        "latency p50": report["latency_p50_ms"],
        "latency p99": report["latency_p99_ms"],
        "time to all": median(report.to_all_ms),
        "delivered": 100 * events / (options.clients * options.events),
        "bytes per event": report["bytes"] / events,
        "generator busy": 100 * report.busy_share,
    }


def _tell(server: Server, clients: Clients) -> None:
    """One event, until all have it; then quiet until the next one is due."""
    began_ns = stamp()
    server.publish(began_ns)
    clients.wait_stamp(began_ns, WAIT_SECONDS)
    time.sleep(max(0.0, EVENT_SECONDS - (stamp() - began_ns) / 1e9))
