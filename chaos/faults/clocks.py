"""Steps of wall clocks, which nothing may depend on: each is done to a stage that is watched."""

import time
from collections.abc import Callable

from chaos.faults.processes import kill_a_worker
from chaos.stage import Recovery, Stage

HOUR_SECONDS = 3600
MINUTE_SECONDS = 60
DURATION_SLACK_SECONDS = 0.2


def step_the_clocks_of_all(stage: Stage) -> Recovery:
    """Workers and replicas have clocks of their own, an hour before and behind; each is stepped to the other side."""

    def step() -> None:
        for clock in stage.clocks:
            clock.set(-clock.offset_seconds)

    return _step(stage, step)


def step_the_clock_of_redis(stage: Stage) -> Recovery:
    """A minute on or back, in turn."""
    clock = stage.server_clock
    assert clock
    return _step(stage, lambda: clock.set(0 if clock.offset_seconds else MINUTE_SECONDS))


def _step(stage: Stage, step: Callable[[], None]) -> Recovery:
    """Nobody is lost by it, durations are what they are, and who really dies is lost by the lease all the same."""
    stage.change()
    changed_at = time.monotonic()
    stage.settle()
    since = time.monotonic()
    step()
    stage.watch(stage.terms.lease_seconds + 1, lambda states: states == stage.expected)
    stage.check_nobody_missed(since)
    for replica in stage.replicas:
        (row,) = [row for row in replica.snapshot()["sessions"] if row["session_key"] == "web:0"]
        passed_seconds = time.monotonic() - changed_at
        assert abs(row["duration_seconds"] - passed_seconds) < DURATION_SLACK_SECONDS, (row, passed_seconds)
    stage.say(0, "thinking")
    return kill_a_worker(stage)
