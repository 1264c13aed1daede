"""A fleet's reports, written by one thread through the contract's write script.

Thousands of real publishers on the same machine would take the CPU that is to be measured.
"""

import time
from collections.abc import Iterable
from types import TracebackType
from typing import Any, Final, NamedTuple, Self

import redis

from agent_status_publisher.contract.wire import WRITE_SCRIPT, Keys, write_arguments
from bench.fleets.schedule import Schedule
from bench.fleets.worker import BenchWorker

NAMESPACE: Final = "default"
HEARTBEAT_SECONDS: Final = 5.0
AT_ONCE: Final = 50
GROUND: Final = slice(6, 9)
"""Arguments of the write script: the memory, the report and the moment that this report's runs build on."""


class Ground(NamedTuple):
    """A report whose runs Redis remembers. Every version of the script takes these, so every checkout can be used."""

    memory: Any
    seq: int
    at_ms: int
    drafted_ms: int


class FleetReports:
    """`workers` workers with `sessions` sessions each, which are all changed when they begin.

    Args:
        heartbeat_seconds: What reports say of their heartbeat; a gateway reads everything again every second one.
        channels: How many channels their sessions are in.
    """

    def __init__(
        self,
        redis_url: str,
        *,
        workers: int,
        sessions: int,
        heartbeat_seconds: float = HEARTBEAT_SECONDS,
        channels: int = 1,
    ) -> None:
        self.reports = 0
        self._redis = redis.Redis.from_url(redis_url)
        self._script: str | None = None
        self._keys = Keys(NAMESPACE)
        heartbeat_ms = round(1000 * heartbeat_seconds)
        now_ms = _now_ms()
        self.workers = [
            BenchWorker(number, sessions, now_ms, heartbeat_ms=heartbeat_ms, channels=channels)
            for number in range(workers)
        ]
        self._grounds: list[Ground | None] = [None] * workers

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

    def forget(self) -> None:
        """What Redis was known to have: it has failed, and may come back empty."""
        self._script = None
        self._grounds = [None] * len(self.workers)

    def write(self, workers: Iterable[int]) -> None:
        """A report of each of these workers."""
        waiting = list(workers)
        while waiting:
            now, waiting = waiting[:AT_ONCE], waiting[AT_ONCE:]
            waiting += self._write_at_once(now)

    def _write_at_once(self, workers: list[int]) -> list[int]:
        """The workers whose report was refused: Redis does not remember what it builds on."""
        drafted = []
        if self._script is None:
            self._script = self._redis.script_load(WRITE_SCRIPT)
        with self._redis.pipeline(transaction=False) as pipe:
            for number in workers:
                self.reports += 1
                seq, worker, now_ms, ground = self.reports, self.workers[number], _now_ms(), self._grounds[number]
                # Runs that Redis remembers need not be named again, and no others begin here.
                record = worker.record(now_ms) if ground is None else worker.head
                keys, arguments = write_arguments(self._keys, record, seq, worker.encoded(now_ms), sharded=False)
                if ground is not None:
                    arguments[GROUND] = [ground.memory, ground.seq, ground.at_ms + now_ms - ground.drafted_ms]
                pipe.evalsha(self._script, len(keys), *keys, *arguments)
                drafted.append((number, seq, now_ms))
            replies = pipe.execute()
        refused = []
        for (number, seq, drafted_ms), (outcome, at_ms, _, *more) in zip(drafted, replies, strict=True):
            if int(outcome) == 1:
                self._grounds[number] = Ground(memory=more[0], seq=seq, at_ms=int(at_ms), drafted_ms=drafted_ms)
            else:
                self._grounds[number] = None
                refused.append(number)
        return refused


def _now_ms() -> int:
    return time.monotonic_ns() // 1_000_000
