"""A busy worker: what its changes cost its process, and how few messages come of them; and one at rest."""

import time
from collections.abc import Iterator
from itertools import cycle
from typing import Final

import redis

from agent_status_gateway.cli.embedded import embedded_server
from agent_status_publisher import Session, StatusPublisher
from bench.options import Options
from bench.row import Row

SECONDS: Final = 5.0
TRANSITIONS_PER_SECOND: Final = 50_000
REST_SECONDS: Final = 10.0
SLICE_SECONDS: Final = 0.002


def measure(options: Options) -> Iterator[Row]:
    """CPU is this process's, all its threads included."""
    seconds = SECONDS * options.scale
    with (
        embedded_server() as server,
        redis.Redis.from_url(server.url) as client,
        StatusPublisher(server.url) as publisher,
        publisher.session("bench:1") as session,
    ):
        publisher.flush()
        yield Row.of("at rest", "CPU", "% of a core", [_rest(REST_SECONDS * options.scale)])
        for rate in (TRANSITIONS_PER_SECOND, None):
            subject = f"{rate:,} transitions/s wanted" if rate else "as many as can be"
            rounds = [_busy(client, session, seconds, rate) for _ in range(options.rounds)]
            made, cpu, messages = zip(*rounds, strict=True)
            yield Row.of(subject, "transitions", "1/s", made)
            yield Row.of(subject, "CPU per transition, all threads", "µs", cpu)
            yield Row.of(subject, "messages to Redis", "1/s", messages)


def _busy(client: "redis.Redis", session: Session, seconds: float, rate: int | None) -> tuple[float, float, float]:
    """Transitions a second, CPU µs of one, messages a second."""
    states = cycle((session.thinking, session.streaming))
    messages, cpu_ns, began_at = _messages(client), time.process_time_ns(), time.monotonic()
    made = 0
    while (elapsed := time.monotonic() - began_at) < seconds:
        wanted = int(elapsed * rate) - made if rate else 1000
        for _ in range(wanted):
            next(states)()
        made += wanted
        if rate:
            time.sleep(SLICE_SECONDS)
    cpu_ns = time.process_time_ns() - cpu_ns
    return made / elapsed, cpu_ns / made / 1e3, (_messages(client) - messages) / elapsed


def _messages(client: "redis.Redis") -> int:
    """How often the write script has published a report."""
    said = client.info("commandstats").get("cmdstat_publish", {"calls": 0})
    return int(said["calls"])


def _rest(seconds: float) -> float:
    before = time.process_time()
    time.sleep(seconds)
    return 100 * (time.process_time() - before) / seconds
