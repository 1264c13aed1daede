"""The bytes to one client of a fleet in a minute: changes, whole snapshots, and peers that send each changed row apart.

All get the same changes at the same time. What a client gets when it joins does not count: peers have no snapshot for
it. Mercure has a topic for each session, and its client asks for all; Centrifugo has one channel of rows.
"""

import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlencode

from bench.clients import Clients
from bench.fleets.process import FleetProcess
from bench.gateway_run import GatewayRun, running_gateway
from bench.metrics import wait_for_sessions
from bench.options import Options
from bench.peers import centrifugo, mercure
from bench.peers.post import Post
from bench.row import Row
from bench.scenarios.views.relay import Relay

SESSIONS_OF_A_WORKER: Final = 100
WORKERS: Final = 50
CHANGES_PER_SECOND: Final = 20
DEBOUNCE_SECONDS: Final = 1.0
SECONDS: Final = 60.0
LEAST_SECONDS: Final = 2.0
SETTLE_SECONDS: Final = 2.0
GZIP: Final = "Accept-Encoding: gzip\r\n"
OURS: Final = {
    "whole snapshots": ("", ""),
    "whole snapshots, gzip": ("", GZIP),
    "changes": ("events=changes", ""),
    "changes, gzip": ("events=changes", GZIP),
}
TOPICS: Final = "sessions/{key}"


def measure(options: Options) -> Iterator[Row]:
    """Bytes a second, and beside ours with changes."""
    samples: dict[str, list[float]] = defaultdict(list)
    for number in range(options.rounds):
        for name, rate in _round(options).items():
            samples[name].append(rate)
        told = (f"{name} {found[-1]:.0f}" for name, found in samples.items())
        options.say(f"round {number + 1}/{options.rounds}, B/s: {', '.join(told)}")
    sessions = options.scaled(WORKERS) * SESSIONS_OF_A_WORKER
    for name, found in samples.items():
        yield Row.of(f"{sessions} sessions, {name}", "bytes to a client", "B/s", found)
        ratios = [rate / max(1.0, changes) for rate, changes in zip(found, samples["changes"], strict=True)]
        yield Row.of(f"{sessions} sessions, {name}, beside changes", "bytes to a client", "times", ratios)
    for peer in (centrifugo.PEER, mercure.PEER):
        if reason := peer.why_missing():
            yield Row.of(peer.name, "missing", "", (), reason)


def _round(options: Options) -> dict[str, float]:
    seconds = max(LEAST_SECONDS, SECONDS * options.scale)
    with (
        running_gateway(debounce_seconds=DEBOUNCE_SECONDS) as gateway,
        FleetProcess(gateway.redis_url, workers=options.scaled(WORKERS), sessions=SESSIONS_OF_A_WORKER) as fleet,
        ExitStack() as stack,
    ):
        wait_for_sessions(gateway.port, fleet.sessions)
        fleet.go_on(changes_per_second=CHANGES_PER_SECOND)
        readers = {name: _reader(stack, gateway, *asked) for name, asked in OURS.items()}
        publishers: list[Callable[[str, str], None]] = []
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-traffic-")))
        if not centrifugo.PEER.why_missing():
            server, post = stack.enter_context(centrifugo.running(folder))
            readers["Centrifugo"] = _connected(stack, Clients(server.port, server.path, server.marker))
            publishers.append(partial(_publish_to_centrifugo, post))
        if not mercure.PEER.why_missing():
            server, post = stack.enter_context(mercure.running(folder))
            path = f"{mercure.PATH}?{urlencode({'topic': TOPICS})}"
            readers["Mercure"] = _connected(stack, Clients(server.port, path, server.marker))
            publishers.append(partial(_publish_to_mercure, post))
        stack.enter_context(Relay(gateway, publishers))
        time.sleep(SETTLE_SECONDS)
        for reader in readers.values():
            reader.reset()
        time.sleep(seconds)
        return {name: reader.report()["bytes"] / seconds for name, reader in readers.items()}


def _publish_to_centrifugo(post: Post, _key: str, row: str) -> None:
    post(f'{{"channel":"{centrifugo.CHANNEL}","data":{row}}}')


def _publish_to_mercure(post: Post, key: str, row: str) -> None:
    post(urlencode({"topic": TOPICS.replace("{key}", quote(key, safe="")), "data": row}))


def _reader(stack: ExitStack, gateway: GatewayRun, query: str, headers: str) -> Clients:
    return _connected(stack, gateway.clients(queries=(query,), headers=headers))


def _connected(stack: ExitStack, clients: Clients) -> Clients:
    stack.enter_context(clients)
    clients.connect(1)
    return clients
