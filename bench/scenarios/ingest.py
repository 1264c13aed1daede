"""A busy fleet: what its reports cost the gateway, and whether the last snapshot is what was reported last."""

import http.client
import json
import multiprocessing
import re
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from typing import Final

from bench.account import cpu_ns
from bench.gateway_run import STATUS_PATH, GatewayRun, running_gateway
from bench.options import Options
from bench.row import Row
from bench.scenarios.ingest_workers import Load, run_workers

WORKERS: Final = 50
PROCESSES: Final = 2
SECONDS: Final = 10.0
TRANSITIONS_PER_SECOND: Final = 6000
SIZES: Final = (20, 200)
WATCHERS: Final = 10
SETTLE_SECONDS: Final = 2.0
RIGHT_SECONDS: Final = 60.0
POLL_SECONDS: Final = 0.2


def measure(options: Options) -> Iterator[Row]:
    """Real publishers in processes of their own; the default debounce, and a few dashboards."""
    per_process = options.scaled(WORKERS / PROCESSES)
    for sessions in SIZES:
        options.say(f"{PROCESSES * per_process} workers with {sessions} sessions each")
        with running_gateway(debounce_seconds=1) as gateway, gateway.clients() as clients:
            loads = [
                Load(
                    redis_url=gateway.redis_url,
                    first=number * per_process,
                    workers=per_process,
                    sessions=sessions,
                    seconds=SECONDS * options.scale,
                    transitions_per_second=TRANSITIONS_PER_SECOND / PROCESSES,
                )
                for number in range(PROCESSES)
            ]
            clients.connect(WATCHERS)
            yield from _ingest(gateway, loads)


def _ingest(gateway: GatewayRun, loads: list[Load]) -> Iterator[Row]:
    subject = f"{sum(load.workers for load in loads)} workers, {loads[0].sessions} sessions each"
    with_processes = multiprocessing.get_context("spawn")
    pipes: list[Connection] = []
    for load in loads:
        mine, theirs = with_processes.Pipe()
        with_processes.Process(target=run_workers, args=(load, theirs), daemon=True).start()
        pipes.append(mine)
    _hear(pipes)
    time.sleep(SETTLE_SECONDS)
    reports, began_at = _reports(gateway), time.monotonic()
    gateway_ns, redis_ns = cpu_ns([gateway.pid]), cpu_ns([gateway.redis_pid])
    _say(pipes)
    made = sum(_hear(pipes))
    seconds = time.monotonic() - began_at
    gateway_ns, redis_ns = cpu_ns([gateway.pid]) - gateway_ns, cpu_ns([gateway.redis_pid]) - redis_ns
    reports = _reports(gateway) - reports
    yield Row.of(subject, "transitions", "1/s", [made / seconds])
    yield Row.of(subject, "reports", "1/s", [reports / seconds])
    yield Row.of(subject, "gateway's CPU", "% of a core", [gateway_ns / seconds / 1e7])
    yield Row.of(subject, "gateway's CPU per report", "µs", [gateway_ns / max(1, reports) / 1e3])
    yield Row.of(subject, "Redis's CPU", "% of a core", [redis_ns / seconds / 1e7])
    assert all(_hear(pipes)), "Redis did not take the last reports in time"
    said = {key: tool for load in loads for key, tool in load.final_tools.items()}
    last_at = time.monotonic()
    while (wrong := _wrong(gateway, said)) and time.monotonic() < last_at + RIGHT_SECONDS:
        time.sleep(POLL_SECONDS)
    yield Row.of(subject, "last report to right snapshot", "s", [time.monotonic() - last_at])
    yield Row.of(subject, "sessions shown wrong in the end", "", [wrong], f"of {len(said)}")
    _say(pipes)


def _wrong(gateway: GatewayRun, said: dict[str, str]) -> int:
    """How many sessions are not shown as they were said last."""
    shown = {row["session_key"]: row["tool_name"] for row in json.loads(_get(gateway, STATUS_PATH))["sessions"]}
    return sum(said.get(key) != shown.get(key) for key in said.keys() | shown.keys())


def _say(pipes: list[Connection]) -> None:
    for pipe in pipes:
        pipe.send("go on")


def _hear(pipes: list[Connection]) -> list[int]:
    return [pipe.recv() for pipe in pipes]


def _reports(gateway: GatewayRun) -> int:
    """How many the gateway has heard, as its metrics say."""
    found = re.search(r"^agent_status_reports_total (\S+)", _get(gateway, "/metrics").decode(), re.MULTILINE)
    return int(float(found.group(1))) if found else 0


def _get(gateway: GatewayRun, path: str) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=60)
    try:
        connection.request("GET", path)
        return connection.getresponse().read()
    finally:
        connection.close()
