"""Faults of messages: each is done to a stage, whose snapshots are watched, and gives back the recovery."""

import re
import time
from collections.abc import Mapping
from typing import Final

import redis

from agent_status_publisher.contract.wire import Keys, SessionRecord, WorkerRecord, encode_record
from chaos.gateways.gateway_client import GatewayClient
from chaos.stage import SLACK_SECONDS, Recovery, Stage
from chaos.wait import wait_until
from chaos.workers.reports import record, session
from chaos.workers.worker_process import WorkerProcess

KEYS: Final = Keys("default")


def _alien(reason: str, *sessions: SessionRecord) -> tuple[bytes, bytes]:
    """A worker of its own for each: of several reports of one, a replica may look at one only."""
    worker = record(f"alien-{reason}", *sessions)
    return f"{worker.id} 1 1 ".encode(), encode_record(worker)


def _malformed(reason: str, old: bytes, new: bytes) -> bytes:
    header, encoded = _alien(reason)
    assert old in encoded
    return header + encoded.replace(old, new)


MALFORMED: Final[Mapping[str, bytes]] = {
    "json": b"alien-json 1 1 {not json",
    "type": _malformed("type", b'"pid":1', b'"pid":"one"'),
    "schema": _malformed("schema", b'"v":1', b'"v":2'),
    "size": b"alien-size 1 1 " + b"x" * 10_000_000,
    "header": b"\xff\xfe nothing of ours",
    "identity": _malformed("identity", b"alien-identity", b"somebody-else"),
    "key": b"".join(_alien("key", session("line\nbreak"))),
}
"""By the reason under which each is counted."""
BURST: Final = 50
CHANGES: Final = 5


def lose_a_message(stage: Stage) -> Recovery:
    """A published report gets lost between Redis and both replicas."""
    stage.settle()
    before = [wire.lost_messages for wire in stage.wires]
    for wire in stage.wires:
        wire.loses_messages = True
    stage.change()
    since = time.monotonic()
    wait_until(
        lambda: all(wire.lost_messages > lost for wire, lost in zip(stage.wires, before, strict=True)), "it is lost"
    )
    for wire in stage.wires:
        wire.loses_messages = False
    return stage.recovery(since, stage.terms.heartbeat_seconds + SLACK_SECONDS)


def silence_the_channel(stage: Stage) -> Recovery:
    """Nothing comes on the channel, past every lease: a change and a new worker are seen, and nobody is lost."""
    stage.settle()
    for wire in stage.wires:
        wire.loses_messages = True
    try:
        since = time.monotonic()
        stage.change()
        recovery = stage.recovery(since, 2 * stage.terms.heartbeat_seconds + SLACK_SECONDS)
        with WorkerProcess(stage.redis_url, stage.terms) as newcomer:
            newcomer.publish("new:1", "thinking")
            said_at = time.monotonic()
            with_it = stage.expected | {"new:1": "thinking"}
            seen = stage.recovery(said_at, 2 * stage.terms.heartbeat_seconds + SLACK_SECONDS, with_it)
            assert seen.snapshot_seconds < 2 * stage.terms.heartbeat_seconds + 1, seen
            stage.watch(stage.terms.lease_seconds + 1, lambda states: states == with_it)
        assert stage.probes() == [200, 200]
        stage.check_nobody_missed(since)
    finally:
        for wire in stage.wires:
            wire.loses_messages = False
    return recovery


def forbid_the_channel(stage: Stage) -> Recovery:
    """A worker whose user has no right to the channel is seen from the hash."""
    stage.settle()
    with stage.server.client() as client:
        client.execute_command("ACL", "SETUSER", "silent", "on", ">pw", "~*", "+@all", "resetchannels")
    url = stage.server.url.replace("unix://", "unix://silent:pw@")
    with WorkerProcess(url, stage.terms) as worker:
        worker.publish("silent:1", "thinking")
        seen = stage.expected | {"silent:1": "thinking"}
        stage.recovery(time.monotonic(), 2 * stage.terms.heartbeat_seconds + SLACK_SECONDS, seen)
        worker.publish("silent:1", "streaming")
        since = time.monotonic()
        seen["silent:1"] = "streaming"
        recovery = stage.recovery(since, 2 * stage.terms.heartbeat_seconds + SLACK_SECONDS, seen)
        stage.watch(stage.terms.lease_seconds + 1, lambda states: states == seen)
        assert worker.log().count("does not publish them on the channel") == 1, worker.log()
    return recovery


def say_nonsense(stage: Stage) -> Recovery:
    """Bursts of malformed reports, on the channel and in hashes: ignored. The next change is seen as ever."""
    stage.settle()
    since = time.monotonic()
    sizes = [malformed_counts(replica).get("size", 0) for replica in stage.replicas]
    with stage.server.client() as client:
        for message in MALFORMED.values():
            for _ in range(1 if len(message) > 1_000_000 else BURST):
                client.publish(KEYS.events, message)
        _store_nonsense(client)
        for number in range(3):
            client.set(KEYS.worker(f"of-wrong-type-{number}"), "x", ex=60)
            client.zadd(KEYS.workers, {f"of-wrong-type-{number}": 9e15})
        said_at = time.monotonic()
        stage.change()
        recovery = stage.recovery(said_at, SLACK_SECONDS)
        wait_until(
            lambda: all(
                malformed_counts(replica)["size"] >= size + 2
                for replica, size in zip(stage.replicas, sizes, strict=True)
            ),
            "what is in the hashes has been read, after what was said",
            2 * stage.terms.heartbeat_seconds + SLACK_SECONDS,
        )
        client.delete(*(KEYS.worker(f"alien-{reason}") for reason in MALFORMED))
    stage.check_nobody_missed(since)
    assert stage.probes() == [200, 200]
    return recovery


