"""A fresh replica of a large fleet: from its start to its first right answers, while `/livez` is asked."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Final

from agent_status_gateway.cli.embedded import embedded_server
from bench.account import cpu_ns
from bench.fleets.process import FleetProcess
from bench.gateway_run import STATUS_PATH, gateway_beside
from bench.metrics import answer, get
from bench.options import Options
from bench.probes.asker import asking
from bench.row import Row, p99

SESSIONS: Final = 100_000
SESSIONS_OF_A_WORKER: Final = 100
LIVE_SECONDS: Final = 10.0
POLL_SECONDS: Final = 0.01
GIVE_UP_SECONDS: Final = 120.0

UNITS: Final = {
    "exec to listening": "s",
    "exec to /livez": "s",
    "exec to /healthz": "s",
    "exec to the whole JSON": "s",
    "/livez after that, p99": "ms",
    "/livez after that, longest": "ms",
    "/livez after that, without an answer": "",
    "CPU in all": "s",
}


def measure(options: Options) -> Iterator[Row]:
    """All workers report every five seconds, and nothing changes; one fresh replica a round."""
    workers = options.scaled(SESSIONS / SESSIONS_OF_A_WORKER)
    samples: dict[str, list[float]] = defaultdict(list)
    with (
        embedded_server() as server,
        FleetProcess(server.url, workers=workers, sessions=SESSIONS_OF_A_WORKER, checkout=options.checkout) as fleet,
    ):
        fleet.go_on()
        for number in range(options.rounds):
            for name, value in _start(server.url, fleet.sessions, options).items():
                samples[name].append(value)
            told = (f"{name} {values[-1]:.3g} {UNITS[name]}" for name, values in samples.items())
            options.say(f"round {number + 1}/{options.rounds}: {', '.join(told)}")
    for name, values in samples.items():
        yield Row.of(f"a fresh replica, {fleet.sessions} sessions", name, UNITS[name], values)


def _start(redis_url: str, sessions: int, options: Options) -> dict[str, float]:
    began_at = time.monotonic()
    with gateway_beside(redis_url, checkout=options.checkout, debounce_seconds=1) as gateway:
        listening_at = time.monotonic()
        with asking(gateway.port, "/livez", max(1.0, LIVE_SECONDS * options.scale)) as asked:
            _until(lambda: answer(gateway.port, "/healthz")[0] == 200)
            healthy_at = time.monotonic()
            _until(lambda: get(gateway.port, STATUS_PATH).count(b'"session_key"') == sessions)
            whole_at = time.monotonic()
        return {
            "exec to listening": listening_at - began_at,
            "exec to /livez": listening_at - began_at + asked.first_ms / 1e3,
            "exec to /healthz": healthy_at - began_at,
            "exec to the whole JSON": whole_at - began_at,
            "/livez after that, p99": p99(asked.late_ms),
            "/livez after that, longest": max(asked.late_ms),
            "/livez after that, without an answer": asked.failed,
            "CPU in all": cpu_ns([gateway.pid]) / 1e9,
        }


def _until(is_right: Callable[[], bool]) -> None:
    give_up_at = time.monotonic() + GIVE_UP_SECONDS
    while time.monotonic() < give_up_at:
        with suppress(OSError):
            if is_right():
                return
        time.sleep(POLL_SECONDS)
    raise TimeoutError(f"no right answer in {GIVE_UP_SECONDS:g} s")
