"""How long a load balancer waits for its probe while events are sent to many clients."""

import http.client
import threading
import time
from collections.abc import Iterator
from statistics import median
from typing import Final

from bench.gateway_run import running_gateway
from bench.options import Options
from bench.row import Row, p99
from bench.ticker import Ticker

CLIENTS: Final = 8000
EVENT_SECONDS: Final = 0.2
SECONDS: Final = 15.0
POLL_SECONDS: Final = 0.002


def measure(options: Options) -> Iterator[Row]:
    """Over one kept connection, one question after the other; first in quiet, then beside the events."""
    count, seconds = options.scaled(CLIENTS, 10), max(1.0, SECONDS * options.scale)
    with running_gateway() as gateway, gateway.publisher() as publisher, gateway.clients() as clients:
        session = publisher.session("bench:1")
        publisher.flush()
        clients.connect(count)
        yield from _rows(f"{count} clients, quiet", _ask(gateway.port, seconds))
        clients.reset()
        with Ticker(publisher, session, EVENT_SECONDS):
            answers = _ask(gateway.port, seconds)
        yield from _rows(f"{count} clients, sent one every {EVENT_SECONDS} s", answers)
        events = clients.report()["events"] / count / seconds
        yield Row.of("during the probes", "events of each client", "1/s", [events])


def _ask(port: int, seconds: float) -> list[float]:
    """Milliseconds of each answer; asked from a thread of its own."""
    answers_ms: list[float] = []

    def ask() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            began_at = time.monotonic()
            connection.request("GET", "/healthz")
            response = connection.getresponse()
            response.read()
            assert response.status == 200, response.status
            answers_ms.append(1000 * (time.monotonic() - began_at))
            time.sleep(POLL_SECONDS)
        connection.close()

    thread = threading.Thread(target=ask, name="prober")
    thread.start()
    thread.join()
    return answers_ms


def _rows(subject: str, answers_ms: list[float]) -> Iterator[Row]:
    yield Row.of(subject, "answer, median", "ms", [median(answers_ms)], f"{len(answers_ms)} answers")
    yield Row.of(subject, "answer, p99", "ms", [p99(answers_ms)])
    yield Row.of(subject, "answer, worst", "ms", [max(answers_ms)])
