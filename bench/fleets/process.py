"""A fleet in a process of its own: `FleetProcess` starts it, and it does as lines on its stdin say.

`python -m bench.fleets.process REDIS_URL WORKERS SESSIONS HEARTBEAT_SECONDS CHANNELS [patient]`. It can run by
the Python of another checkout, whose publisher's contract it then speaks.
"""

import json
import os
import select
import subprocess
import sys
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self

import redis

from bench.checkout import OURS, Checkout
from bench.fleets.reports import HEARTBEAT_SECONDS, FleetReports
from bench.fleets.schedule import MIN_INTERVAL_SECONDS, Schedule

LOOK_SECONDS: Final = 0.25
RETRY_SECONDS: Final = 0.5
BATCH_SECONDS: Final = 0.002
"""What is due within it is written together."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What a fleet has written since its last order, in how many seconds, and how late it has been at most."""

    reports: int
    changes: int
    seconds: float
    late_seconds: float


class FleetError(Exception):
    """The fleet's process has ended; what it said of it is on stderr."""


class FleetProcess:
    """The process, for as long as a block runs. All workers have reported when it begins; then they are silent.

    Args:
        channels: How many channels their sessions are in.
        is_patient: It goes on when Redis fails, instead of ending. Then reports are lost until their workers are due.
    """

    def __init__(
        self,
        redis_url: str,
        *,
        workers: int,
        sessions: int,
        heartbeat_seconds: float = HEARTBEAT_SECONDS,
        channels: int = 1,
        checkout: Checkout = OURS,
        is_patient: bool = False,
    ) -> None:
        self.workers = workers
        self.sessions = workers * sessions
        given = [redis_url, *map(str, (workers, sessions, heartbeat_seconds, channels)), *["patient"] * is_patient]
        self._process = subprocess.Popen(
            [checkout.python, "-m", "bench.fleets.process", *given],
            cwd=OURS.folder,
            env=os.environ | checkout.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        self._hear()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()

    @property
    def pid(self) -> int:
        return self._process.pid

    def go_on(
        self,
        *,
        report_seconds: float | None = HEARTBEAT_SECONDS,
        changes_per_second: float = 0.0,
        min_interval_seconds: float = MIN_INTERVAL_SECONDS,
    ) -> Counts:
        """Report like this until the next order (Schedule); what has been since the last order."""
        order = {
            "report_seconds": report_seconds,
            "changes_per_second": changes_per_second,
            "min_interval_seconds": min_interval_seconds,
        }
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return self._hear()

    def be_silent(self) -> Counts:
        """No report any more, until the next order."""
        return self.go_on(report_seconds=None)

    def _hear(self) -> Counts:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise FleetError(f"the fleet has ended with status {self._process.wait()}")
        return Counts(**json.loads(line))


def main() -> None:
    """The fleet's side."""
    redis_url, workers, sessions, heartbeat_seconds, channels, *patient = sys.argv[1:]
    with FleetReports(
        redis_url,
        workers=int(workers),
        sessions=int(sessions),
        heartbeat_seconds=float(heartbeat_seconds),
        channels=int(channels),
    ) as fleet:
        fleet.write(range(int(workers)))
        _say(Counts(fleet.reports, 0, 0.0, 0.0))
        schedule = Schedule(int(workers), time.monotonic())
        began_at, reports, late_seconds = time.monotonic(), fleet.reports, 0.0
        while True:
            wait_seconds = schedule.next_at - time.monotonic()
            late_seconds = max(late_seconds, -wait_seconds)
            if select.select([sys.stdin], [], [], min(LOOK_SECONDS, max(0.0, wait_seconds) + BATCH_SECONDS))[0]:
                line = sys.stdin.readline()
                if not line:
                    return
                now = time.monotonic()
                _say(Counts(fleet.reports - reports, schedule.changes, now - began_at, late_seconds))
                schedule = _ordered(json.loads(line), int(workers), now)
                began_at, reports, late_seconds = now, fleet.reports, 0.0
            try:
                fleet.write_due(schedule)
            except redis.RedisError:
                if not patient:
                    raise
                fleet.forget()
                time.sleep(RETRY_SECONDS)


def _ordered(order: dict[str, Any], workers: int, now: float) -> Schedule:
    seconds = order.pop("report_seconds")
    return Schedule(workers, now, report_seconds=float("inf") if seconds is None else seconds, **order)


def _say(counts: Counts) -> None:
    said = {name: getattr(counts, name) for name in Counts.__slots__}
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
