"""A worker with more and more sessions, each changed ten times a second: its pace, its calls, its dashboard."""

import http.client
import multiprocessing
import re
import threading
import time
from bisect import bisect_left
from collections.abc import Iterator
from multiprocessing.connection import Connection
from statistics import median
from typing import Any, Final, Self

import redis

from agent_status_publisher.contract.report import MAX_SESSIONS
from bench.account import cpu_ns
from bench.gateway_run import STREAM_PATH, GatewayRun, running_gateway
from bench.options import Options
from bench.row import Row, p99
from bench.scenarios.limits_worker import PROBE_KEY, Limit, Made, run_workers

SIZES: Final = ((1, 1), (10, 1), (100, 1), (300, 1), (MAX_SESSIONS, 1), (MAX_SESSIONS, 10))
"""Sessions, and the workers of one process among which they are divided."""
CHANGES_PER_SESSION: Final = 10.0
SECONDS: Final = 10.0
SETTLE_SECONDS: Final = 2.0
_PROBE: Final = re.compile(rb'"session_key":"%b"[^{}]*?"tool_name":"at (\d+)"' % PROBE_KEY.encode())


def measure(options: Options) -> Iterator[Row]:
    """Workers in a process of their own, a gateway without a debounce, and one dashboard."""
    for sessions, workers in SIZES:
        subject = f"{sessions:,} sessions in {workers} worker{'s' * (workers > 1)}"
        options.say(f"{subject}, {CHANGES_PER_SESSION:g} changes of each a second")
        rounds = [_round(sessions, workers, SECONDS * options.scale) for _ in range(options.rounds)]
        for name in rounds[0]:
            measured, unit = name
            yield Row.of(subject, measured, unit, [one[name] for one in rounds])


def _round(sessions: int, workers: int, seconds: float) -> dict[tuple[str, str], float]:
    """Each measure and its unit, and what it was."""
    with running_gateway(debounce_seconds=0) as gateway, redis.Redis.from_url(gateway.redis_url) as client:
        limit = Limit(
            redis_url=gateway.redis_url,
            workers=workers,
            sessions=sessions,
            changes_per_session=CHANGES_PER_SESSION,
            seconds=seconds,
        )
        with_processes = multiprocessing.get_context("spawn")
        pipe, theirs = with_processes.Pipe()
        with_processes.Process(target=run_workers, args=(limit, theirs), daemon=True).start()
        pipe.recv()
        with _Dashboard(gateway) as dashboard:
            time.sleep(SETTLE_SECONDS)
            return _measured(pipe, client, gateway, dashboard)


def _measured(
    pipe: Connection, client: "redis.Redis", gateway: GatewayRun, dashboard: "_Dashboard"
) -> dict[tuple[str, str], float]:
    before, redis_ns = _account(client), cpu_ns([gateway.redis_pid])
    pipe.send("go on")
    made: Made = pipe.recv()
    redis_ns = cpu_ns([gateway.redis_pid]) - redis_ns
    after = _account(client)
    reports = after["writes"] - before["writes"]
    time.sleep(SETTLE_SECONDS)  # the last changes are still under way
    delays_ms = _delays_ms(made.probe_stamps, dashboard.seen)
    calls_us = [ns / 1e3 for ns in made.calls_ns]
    pipe.send("go on")
    return {
        ("changes", "1/s"): len(calls_us) / made.seconds,
        ("reports", "1/s"): reports / made.seconds,
        ("to Redis", "KB/s"): (after["input_bytes"] - before["input_bytes"]) / made.seconds / 1000,
        ("the process's CPU", "% of a core"): made.cpu_ns / made.seconds / 1e7,
        ("publisher's thread, a report", "µs"): made.thread_cpu_ns / reports / 1e3,
        ("Redis's CPU", "% of a core"): redis_ns / made.seconds / 1e7,
        ("one call, median", "µs"): median(calls_us),
        ("one call, p99", "µs"): p99(calls_us),
        ("one call, longest", "µs"): max(calls_us),
        ("change to dashboard, median", "ms"): median(delays_ms),
        ("change to dashboard, longest", "ms"): max(delays_ms),
    }


def _account(client: "redis.Redis") -> dict[str, int]:
    """How many reports Redis has taken, and how many bytes it has read from all its clients."""
    commands: dict[str, Any] = client.info("commandstats")
    return {
        "writes": int(commands.get("cmdstat_publish", {"calls": 0})["calls"]),
        "input_bytes": int(client.info("stats")["total_net_input_bytes"]),
    }


def _delays_ms(stamps: list[int], seen: list[tuple[int, int]]) -> list[float]:
    """For each change the time until a dashboard showed it, or a newer one of its session."""
    shown = [stamp for stamp, _ in seen]
    places = [(stamp, bisect_left(shown, stamp)) for stamp in stamps]
    assert all(place < len(seen) for _, place in places), "the dashboard has not seen the last change"
    return [(seen[place][1] - stamp) / 1e6 for stamp, place in places]


class _Dashboard:
    """A client of the stream, which notes what the probe shows and when: pairs of stamps in nanoseconds."""

    def __init__(self, gateway: GatewayRun) -> None:
        self.seen: list[tuple[int, int]] = []
        self._connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=60)
        self._connection.request("GET", STREAM_PATH)
        self._response = self._connection.getresponse()
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()

    def _read(self) -> None:
        while not self._is_over.is_set():
            line = self._response.readline()
            if found := _PROBE.search(line):
                self.seen.append((int(found[1]), time.monotonic_ns()))
            elif not line:
                return
