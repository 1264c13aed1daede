"""Readings by difference: what the read script leaves out, what it leaves for further calls, and the whole of it."""

import asyncio
import re
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent_status_gateway.feed.redis_client import RedisClient
from agent_status_publisher.contract.reading import (
    NAMED,
    READ_SCRIPT,
    Known,
    Pieces,
    Reading,
    decode_reading,
    read_arguments,
)
from agent_status_publisher.contract.wire import Keys, Stamp, WorkerRecord, encode_record
from chaos.clients.sse import Dashboard
from chaos.gateways.gateway_thread import GatewayThread
from chaos.servers.redis_server import RedisServer
from chaos.wait import wait_until
from chaos.workers.reports import record, session
from tests.contract.conftest import Backend

KEYS = Keys("test")
FAR_MS = 9e15
TTL_SECONDS = 60
W1 = record("w1", session("web:1"))
NAMES = [f"w{number}" for number in range(6)]


def store(client: redis.Redis, *, seq: int = 1, at: int = 5, said: WorkerRecord = W1, indexed: bool = True) -> Stamp:
    """A report with a moment of our choice."""
    key = KEYS.worker(said.id)
    client.hset(key, mapping={"seq": seq, "at": at, "record": encode_record(said)})
    client.expire(key, TTL_SECONDS)
    if indexed:
        client.zadd(KEYS.workers, {said.id: FAR_MS})
        client.expire(KEYS.workers, TTL_SECONDS)
    return Stamp(seq, at)


def call(client: redis.Redis, keys: list[str], arguments: list[Any]) -> list[Any]:
    reply: list[Any] = client.register_script(READ_SCRIPT)(keys=keys, args=arguments)
    return reply


def read(
    client: redis.Redis, known: Known, between: Callable[[], object] = lambda: None, **limits: Any
) -> tuple[Reading, int]:
    """A whole reading, and the number of its calls; `between` is done after each of them."""
    pieces, calls = Pieces(KEYS, known, **limits), 0
    while not pieces.is_whole:
        pieces.take(call(client, *pieces.next_call()))
        calls += 1
        between()
    return pieces.reading(), calls


# reading: Rule 1
def test_a_report_that_is_known_is_not_sent_again(backend: Backend) -> None:
    with backend.client() as client:
        known = {"w1": store(client, seq=7), "w2": store(client, said=record("w2"))}
        reading, calls = read(client, known)
    assert (reading.reports, reading.same, calls) == ((), known, 1)


@pytest.mark.parametrize("known", [Stamp(6, 5), Stamp(8, 5), Stamp(7, 4), Stamp(7, 6), Stamp(99, 99)])
def test_a_report_of_another_number_or_moment_is_sent(backend: Backend, known: Stamp) -> None:
    with backend.client() as client:
        store(client, seq=7, at=5)
        reading, _ = read(client, {"w1": known})
    assert reading.same == {}
    assert [(raw.stamp, raw.decode().record) for raw in reading.reports] == [(Stamp(7, 5), W1)]


def test_a_worker_that_is_not_held_any_more_is_neither_sent_nor_the_same(backend: Backend) -> None:
    with backend.client() as client:
        names = ("ended", "other type", "half", "not indexed", "w1")
        known = {name: store(client, said=record(name)) for name in names}
        client.delete(KEYS.worker("ended"), KEYS.worker("other type"))
        client.set(KEYS.worker("other type"), "x", ex=TTL_SECONDS)
        client.hdel(KEYS.worker("half"), "at")
        client.zrem(KEYS.workers, "not indexed")
        reading, _ = read(client, known | {"never there": Stamp(1, 5)})
        followed = decode_reading(call(client, *read_arguments(KEYS, known.items(), of=NAMED)), known)
    assert (reading.reports, set(reading.same)) == ((), {"w1"})
    assert set(followed.same) == {"not indexed", "w1"}, "who is named alone was in the index of the first call"


# reading: Rule 2
def test_a_call_for_more_workers_than_it_may_look_at_only_says_which_there_are(backend: Backend) -> None:
    with backend.client() as client:
        stored = {name: store(client, said=record(name)) for name in NAMES}
        known = {"w4": stored["w4"], "w9": Stamp(1, 5)}
        first = decode_reading(call(client, *read_arguments(KEYS, known.items(), max_workers=5)), known)
        enough = decode_reading(call(client, *read_arguments(KEYS, known.items(), max_workers=6)), known)
        reading, calls = read(client, known, max_workers=3)
    assert (first.reports, first.same, sorted(first.left)) == ((), {}, [name.encode() for name in NAMES])
    assert (len(enough.reports), enough.same, enough.left) == (5, {"w4": stored["w4"]}, ())
    assert (len(reading.reports), reading.same, calls) == (5, {"w4": stored["w4"]}, 3)


