"""The write and the read script."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import redis

from agent_status_publisher.contract.reading import ALL, KEPT, READ_SCRIPT, Reading, decode_reading, read_arguments
from agent_status_publisher.contract.report import KEPT_MS
from agent_status_publisher.contract.wire import (
    WRITE_SCRIPT,
    Keys,
    WorkerRecord,
    decode_message,
    encode_record,
    write_arguments,
)
from chaos.servers.redis_server import RedisServer
from chaos.wait import wait_until
from chaos.workers.reports import record, session
from tests.contract.conftest import Backend

KEYS = Keys("test")
W1 = record("w1", session("web:1"))


class Desk:
    """A client, and the two scripts as calls."""

    def __init__(self, client: redis.Redis) -> None:
        self.client = client
        self._write = client.register_script(WRITE_SCRIPT)
        self._read = client.register_script(READ_SCRIPT)

    def write(self, seq: int, said: WorkerRecord = W1, *, sharded: bool = False) -> list[Any]:
        keys, arguments = write_arguments(KEYS, said, seq, encode_record(said), sharded=sharded)
        reply: list[Any] = self._write(keys=keys, args=arguments)
        return reply

    def read(self, of: str = ALL) -> Reading:
        keys, arguments = read_arguments(KEYS, of=of)
        return decode_reading(self._read(keys=keys, args=arguments))

    def stored(self, worker_id: str = "w1") -> Any:
        return self.client.hgetall(KEYS.worker(worker_id))


@contextmanager
def listening(client: redis.Redis) -> Iterator[Callable[[], bytes]]:
    """A subscription that is known to stand, and what comes next on it."""
    subscription: Any = client.pubsub()  # type: ignore[no-untyped-call]
    with subscription:
        subscription.subscribe(KEYS.events)
        wait_until(lambda: subscription.get_message(timeout=0.1), "the subscription is acknowledged")
        yield lambda: wait_until(lambda: subscription.get_message(timeout=0.1), "a word comes")["data"]


@pytest.fixture
def desk(backend: Backend) -> Iterator[Desk]:
    with backend.client() as client:
        yield Desk(client)


def test_a_report_that_is_written_is_read_back_whole(desk: Desk) -> None:
    taken, at, error, _ = desk.write(1)
    assert (taken, error) == (1, b"")
    reading = desk.read()
    assert [raw.decode().record for raw in reading.reports] == [W1]
    assert reading.reports[0].at_ms == int(at)
    assert 0 <= reading.time_ms - int(at) < 2000


def test_the_same_report_is_published_on_the_channel(desk: Desk) -> None:
    with listening(desk.client) as next_message:
        desk.write(7)
        message = next_message()
    raw = decode_message(message)
    assert (raw.worker_id, raw.seq, raw.decode().record) == ("w1", 7, W1)


@pytest.mark.parametrize("seq", [5, 4, 1])
def test_a_report_that_is_not_newer_is_refused_with_the_stored_number(desk: Desk, seq: int) -> None:
    desk.write(5)
    before = desk.stored()
    assert desk.write(seq, record("w1", session("web:2"))) == [0, b"5", b""]
    assert desk.stored() == before


def test_a_refused_report_is_not_published(desk: Desk) -> None:
    desk.write(5)
    with listening(desk.client) as next_message:
        desk.write(5)
        desk.write(6)
        message = next_message()
    assert decode_message(message).seq == 6


@pytest.mark.parametrize("broken", ["", "one", "nan", "inf", "1e300", "-5", "9" * 400])
def test_a_stored_number_that_is_none_counts_as_nothing(desk: Desk, broken: str) -> None:
    desk.client.hset(KEYS.worker("w1"), mapping={"seq": broken, "junk": "x"})
    assert desk.write(1)[0] == 1
    assert set(desk.stored()) == {b"seq", b"at", b"record"}


@pytest.mark.parametrize("name", [KEYS.worker("w1"), KEYS.workers, KEYS.kept])
def test_a_key_of_the_wrong_type_is_replaced(desk: Desk, name: str) -> None:
    desk.client.set(name, "somebody else's", ex=60)
    assert desk.write(1)[0] == 1
    assert len(desk.read().reports) == 1


def test_every_key_has_a_ttl_and_an_index_the_longest(desk: Desk) -> None:
    desk.write(1, record("w1", lease_ms=100_000, error_ttl_ms=0))
    desk.write(1, record("w2", lease_ms=10_000, error_ttl_ms=0))
    desk.write(1, record("w3", lease_ms=2_000_000, error_ttl_ms=0))
    assert [round(desk.client.pttl(KEYS.worker(name)), -4) for name in ("w1", "w2")] == [KEPT_MS, KEPT_MS]
    for name in (KEYS.worker("w3"), KEYS.workers, KEYS.kept):
        assert 2_014_000 < desk.client.pttl(name) <= 2_015_000


def test_an_index_names_a_worker_for_as_long_as_its_report_counts_or_is_kept(desk: Desk) -> None:
    at = int(desk.write(1, record("w1", lease_ms=100_000, error_ttl_ms=0))[1])
    assert desk.client.zrange(KEYS.workers, 0, -1, withscores=True) == [(b"w1", at + 115_000)]
    assert desk.client.zrange(KEYS.kept, 0, -1, withscores=True) == [(b"w1", at + KEPT_MS)]


# reading: Rule 4
def test_a_report_that_does_not_count_any_more_is_read_among_those_that_are_kept(desk: Desk) -> None:
    desk.write(1)
    desk.client.zadd(KEYS.workers, {"w1": 5})
    assert desk.read().reports == ()
    assert [raw.decode().record for raw in desk.read(KEPT).reports] == [W1]
    desk.client.zadd(KEYS.kept, {"w1": 5})
    assert desk.read(KEPT).reports == ()


def test_a_program_that_does_not_name_the_kept_index_is_not_kept(desk: Desk) -> None:
    keys, arguments = write_arguments(KEYS, W1, 1, encode_record(W1), sharded=False)
    assert desk.client.register_script(WRITE_SCRIPT)(keys=keys[:3], args=arguments)[0] == 1
    assert desk.client.pttl(KEYS.worker("w1")) <= W1.ttl_ms
    assert not desk.client.exists(KEYS.kept)
    assert len(desk.read().reports) == 1


@pytest.mark.parametrize("index", [KEYS.workers, KEYS.kept])
def test_workers_whose_time_is_over_leave_the_index(desk: Desk, index: str) -> None:
    desk.client.zadd(index, {"long-gone": 5})
    desk.write(1)
    assert desk.client.zrange(index, 0, -1) == [b"w1"]


def test_a_full_read_leaves_out_what_is_not_a_report(desk: Desk) -> None:
    desk.write(1)
    desk.client.zadd(KEYS.workers, {"vanished": 9e15, "wrong-type": 9e15, "half": 9e15})
    desk.client.set(KEYS.worker("wrong-type"), "x", ex=60)
    desk.client.hset(KEYS.worker("half"), "seq", "1")
    desk.client.expire(KEYS.worker("half"), 60)
    assert [raw.worker_id for raw in desk.read().reports] == ["w1"]


def test_an_index_of_the_wrong_type_is_an_empty_reading(desk: Desk) -> None:
    desk.client.set(KEYS.workers, "x", ex=60)
    assert desk.read().reports == ()


def test_a_forgotten_script_is_sent_again(desk: Desk) -> None:
    desk.write(1)
    desk.client.script_flush()
    assert desk.write(2)[0] == 1
    desk.client.script_flush()
    assert len(desk.read().reports) == 1


def test_namespaces_do_not_see_each_other(desk: Desk) -> None:
    desk.write(1)
    keys, arguments = read_arguments(Keys("other"))
    assert decode_reading(desk.client.register_script(READ_SCRIPT)(keys=keys, args=arguments)).reports == ()


def test_a_long_report_of_many_sessions_goes_through_whole(desk: Desk) -> None:
    said = record("w1", *(session(f"web:{number}", title="ü" * 200) for number in range(1000)))
    desk.write(1, said)
    assert desk.read().reports[0].decode().record == said


def test_a_user_without_the_right_to_the_channel_is_heard_from_the_hash(real_redis: RedisServer) -> None:
    with real_redis.client() as admin:
        admin.execute_command("ACL", "SETUSER", "silent", "on", ">pw", "~*", "+@all", "resetchannels")
    url = real_redis.url.replace("unix://", "unix://silent:pw@")
    with redis.Redis.from_url(url) as client:
        taken, _, error, _ = Desk(client).write(1)
        assert taken == 1
        assert b"channel" in error.lower()
        assert len(Desk(client).read().reports) == 1
