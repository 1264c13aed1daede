"""A fleet of any size, written by one thread: reports of many workers, straight through the contract's write script.

Thousands of real publishers on the same machine would take the CPU that is to be measured.
"""

import time
from itertools import count
from types import TracebackType
from typing import Final, Self

import redis

from agent_status_publisher.contract.wire import (
    WRITE_SCRIPT,
    Keys,
    SessionRecord,
    SessionState,
    WorkerRecord,
    encode_record,
    write_arguments,
)

NAMESPACE: Final = "default"
LEASE_MS: Final = 600_000
"""Nobody is lost while others are measured."""
HEARTBEAT_MS: Final = 5000
AT_ONCE: Final = 100


class FleetReports:
    """`workers` workers with `sessions` sessions each."""

    def __init__(self, redis_url: str, *, workers: int, sessions: int) -> None:
        self._redis = redis.Redis.from_url(redis_url)
        self._script = self._redis.script_load(WRITE_SCRIPT)
        self._keys = Keys(NAMESPACE)
        self._numbers = count(1)
        self._began_at = time.monotonic()
        self._workers = workers
        self._sessions = {
            number: [self._session(number, session, 0) for session in range(sessions)] for number in range(workers)
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._redis.close()

    def say_all(self) -> None:
        """One report of each worker, with one session changed."""
        for first in range(0, self._workers, AT_ONCE):
            with self._redis.pipeline(transaction=False) as pipe:
                for worker in range(first, min(first + AT_ONCE, self._workers)):
                    self._say(pipe, worker)
                pipe.execute()

    def _say(self, pipe: "redis.client.Pipeline", worker: int) -> None:
        number = next(self._numbers)
        sessions = self._sessions[worker]
        sessions[number % len(sessions)] = self._session(worker, number % len(sessions), number)
        record = WorkerRecord(
            id=f"bench-{worker}",
            host="bench",
            pid=1,
            lease_ms=LEASE_MS,
            heartbeat_ms=HEARTBEAT_MS,
            error_ttl_ms=30_000,
            max_concurrent=len(sessions),
            uptime_ms=self._age_ms(),
            sessions=tuple(sessions),
        )
        keys, arguments = write_arguments(self._keys, record, number, encode_record(record), sharded=False)
        pipe.evalsha(self._script, len(keys), *keys, *arguments)

    def _session(self, worker: int, session: int, number: int) -> SessionRecord:
        return SessionRecord(
            key=f"websocket:{worker}-{session}",
            title=f"Fix bug {session} of worker {worker}",
            state=SessionState.TOOL_RUNNING,
            tool=f"tool {number}",
            input_tokens=500,
            output_tokens=100,
            changed_ms=0,
            run_ms=self._age_ms(),
        )

    def _age_ms(self) -> int:
        return round(1000 * (time.monotonic() - self._began_at))
