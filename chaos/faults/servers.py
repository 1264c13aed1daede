"""Faults of Redis: each is done to a stage, whose snapshots are watched, and gives back the recovery."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import redis

from chaos.servers.cut_off_server import CutOffServer
from chaos.servers.redis_server import RedisServer
from chaos.stage import SLACK_SECONDS, Recovery, Stage
from chaos.wait import let_pass, wait_until

KILLS_SECONDS = 1.0
GROWTH_BYTES = 8_000_000
SLOWLY_LOADED_KEYS = 1500


@contextmanager
def admin(stage: Stage) -> Iterator[redis.Redis]:
    with stage.server.client() as client:
        yield client


def lose_subscriptions(stage: Stage, seconds: float = 30.0) -> Recovery:
    """`CLIENT KILL TYPE pubsub` every second, with changes all the while; the last one comes right after a kill."""
    stage.settle()
    since = time.monotonic()
    with admin(stage) as client:
        while time.monotonic() < since + seconds:
            again_at = time.monotonic() + KILLS_SECONDS
            client.client_kill_filter(_type="pubsub")
            stage.change()
            let_pass(again_at - time.monotonic())
        killed_at = time.monotonic()
        client.client_kill_filter(_type="pubsub")
    stage.change()
    recovery = stage.recovery(killed_at, SLACK_SECONDS)
    stage.check_nobody_missed(since)
    return recovery


def forget_the_scripts(stage: Stage) -> Recovery:
    """`SCRIPT FLUSH` between changes: nobody notices."""
    stage.settle()
    for worker in stage.workers:
        worker.forget_the_log()
    since = time.monotonic()
    with admin(stage) as client:
        client.script_flush()
        stage.change()
        client.script_flush()
        stage.workers[0].flush()
        client.script_flush()
    recovery = stage.recovery(since, SLACK_SECONDS)
    assert stage.probes() == [200, 200]
    assert not any(worker.log() for worker in stage.workers)
    return recovery


def keep_forgetting_the_scripts(stage: Stage, seconds: float) -> None:
    """`SCRIPT FLUSH` all the time: between a script's load and its call, too."""
    stage.settle()
    for worker in stage.workers:
        worker.forget_the_log()
    since = time.monotonic()
    with admin(stage) as client:
        while time.monotonic() < since + seconds:
            stage.change()
            for _ in range(500):
                client.script_flush()
    stage.settle()
    stage.check_nobody_missed(since)
    said = "".join(worker.log() for worker in stage.workers)
    assert not said, f"a worker has noticed: {said}"


def restart(stage: Stage) -> Recovery:
    """Killed and started again; a session changes in between. Whether data is kept is the server's own setting."""
    stage.settle()
    since = time.monotonic()
    stage.server.kill()
    stage.wait_for_probes(503, 5)
    stage.change()
    stage.server.start()
    returned_at = time.monotonic()
    recovery = stage.recovery(returned_at, stage.terms.heartbeat_seconds + SLACK_SECONDS)
    stage.check_nobody_missed(since)
    stage.wait_for_probes(200, SLACK_SECONDS)
    return recovery


def flush_everything_under_load(stage: Stage) -> Recovery:
    """`FLUSHALL` while a worker changes all the time: no flicker, and the quiet workers are there for a newcomer."""
    stage.settle()
    since = time.monotonic()
    stage.workers[0].begin(
        "for number in range(40):\n"
        "    publisher.publish('web:0', 'tool_running', tool_name=str(number))\n"
        "    time.sleep(0.01)"
    )
    with admin(stage) as client:
        client.flushall()
        flushed_at = time.monotonic()
        stage.workers[0].answer()
        stage.change()
        recovery = stage.recovery(flushed_at, SLACK_SECONDS)
        index = "agent-status:{default}:workers"
        wait_until(
            lambda: client.zcard(index) == len(stage.workers),
            "all workers are in Redis again",
            stage.terms.heartbeat_seconds + 1,
        )
    stage.check_nobody_missed(since)
    return recovery


def be_away(stage: Stage, seconds: float = 120.0) -> Recovery:
    """Down for long: the last snapshot is served and says so, streams stay open, workers stay small and unaffected."""
    stage.settle()
    worker = stage.workers[0]
    since = time.monotonic()
    stage.server.kill()
    stage.wait_for_probes(503, 5)
    before_bytes = worker.resident_bytes
    ends_at = since + seconds
    busy_seconds = float(
        worker.do(
            "def churn():\n"
            "    began = time.monotonic()\n"
            "    for number in range(20_000):\n"
            "        with publisher.session(f'churn:{number}') as session: session.streaming()\n"
            "    return time.monotonic() - began"
        )
        and worker.do("churn()")
    )
    assert busy_seconds < 5, "20,000 sessions while Redis is away"
    assert worker.resident_bytes - before_bytes < GROWTH_BYTES
    bodies = [len(dashboard.body) for dashboard in stage.dashboards]
    while time.monotonic() < ends_at:
        for replica in stage.replicas:
            response = replica.get()
            assert int(response.headers["x-status-stale"]) >= 0
            assert replica.states() == stage.expected
            assert replica.get("/readyz").json()["reason"]
            assert replica.probe("/healthz") == 200
        let_pass(0.5)
    if seconds > stage.terms.keepalive_seconds + 1:
        for dashboard, size in zip(stage.dashboards, bodies, strict=True):
            assert b": keepalive" in dashboard.body[size:], "streams stay open, with keepalives"
    assert not any(dashboard.has_ended for dashboard in stage.dashboards)
    stage.check(since, lambda states: states == stage.expected)
    stage.change()
    stage.server.start()
    recovery = stage.recovery(time.monotonic(), SLACK_SECONDS)
    stage.wait_for_probes(200, SLACK_SECONDS)
    stage.check_nobody_missed(since)
    return recovery


