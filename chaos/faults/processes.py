"""Faults of processes: each is done to a stage, whose snapshots are watched, and gives back the recovery."""

import time

from chaos.clients.crowd import Crowd
from chaos.gateways.gateway_process import GatewayProcess
from chaos.stage import SLACK_SECONDS, STATES, Recovery, Stage
from chaos.wait import wait_until


def kill_a_worker(stage: Stage) -> Recovery:
    """SIGKILL: its session is lost by the lease, on every replica in the same second, and gone after the error TTL."""
    terms = stage.terms
    stage.say(0, "tool_running")
    stage.settle()
    lost = stage.expected | {"web:0": "error"}
    since = time.monotonic()
    stage.workers[0].kill()
    recovery = stage.recovery(since, terms.lease_seconds + SLACK_SECONDS, lost)
    moments = [onlooker.snapshots[-1].at for onlooker in stage.onlookers]
    assert max(moments) - min(moments) < 1, moments
    (row,) = [row for row in stage.replicas[0].snapshot()["sessions"] if row["session_key"] == "web:0"]
    assert (row["error_message"], row["tool_name"]) == ("worker lost", None)
    del stage.expected["web:0"]
    gone = stage.recovery(max(moments), terms.error_ttl_seconds + SLACK_SECONDS)
    assert abs(gone.snapshot_seconds - terms.error_ttl_seconds) < 1, gone
    stage.check(since, lambda states: states in (lost, stage.expected, stage.expected | {"web:0": "tool_running"}))
    stage.workers[0] = stage.add_worker()
    stage.say(0, STATES[0])
    return recovery


def freeze_a_worker(stage: Stage) -> Recovery:
    """SIGSTOP past the lease: lost until it wakes, and right then, though it was told things before it froze."""
    stage.settle()
    worker = stage.workers[0]
    worker.do("publisher.publish('frozen:1', 'waiting_for_user')")
    stage.expected["frozen:1"] = "waiting_for_user"
    stage.settle()
    worker.freeze()
    lost = stage.expected | {"web:0": "error", "frozen:1": "error"}
    try:
        stage.recovery(time.monotonic(), stage.terms.lease_seconds + SLACK_SECONDS, lost)
    finally:
        since = time.monotonic()
        worker.continue_()  # else all later faults of this stage would fail, too
    recovery = stage.recovery(since, stage.terms.heartbeat_seconds + SLACK_SECONDS)
    worker.do("publisher.session('frozen:1').end()")
    del stage.expected["frozen:1"]
    return recovery


def restart_a_worker(stage: Stage) -> Recovery:
    """SIGKILL and a new process with the same key: the new run wins at once, and the old one's expiry takes nothing."""
    stage.settle()
    stage.workers[0].kill()
    stage.workers[0] = stage.add_worker()
    stage.workers[0].do("publisher")
    since = time.monotonic()
    stage.change()
    recovery = stage.recovery(since, SLACK_SECONDS)
    stage.watch(stage.terms.lease_seconds + stage.terms.error_ttl_seconds + 1, lambda states: states == stage.expected)
    return recovery


def hand_a_worker_over(stage: Stage) -> Recovery:
    """A new process takes the key while the old one lives; the old one's goodbye takes nothing."""
    stage.settle()
    old, before = stage.workers[0], stage.expected["web:0"]
    stage.workers[0] = stage.add_worker()
    stage.workers[0].do("publisher")
    since = time.monotonic()
    stage.change()
    recovery = stage.recovery(since, SLACK_SECONDS)
    old.say_goodbye()
    stage.change(1)
    stage.settle()
    stage.check(since, lambda states: states.get("web:0") in (before, stage.expected["web:0"]))
    return recovery


def move_a_session(stage: Stage) -> Recovery:
    """A session goes on in another worker: never missing, never twice (keys are one each in a snapshot of states)."""
    stage.settle()
    old, new = stage.workers[:2]
    old.do("publisher.publish('moves:1', 'thinking')")
    stage.expected["moves:1"] = "thinking"
    stage.settle()
    since = time.monotonic()
    new.do("publisher.publish('moves:1', 'streaming')")
    stage.expected["moves:1"] = "streaming"
    recovery = stage.recovery(since, SLACK_SECONDS)
    old.do("publisher.session('moves:1').end()")
    old.flush()
    stage.change(1)
    stage.settle()
    stage.check_nobody_missed(since)
    rows = stage.replicas[0].snapshot()["sessions"]
    assert [row["session_key"] for row in rows].count("moves:1") == 1
    new.do("publisher.session('moves:1').end()")
    del stage.expected["moves:1"]
    return recovery


def block_an_event_loop(stage: Stage, blocked_seconds: float = 60.0) -> Recovery:
    """An agent holds its loop far past the lease: the publisher's thread keeps it, and the next change is seen."""
    stage.settle()
    worker = stage.workers[0]
    worker.do("async def block(seconds):\n    publisher.publish('web:0', 'thinking')\n    time.sleep(seconds)")
    stage.expected["web:0"] = "thinking"
    since = time.monotonic()
    worker.begin(f"asyncio.run(block({blocked_seconds}))")
    worker.answer(blocked_seconds + SLACK_SECONDS)
    stage.check_nobody_missed(since)
    since = time.monotonic()
    stage.change()
    return stage.recovery(since, SLACK_SECONDS)


def kill_a_gateway(stage: Stage, streams: int = 1000) -> Recovery:
    """SIGKILL under many streams: each client, on the other replica, is right soon after the time it was sent."""
    stage.settle()
    victim, other = stage.replicas
    assert isinstance(victim, GatewayProcess)
    with Crowd(streams, victim.port, other.port) as crowd:
        stage.change(1)
        stage.settle()
        victim.process.kill()
        wait_until(lambda: crowd.all_moved, "all have come to the other replica", 40)
        assert all(states == stage.expected for states in crowd.snapshots)
        worst = max(crowd.lateness_seconds)
    stage.replace_replica(0)
    stage.settle()
    return Recovery(snapshot_seconds=worst, stream_seconds=worst)
