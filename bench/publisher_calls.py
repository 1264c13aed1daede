"""What an agent's call costs, with Redis up and with it down; and what an agent at rest costs."""

import time
from collections.abc import Callable, Iterator
from itertools import cycle

from bench.row import Row
from gateway.embedded import embedded_server
from publisher import Session, StatusPublisher

REST_SECONDS = 10.0


def measure(calls: int) -> Iterator[Row]:
    """Each call by itself, on the wall clock, the thread at work beside it."""
    with (
        embedded_server() as server,
        StatusPublisher(server.url) as publisher,
        publisher.session("bench:1") as session,
    ):
        publisher.flush()
        yield Row.of("an agent at rest, share of one core", [_rest()], "%")
        yield from _calls(session, calls, "Redis up")
    with StatusPublisher("redis://127.0.0.1:1") as publisher, publisher.session("bench:1") as session:
        yield from _calls(session, calls, "Redis down")


def _calls(session: Session, calls: int, when: str) -> Iterator[Row]:
    states = cycle((session.thinking, session.streaming))
    yield Row.of(f"thinking(), streaming(), {when}", [_timed(next(states)) for _ in range(calls)], "µs")

    def tool() -> None:
        with session.tool("bash"):
            pass

    yield Row.of(f"with tool(): from start to end, {when}", [_timed(tool) for _ in range(calls)], "µs")


def _timed(call: Callable[[], None]) -> float:
    started_ns = time.perf_counter_ns()
    call()
    return (time.perf_counter_ns() - started_ns) / 1000


def _rest() -> float:
    before = time.process_time()
    time.sleep(REST_SECONDS)
    return 100 * (time.process_time() - before) / REST_SECONDS