# reading: Rule 2
def test_a_call_sends_one_report_at_least_and_then_none_above_the_limit(backend: Backend) -> None:
    with backend.client() as client:
        stored = {name: store(client, said=record(name)) for name in NAMES}
        length = len(encode_record(record("w0")))
        known = {"w0": stored["w0"], "w1": Stamp(9, 9)}
        assert len(decode_reading(call(client, *read_arguments(KEYS, max_bytes=1))).reports) == 1
        assert len(decode_reading(call(client, *read_arguments(KEYS, max_bytes=length + 1))).reports) == 2
        first = decode_reading(call(client, *read_arguments(KEYS, known.items(), max_bytes=1)), known)
        reading, calls = read(client, known, max_bytes=1)
    assert (first.same, [raw.worker_id for raw in first.reports]) == ({"w0": stored["w0"]}, ["w1"])
    assert (len(reading.reports), reading.same, calls) == (5, {"w0": stored["w0"]}, 5)


# reading: Rule 5
def test_a_worker_that_reports_between_two_calls_is_read_once_though_its_place_in_the_index_changes(
    backend: Backend,
) -> None:
    with backend.client() as client:
        for name in NAMES:
            store(client, said=record(name))
        turns = iter(range(100))

        def report_again() -> None:
            number = next(turns)
            client.zadd(KEYS.workers, {NAMES[number % 6]: FAR_MS + number, NAMES[-1 - number % 6]: FAR_MS - number})

        reading, _ = read(client, {}, report_again, max_workers=1)
    assert sorted(raw.worker_id for raw in reading.reports) == NAMES


def test_a_worker_that_ends_between_two_calls_is_not_held(backend: Backend) -> None:
    with backend.client() as client:
        known = {name: store(client, said=record(name)) for name in NAMES}
        reading, _ = read(client, known, lambda: client.delete(KEYS.worker("w5")), max_workers=3)
    assert set(reading.same) == set(NAMES) - {"w5"}


def test_an_answer_of_nothing_new_is_short_however_long_the_reports_are(backend: Backend) -> None:
    with backend.client() as client:
        said = [record(name, *(session(f"{name}:{number}") for number in range(1000))) for name in NAMES]
        known = {worker.id: store(client, said=worker) for worker in said}
        assert call(client, *read_arguments(KEYS, known.items()))[1:] == [[]]


@pytest.mark.parametrize("lacks", ["hmget", "zrange"])
def test_a_user_without_a_right_is_refused_and_does_not_see_an_empty_fleet(real_redis: RedisServer, lacks: str) -> None:
    with real_redis.client() as admin:
        store(admin)
        admin.execute_command("ACL", "SETUSER", "halved", "on", ">pw", "~*", "+@all", f"-{lacks}")
    url = real_redis.url.replace("unix://", "unix://halved:pw@")
    refusal = r"user executing the script can't|ACL failure in script"
    with redis.Redis.from_url(url) as client, pytest.raises(redis.ResponseError, match=refusal):
        read(client, {})


@pytest.mark.parametrize("decode_responses", [False, True])
def test_a_replica_reads_a_fleet_in_pieces_through_any_client(backend: Backend, decode_responses: bool) -> None:
    with backend.client() as client:
        long = "x" * 200
        for number in range(40):
            said = record(f"w{number}", *(session(f"web:{number}:{key}", title=long) for key in range(150)))
            store(client, said=said)
        known = {"w3": Stamp(1, 5), "w4": Stamp(2, 5)}

    async def read_all() -> Reading:
        async with (
            backend.async_client(decode_responses=decode_responses) as given_client,
            RedisClient(given_client, KEYS).primary() as primary,
        ):
            return await primary.read(known, 5.0)

    reading = asyncio.run(read_all())
    assert reading.same == {"w3": Stamp(1, 5)}
    assert {raw.worker_id for raw in reading.reports} == {f"w{number}" for number in range(40)} - {"w3"}
    assert all(len(raw.decode().record.sessions) == 150 for raw in reading.reports)


