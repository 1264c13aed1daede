"""A large snapshot: what making it costs, and how many bytes of it a client gets, with and without gzip."""

import http.client
import time
from collections.abc import Iterator
from typing import Final

import redis

from agent_status_gateway.cli.embedded import embedded_server
from agent_status_gateway.fanout.events.frames import encode_frame
from agent_status_gateway.state.fleet import Fleet
from agent_status_gateway.state.fold.fold import Fold
from agent_status_gateway.state.steps import at_once
from agent_status_publisher.contract.reading import READ_SCRIPT, Reading, decode_reading, read_arguments
from agent_status_publisher.contract.wire import Keys
from bench.account import cpu_ns
from bench.fleets.reports import NAMESPACE, FleetReports
from bench.gateway_run import STREAM_PATH, GatewayRun, running_gateway
from bench.options import Options
from bench.row import Row

SESSIONS: Final = 1000
SNAPSHOTS: Final = 200
EVENTS: Final = 5
EVENT_SECONDS: Final = 0.5
ENCODERS: Final = {"no coding": "", "gzip": "Accept-Encoding: gzip\r\n"}


def measure(options: Options) -> Iterator[Row]:
    """In this process first, then as a client sees it."""
    sessions = options.scaled(SESSIONS, 10)
    subject = f"{sessions} sessions"
    yield Row.of(subject, "snapshot and its bytes", "ms", _made_ms(sessions, options.scaled(SNAPSHOTS, 10)))
    with running_gateway() as gateway, FleetReports(gateway.redis_url, workers=1, sessions=sessions) as fleet:
        fleet.say_all()
        time.sleep(EVENT_SECONDS)
        for coding, header in ENCODERS.items():
            if header and (found := _coding(gateway.port)) != coding:
                yield Row.of(subject, f"bytes of an event, {coding}", "B", (), f"no {coding}: {found or 'as it is'}")
                continue
            yield from _sent(gateway, fleet, subject, coding, header)


def _made_ms(sessions: int, snapshots: int) -> Iterator[float]:
    """Each from what one reading of Redis brought, a millisecond later than the one before."""
    fleet, fold = Fleet(), Fold()
    fleet.read(_reading(sessions), 0.0, 0.0)
    for number in range(snapshots):
        now, began_ns = number / 1000, time.perf_counter_ns()
        fleet.judge(now)
        at_once(fold.update(fleet, now))
        at_once(encode_frame(fold.rows, fold.global_status(fold.rows, now), now))
        yield (time.perf_counter_ns() - began_ns) / 1e6


def _reading(sessions: int) -> Reading:
    with (
        embedded_server() as server,
        redis.Redis.from_url(server.url) as client,
        FleetReports(server.url, workers=1, sessions=sessions) as reports,
    ):
        reports.say_all()
        keys, arguments = read_arguments(Keys(NAMESPACE))
        return decode_reading(client.eval(READ_SCRIPT, len(keys), *keys, *arguments))


def _sent(gateway: GatewayRun, fleet: FleetReports, subject: str, coding: str, header: str) -> Iterator[Row]:
    """Bytes as they are read, chunks included; one client."""
    with gateway.clients(headers=header) as clients:
        clients.connect(1)
        time.sleep(EVENT_SECONDS)
        yield Row.of(subject, f"bytes of the first event, {coding}", "B", [clients.report()["bytes"]])
        clients.reset()
        before_ns = cpu_ns([gateway.pid])
        for _ in range(EVENTS):
            fleet.say_all()
            time.sleep(EVENT_SECONDS)
        used_ns = cpu_ns([gateway.pid]) - before_ns
        yield Row.of(subject, f"bytes of an event, {coding}", "B", [clients.report()["bytes"] / EVENTS])
        yield Row.of(subject, f"gateway's CPU for one event, {coding}", "ms", [used_ns / EVENTS / 1e6], "heard to sent")


def _coding(port: int) -> str | None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", STREAM_PATH, headers={"Accept-Encoding": "gzip", "Accept": "text/event-stream"})
        return connection.getresponse().getheader("Content-Encoding")
    finally:
        connection.close()