def _store_nonsense(client: redis.Redis) -> None:
    for reason in ("json", "type", "schema", "size"):
        _, seq, at, stored = MALFORMED[reason].split(b" ", 3)
        name = f"alien-{reason}"
        client.hset(KEYS.worker(name), mapping={"seq": seq, "at": at, "record": stored})
        client.expire(KEYS.worker(name), 60)
        client.zadd(KEYS.workers, {name: 9e15})


def repeat_old_reports(stage: Stage) -> Recovery:
    """Every report of a while comes again, backwards and twice: known ones move nothing."""
    stage.settle()
    with stage.server.client() as client:
        ears = client.pubsub()
        ears.subscribe(KEYS.events)
        wait_until(lambda: ears.get_message(timeout=0.1), "the subscription is acknowledged")
        heard: list[bytes] = []
        for _ in range(CHANGES):
            stage.change()
            stage.workers[0].flush()
        while len(heard) < CHANGES:
            if message := ears.get_message(timeout=0.2):
                heard.append(message["data"])
        ears.close()
        stage.settle()
        since = time.monotonic()
        for message in [*reversed(heard), *heard]:
            client.publish(KEYS.events, message)
            client.publish(KEYS.events, message)
    stage.change()
    before = dict(stage.expected)
    recovery = stage.recovery(since, SLACK_SECONDS)
    stage.check(since, lambda states: set(states) == set(before))
    shown = [snapshot.states["web:0"] for snapshot in stage.snapshots(since)]
    assert len(set(shown)) <= 2, f"an old report came back: {shown}"
    return recovery


def forge_the_future(stage: Stage) -> Recovery:
    """A report with a number and a moment far ahead in a live worker's name, on the channel: a full read heals it."""
    stage.settle()
    forged = record(_id(stage), session("web:0", "tool_running"), session("forged:1"), **_terms(stage))
    wrong = stage.expected | {"web:0": "tool_running", "forged:1": "thinking"}
    with stage.server.client() as client:
        client.publish(KEYS.events, _message(client, forged, 10**14, ahead_seconds=3600))
    seen = stage.onlookers[0].snapshots
    wait_until(lambda: any(snapshot.states == wrong for snapshot in seen), "the forgery is believed at first")
    return stage.recovery(time.monotonic(), 4 * stage.terms.heartbeat_seconds + SLACK_SECONDS)


def forge_the_hash(stage: Stage) -> Recovery:
    """Junk, a forged number and a key of a wrong type in a live worker's place: its next report heals each."""
    stage.settle()
    name = KEYS.worker(_id(stage))
    since = time.monotonic()
    with stage.server.client() as client:
        client.hset(name, mapping={"seq": "nan", "record": "{"})
        _wait_for_a_report(client, name)
        client.hset(name, mapping={"seq": str(10**14), "at": "1", "record": '{"v": 99}'})
        _wait_for_a_report(client, name, above=10**14)
        client.set(name, "of a wrong type", ex=60)
        client.set(KEYS.workers, "of a wrong type", ex=60)
        spoilt_at = time.monotonic()
        _wait_for_a_report(client, name)
        wait_until(lambda: client.type(KEYS.workers) == b"zset", "the index is healed", SLACK_SECONDS)
        healed = time.monotonic() - spoilt_at
    stage.change()
    stage.settle()
    stage.check_nobody_missed(since)
    return Recovery(snapshot_seconds=healed, stream_seconds=healed)


def say_for_a_stranger(stage: Stage) -> Recovery:
    """A report of a worker that Redis does not know: shown for its lease, then forgotten without "worker lost"."""
    stage.settle()
    stranger = record(f"stranger-{time.monotonic_ns()}", session("stranger:1"), **_terms(stage))
    with stage.server.client() as client:
        since = time.monotonic()
        client.publish(KEYS.events, _message(client, stranger, 1))
    stage.recovery(since, SLACK_SECONDS, stage.expected | {"stranger:1": "thinking"})
    recovery = stage.recovery(since, stage.terms.lease_seconds + SLACK_SECONDS)
    stage.check(since, lambda states: "error" not in states.values())
    return recovery


def malformed_counts(replica: GatewayClient) -> dict[str, float]:
    found = re.findall(
        r'^agent_status_malformed_reports_total\{reason="(\w+)"\} (\S+)', replica.get("/metrics").text, re.MULTILINE
    )
    return {reason: float(count) for reason, count in found}


def _wait_for_a_report(client: redis.Redis, name: str, above: int = -1) -> None:
    def is_word() -> bool:
        if client.type(name) != b"hash":
            return False
        seq = client.hget(name, "seq") or b""
        return seq.isdigit() and int(seq) > above

    wait_until(is_word, f"{name} holds a report again", SLACK_SECONDS)


def _id(stage: Stage) -> str:
    found: str = stage.workers[0].do("publisher.worker_id").strip("'")
    return found


def _terms(stage: Stage) -> dict[str, int]:
    return {
        "heartbeat_ms": round(1000 * stage.terms.heartbeat_seconds),
        "lease_ms": round(1000 * stage.terms.lease_seconds),
        "error_ttl_ms": round(1000 * stage.terms.error_ttl_seconds),
    }


def _message(client: redis.Redis, said: WorkerRecord, seq: int, *, ahead_seconds: int = 0) -> bytes:
    seconds, microseconds = client.time()
    at_ms = 1000 * (seconds + ahead_seconds) + microseconds // 1000
    return b"%s %d %d %s" % (said.id.encode(), seq, at_ms, encode_record(said))