def test_a_call_that_is_not_answered_in_time_ends_the_reading(real_redis: RedisServer) -> None:
    backend = Backend(None, real_redis)

    async def read_while_paused() -> None:
        async with backend.async_client() as given_client, RedisClient(given_client, KEYS).primary() as primary:
            await primary.read({}, 5.0)
            real_redis.pause()
            try:
                with pytest.raises(TimeoutError):
                    await primary.read({}, 0.1)
            finally:
                real_redis.resume()

    asyncio.run(read_while_paused())


def test_a_replica_of_a_quiet_fleet_takes_no_report_out_of_redis_again(real_redis: RedisServer) -> None:
    long = tuple(session(f"web:{number}", title="x" * 200) for number in range(1000))
    said = record("w1", *long, heartbeat_ms=50, lease_ms=600_000)
    with real_redis.client() as client:
        seconds, micros = client.time()
        store(client, at=seconds * 1000 + micros // 1000, said=said)
        with GatewayThread(real_redis.url, namespace=KEYS.namespace) as gateway:
            assert len(gateway.ready().states()) == 1000
            before_bytes, before_reads = client.info("stats")["total_net_output_bytes"], full_reads(gateway)
            wait_until(lambda: full_reads(gateway) >= before_reads + 3, "three full reads")
            sent_bytes = client.info("stats")["total_net_output_bytes"] - before_bytes
    assert sent_bytes < len(encode_record(said))


def test_a_change_that_only_a_reading_brings_is_sent_with_the_next_window(real_redis: RedisServer) -> None:
    quiet = {"heartbeat_ms": 50, "lease_ms": 600_000}
    with real_redis.client() as client, ExitStack() as stack:
        seconds, micros = client.time()
        at = seconds * 1000 + micros // 1000
        store(client, at=at, said=record("w1", session("web:1"), **quiet))
        gateway = stack.enter_context(GatewayThread(real_redis.url, namespace=KEYS.namespace, debounce_seconds=0.1))
        dashboard = stack.enter_context(Dashboard(gateway.ready().url))
        dashboard.wait_for({"web:1": "thinking"})
        store(client, seq=2, at=at, said=record("w1", session("web:1", "streaming"), **quiet))
        dashboard.wait_for({"web:1": "streaming"})


def full_reads(gateway: GatewayThread) -> float:
    found = re.search(r"^agent_status_full_reads_total (\S+)", gateway.get("/metrics").text, re.MULTILINE)
    assert found
    return float(found[1])


KINDS = st.sampled_from(["report", "report", "report", "not indexed", "ended", "other type", "half"])
SEQS, MOMENTS = st.integers(1, 3), st.integers(1, 2)
STORED = st.dictionaries(st.sampled_from(NAMES), st.tuples(KINDS, SEQS, MOMENTS, st.integers(0, 3)))
KNOWN = st.dictionaries(st.sampled_from(NAMES), st.builds(Stamp, SEQS, MOMENTS))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stored=STORED, known=KNOWN, max_workers=st.integers(1, 7), max_bytes=st.sampled_from([1, 200, 500, 10_000]))
def test_what_is_read_and_what_was_known_are_together_all_that_is_stored(
    backend: Backend, stored: dict[str, tuple[str, int, int, int]], known: Known, max_workers: int, max_bytes: int
) -> None:
    with backend.client() as client:
        client.flushall()
        for name, (kind, seq, at, sessions) in stored.items():
            said = record(name, *(session(f"{name}:{number}") for number in range(sessions)))
            store(client, seq=seq, at=at, said=said, indexed=kind != "not indexed")
            if kind in {"ended", "other type"}:
                client.delete(KEYS.worker(name))
            if kind == "other type":
                client.set(KEYS.worker(name), "x", ex=TTL_SECONDS)
            if kind == "half":
                client.hdel(KEYS.worker(name), "seq")
        reading, _ = read(client, known, max_workers=max_workers, max_bytes=max_bytes)
    whole = {name: Stamp(seq, at) for name, (kind, seq, at, _) in stored.items() if kind == "report"}
    assert reading.same == {name: stamp for name, stamp in whole.items() if known.get(name) == stamp}
    brought = {raw.worker_id: raw for raw in reading.reports}
    assert len(brought) == len(reading.reports)
    assert {name: raw.stamp for name, raw in brought.items()} == {
        name: stamp for name, stamp in whole.items() if known.get(name) != stamp
    }
    assert all(len(raw.decode().record.sessions) == stored[name][3] for name, raw in brought.items())
