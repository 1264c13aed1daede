"""What an agent's call costs, with Redis up and with it down."""

import time
from collections.abc import Callable, Iterator
from itertools import cycle
from typing import Final

from agent_status_gateway.cli.embedded import embedded_server
from agent_status_publisher import Session, StatusPublisher
from bench.options import Options
from bench.row import Row, p99

CALLS: Final = 50_000
NOWHERE: Final = "redis://127.0.0.1:1"


def measure(options: Options) -> Iterator[Row]:
    """Each call by itself, on the wall clock, the thread at work beside it."""
    calls = options.scaled(CALLS, 100)
    with (
        embedded_server() as server,
        StatusPublisher(server.url) as publisher,
        publisher.session("bench:1") as session,
    ):
        publisher.flush()
        yield from _calls(session, calls, "Redis up")
    with StatusPublisher(NOWHERE) as publisher, publisher.session("bench:1") as session:
        yield from _calls(session, calls, "Redis down")


def _calls(session: Session, calls: int, when: str) -> Iterator[Row]:
    states = cycle((session.thinking, session.streaming))
    yield from _rows("thinking(), streaming()", when, [_timed_us(next(states)) for _ in range(calls)])

    def tool() -> None:
        with session.tool("bash"):
            pass

    yield from _rows("with tool(): from start to end", when, [_timed_us(tool) for _ in range(calls)])


def _rows(call: str, when: str, samples_us: list[float]) -> Iterator[Row]:
    yield Row.of(call, f"one call, {when}", "µs", sorted(samples_us)[len(samples_us) // 2 :][:1], "median")
    yield Row.of(call, f"one call, {when}", "µs", [p99(samples_us)], "p99")


def _timed_us(call: Callable[[], None]) -> float:
    started_ns = time.perf_counter_ns()
    call()
    return (time.perf_counter_ns() - started_ns) / 1000