def stop_answering(
    stage: Stage, stop: Callable[[], object] | None = None, go_on: Callable[[], object] | None = None
) -> Recovery:
    """Half-open: connections stay and nobody answers. Noticed within 5 s, no report counts against anybody."""
    stage.settle()
    since = time.monotonic()
    (stop or stage.server.pause)()
    try:
        stage.wait_for_probes(503, 5)
        for replica in stage.replicas:
            assert re.search("not answered|Timeout", replica.get("/readyz").text), replica.get("/readyz").text
        stage.change()
    finally:
        (go_on or stage.server.resume)()
    recovery = stage.recovery(time.monotonic(), SLACK_SECONDS)
    stage.wait_for_probes(200, SLACK_SECONDS)
    stage.check_nobody_missed(since)
    return recovery


def drop_its_packets(stage: Stage) -> Recovery:
    """Half-open as a network does it: not even a connection is refused."""
    server = stage.server
    assert isinstance(server, CutOffServer)
    return stop_answering(stage, server.drop_packets, server.let_packets_through)


def overflow_the_subscribers(stage: Stage) -> Recovery:
    """Redis drops who reads too slowly: here by messages over the limit, followed by a change that they miss."""
    stage.settle()
    since = time.monotonic()
    with admin(stage) as client:
        client.config_set("client-output-buffer-limit", "pubsub 32kb 32kb 0")
        before = _subscribers(client)
        assert len(before) == len(stage.replicas)
        with client.pipeline(transaction=True) as at_once:  # one long message Valkey may send without a copy
            for _ in range(100):
                at_once.publish("agent-status:{default}:events", b"x" * 10_000)
            at_once.execute()
        wait_until(lambda: not before & _subscribers(client), "Redis has dropped both subscribers")
        client.config_set("client-output-buffer-limit", "pubsub 32mb 8mb 60")
    dropped_at = time.monotonic()
    stage.change()
    recovery = stage.recovery(dropped_at, SLACK_SECONDS)
    stage.check_nobody_missed(since)
    return recovery


def _subscribers(client: redis.Redis) -> set[str]:
    return {one["id"] for one in client.client_list(_type="pubsub")}


def refuse(stage: Stage, refusal: str) -> Recovery:
    """Redis answers an error to all that workers and replicas say, past everybody's lease."""
    stage.settle()
    for worker in stage.workers:
        worker.forget_the_log()
    since = time.monotonic()
    with admin(stage) as client:
        begin, end, reason = _REFUSALS[refusal]
        begin(client)
        try:
            stage.wait_for_probes(503, 5)
            stage.change()
            let_pass(since + stage.terms.lease_seconds + 1 - time.monotonic())
            for replica in stage.replicas:
                assert reason in replica.get("/readyz").json()["reason"], replica.get("/readyz").text
        finally:
            end(client)
    recovery = stage.recovery(time.monotonic(), SLACK_SECONDS)
    stage.wait_for_probes(200, SLACK_SECONDS)
    stage.check_nobody_missed(since)
    for worker in stage.workers:
        assert worker.log().count("Redis does not accept this worker's reports") == 1, worker.log()
    return recovery


def _ask_for_a_password(client: redis.Redis) -> None:
    client.config_set("requirepass", "geheim")
    client.auth("geheim")
    client.client_kill_filter(_type="pubsub")
    client.client_kill_filter(_type="normal", skipme=True)


_Act = Callable[[redis.Redis], object]
_REFUSALS: dict[str, tuple[_Act, _Act, str]] = {
    "OOM": (lambda c: c.config_set("maxmemory", "1"), lambda c: c.config_set("maxmemory", "0"), "OutOfMemory"),
    "READONLY": (lambda c: c.replicaof("127.0.0.1", "1"), lambda c: c.replicaof("NO", "ONE"), "ReadOnly"),
    "NOAUTH": (_ask_for_a_password, lambda c: c.config_set("requirepass", ""), "authenticated"),
}


def load_for_long(stage: Stage) -> Recovery:
    """Restarted with much to read: `LOADING` to all, for some seconds; the server is told to read slowly."""
    stage.settle()
    since = time.monotonic()
    with admin(stage) as client:
        with client.pipeline(transaction=False) as pipe:
            for number in range(SLOWLY_LOADED_KEYS):
                pipe.set(f"filler:{number}", "x" * 50)
            pipe.execute()
        stage.workers[1].flush()
        client.save()
    stage.server.kill()
    stage.server.start(is_waited_for=False)
    wait_until(
        lambda: all("BusyLoading" in replica.get("/readyz").text for replica in stage.replicas),
        "the replicas name the reason",
        5,
    )
    stage.change()
    wait_until(stage.server.answers, "it is loaded")
    recovery = stage.recovery(time.monotonic(), SLACK_SECONDS)
    stage.wait_for_probes(200, SLACK_SECONDS)
    stage.check_nobody_missed(since)
    with admin(stage) as client:
        client.flushall()
    return recovery


def slow_loader() -> RedisServer:
    """A server that takes a millisecond to load each key, and answers its clients while it loads."""
    return RedisServer("--key-load-delay", "1000", "--loading-process-events-interval-bytes", "1024")
