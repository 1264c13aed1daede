"""A full reading when nothing has changed: what Redis sends for it, and for how long it serves nobody else."""

import time
from collections.abc import Iterator
from typing import Any, Final

import redis

from bench.fleets.process import FleetProcess
from bench.gateway_run import running_gateway
from bench.metrics import metric, wait_for_sessions
from bench.options import Options
from bench.row import Row

SESSIONS: Final = 100_000
SESSIONS_OF_A_WORKER: Final = 100
HEARTBEAT_SECONDS: Final = 1.0
"""A reading is due each second one, so that there are many in a short time."""
SETTLE_SECONDS: Final = 5.0
POLL_SECONDS: Final = 0.05
GIVE_UP_SECONDS: Final = 60.0
SCRIPTS: Final = ("cmdstat_evalsha", "cmdstat_eval", "cmdstat_evalsha_ro", "cmdstat_eval_ro", "cmdstat_fcall_ro")
SLOWLOG_LENGTH: Final = 4096


def measure(options: Options) -> Iterator[Row]:
    """One sample a reading; workers are silent during it, so that nobody else calls a script."""
    workers = options.scaled(SESSIONS / SESSIONS_OF_A_WORKER)
    with (
        running_gateway(checkout=options.checkout, debounce_seconds=1) as gateway,
        FleetProcess(
            gateway.redis_url,
            workers=workers,
            sessions=SESSIONS_OF_A_WORKER,
            heartbeat_seconds=HEARTBEAT_SECONDS,
            checkout=options.checkout,
        ) as fleet,
        redis.Redis.from_url(gateway.redis_url) as client,
    ):
        wait_for_sessions(gateway.port, fleet.sessions)
        time.sleep(SETTLE_SECONDS)
        client.config_set("slowlog-log-slower-than", 0)
        client.config_set("slowlog-max-len", SLOWLOG_LENGTH)
        asking_bytes = -(_sent_bytes(client) - _sent_bytes(client))
        sent_bytes, script_us, calls, longest_us = [], [], [], []
        _until_read_again(gateway.port)
        for _ in range(options.rounds):
            client.slowlog_reset()
            bytes_before, (us_before, calls_before) = _sent_bytes(client), _scripts(client)
            readings = _until_read_again(gateway.port)
            us, count = _scripts(client)
            longest = max((one["duration"] for one in client.slowlog_get(SLOWLOG_LENGTH) if _is_script(one)), default=0)
            sent_bytes.append((_sent_bytes(client) - bytes_before - 3 * asking_bytes) / readings)
            script_us.append((us - us_before) / readings)
            calls.append((count - calls_before) / readings)
            longest_us.append(float(longest))
    subject = f"{fleet.sessions} sessions in {workers} workers, nothing has changed"
    yield Row.of(subject, "Redis's bytes for a reading", "B", sent_bytes, "pings and probes in between included")
    yield Row.of(subject, "Redis in its script for a reading", "µs", script_us)
    yield Row.of(subject, "calls of the script for a reading", "", calls)
    yield Row.of(subject, "longest call of the script", "µs", longest_us)


def _until_read_again(port: int) -> float:
    """How many readings there were in the meantime: one, if it was seen in time."""
    before, give_up_at = metric(port, "agent_status_full_reads_total"), time.monotonic() + GIVE_UP_SECONDS
    while (after := metric(port, "agent_status_full_reads_total")) == before and time.monotonic() < give_up_at:
        time.sleep(POLL_SECONDS)
    return max(1.0, after - before)


def _sent_bytes(client: "redis.Redis") -> int:
    return int(client.info("stats")["total_net_output_bytes"])


def _scripts(client: "redis.Redis") -> tuple[float, int]:
    """Microseconds and calls of scripts, since the server's start."""
    found: list[dict[str, Any]] = [row for name, row in client.info("commandstats").items() if name in SCRIPTS]
    return sum(row["usec"] for row in found), sum(row["calls"] for row in found)


def _is_script(entry: dict[str, Any]) -> bool:
    return bytes(entry["command"]).upper().startswith((b"EVAL", b"FCALL"))
