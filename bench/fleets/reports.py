"""A fleet's reports, written by one thread through the contract's write script.

Thousands of real publishers on the same machine would take the CPU that is to be measured.
"""

import time
from collections.abc import Iterable
from types import TracebackType
from typing import Final, Self

import redis

from agent_status_publisher.contract.wire import WRITE_SCRIPT, Keys, Remembered, remembered_by, write_arguments
from bench.fleets.schedule import Schedule
from bench.fleets.worker import BenchWorker

NAMESPACE: Final = "default"
HEARTBEAT_SECONDS: Final = 5.0
AT_ONCE: Final = 50


class FleetReports:
    """`workers` workers with `sessions` sessions each, which are all changed when they begin.

    Args:
        heartbeat_seconds: What reports say of their heartbeat; a gateway reads everything again every second one.
    """

    def __init__(
        self, redis_url: str, *, workers: int, sessions: int, heartbeat_seconds: float = HEARTBEAT_SECONDS
    ) -> None:
        self.reports = 0
        self._redis = redis.Redis.from_url(redis_url)
        self._script = self._redis.script_load(WRITE_SCRIPT)
        self._keys = Keys(NAMESPACE)
        heartbeat_ms = round(1000 * heartbeat_seconds)
        now_ms = _now_ms()
        self.workers = [BenchWorker(number, sessions, now_ms, heartbeat_ms=heartbeat_ms) for number in range(workers)]
        self._remembered: list[Remembered | None] = [None] * workers

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._redis.close()

    def say_all(self) -> None:
        """One report of each worker, with one session changed."""
        now_ms = _now_ms()
        for worker in self.workers:
            worker.change(now_ms)
        self.write(range(len(self.workers)))

    def write_due(self, schedule: Schedule) -> None:
        """What the schedule has for this moment."""
        now, now_ms = time.monotonic(), _now_ms()
        for worker in schedule.take_changes(now):
            self.workers[worker].change(now_ms)
        self.write(schedule.take_reports(now))

    def write(self, workers: Iterable[int]) -> None:
        """A report of each of these workers."""
        waiting = list(workers)
        while waiting:
            now, waiting = waiting[:AT_ONCE], waiting[AT_ONCE:]
            self._write_at_once(now)

    def _write_at_once(self, workers: list[int]) -> None:
        drafted = []
        with self._redis.pipeline(transaction=False) as pipe:
            for number in workers:
                self.reports += 1
                seq, drafted_at, worker = self.reports, time.monotonic(), self.workers[number]
                now_ms, remembered = _now_ms(), self._remembered[number]
                # Runs that Redis remembers need not be named again, and no others begin here.
                record = worker.record(now_ms) if remembered is None else worker.head
                keys, arguments = write_arguments(
                    self._keys,
                    record,
                    seq,
                    worker.encoded(now_ms),
                    sharded=False,
                    drafted_at=drafted_at,
                    remembered=remembered,
                )
                pipe.evalsha(self._script, len(keys), *keys, *arguments)
                drafted.append((number, seq, drafted_at))
            replies = pipe.execute()
        for (number, seq, drafted_at), reply in zip(drafted, replies, strict=True):
            # A refused one is written again in full when its worker is next due.
            self._remembered[number] = remembered_by(reply, seq, drafted_at) if int(reply[0]) == 1 else None


def _now_ms() -> int:
    return time.monotonic_ns() // 1_000_000
