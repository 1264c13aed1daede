"""From an agent's call to what Redis holds."""

import asyncio
import queue
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
import redis

from agent_status_publisher import InvalidCallError, PublisherError, StatusPublisher
from agent_status_publisher.contract.details.details import Details, WaitingFor
from agent_status_publisher.contract.details.end import Outcome
from agent_status_publisher.contract.reading import READ_SCRIPT, decode_reading, read_arguments
from agent_status_publisher.contract.wire import Keys, WorkerRecord
from agent_status_publisher.settings import Settings
from agent_status_publisher.worker.diagnostics import Reporter
from agent_status_publisher.worker.flusher import Flusher
from agent_status_publisher.worker.sessions.outbox import Identity, Outbox
from chaos.wait import wait_until
from tests.contract.conftest import Backend

KEYS = Keys("default")


@pytest.fixture
def client(backend: Backend) -> Iterator[redis.Redis]:
    with backend.client() as made:
        yield made


def records(client: redis.Redis) -> list[WorkerRecord]:
    keys, arguments = read_arguments(KEYS)
    reading = decode_reading(client.register_script(READ_SCRIPT)(keys=keys, args=arguments))
    return [raw.decode().record for raw in reading.reports]


def shown(client: redis.Redis) -> dict[str, Any]:
    return {session.key: session.state.value for record in records(client) for session in record.sessions}


def test_what_is_published_is_in_redis_when_flush_returns(client: redis.Redis) -> None:
    with StatusPublisher(client, max_concurrent=7) as publisher:
        publisher.session("web:1", title="T").streaming()
        assert publisher.flush()
        (record,) = records(client)
        assert (record.id, record.max_concurrent, record.left) == (publisher.worker_id, 7, False)
        assert (record.sessions[0].key, record.sessions[0].title, shown(client)) == (
            "web:1",
            "T",
            {"web:1": "streaming"},
        )


def test_all_that_a_session_says_is_in_redis_and_how_it_ended(client: redis.Redis) -> None:
    link = "https://example.com/pr/7"
    with StatusPublisher(client, labels={"team": "web"}) as publisher:
        session = publisher.session("web:1", parent="ci:7", link=link, labels={"agent": "reviewer"})
        session.context(used=96_000, window=200_000)
        session.cost(usd=1.24)
        session.progress(done=3, of=7)
        session.waiting_for_user("approval")
        publisher.session("web:2", title="T").end("cancelled")
        assert publisher.flush()
        (record,) = records(client)
    expected = Details((("agent", "reviewer"),), "ci:7", link, WaitingFor.APPROVAL, (96_000, 200_000), 1.24, (3, 7))
    assert (record.labels, record.sessions[0].details) == ((("team", "web"),), expected)
    assert [(run.key, run.outcome, run.title) for run in record.ended] == [("web:2", Outcome.CANCELLED, "T")]


@pytest.mark.parametrize("timeout", [None, 0, -1, 2.5, 10**9, float("inf"), float("nan"), True])
def test_a_flush_takes_any_number_of_seconds_and_none(client: redis.Redis, timeout: float | None) -> None:
    errors: list[PublisherError] = []
    with StatusPublisher(client, on_error=errors.append) as publisher:
        publisher.publish("web:1", "thinking")
        publisher.flush(timeout)
        asyncio.run(asyncio.wait_for(publisher.aflush(timeout), 10))
        assert publisher.flush(None)
        assert shown(client) == {"web:1": "thinking"}
    assert errors == []


@pytest.mark.parametrize("timeout", ["soon", [], object(), 10**400])
def test_a_flush_with_another_timeout_is_reported_and_waits_for_the_default_time(
    client: redis.Redis, timeout: float
) -> None:
    errors: list[PublisherError] = []
    with StatusPublisher(client, on_error=errors.append) as publisher:
        publisher.publish("web:1", "thinking")
        assert publisher.flush(timeout)
        assert asyncio.run(asyncio.wait_for(publisher.aflush(timeout), 10))
        assert shown(client) == {"web:1": "thinking"}
    assert [type(error) for error in errors] == [InvalidCallError]
    assert "flush() waits 3 s: the timeout must be seconds" in str(errors[0])


def test_a_worker_is_there_before_its_first_session(client: redis.Redis) -> None:
    with StatusPublisher(client) as publisher:
        assert publisher.flush()
        assert len(records(client)) == 1


def test_a_constructor_alone_makes_no_worker(client: redis.Redis) -> None:
    publisher = StatusPublisher(client)
    assert publisher.worker_id is None
    assert publisher.flush()
    publisher.close()
    assert records(client) == []


def test_the_first_call_makes_a_worker_too(client: redis.Redis) -> None:
    publisher = StatusPublisher(client)
    publisher.publish("web:1", "thinking")
    publisher.flush()
    assert shown(client) == {"web:1": "thinking"}
    publisher.close()


def test_closing_says_goodbye_and_leaves_only_errors(client: redis.Redis) -> None:
    with StatusPublisher(client) as publisher:
        publisher.session("web:1")
        publisher.session("web:2").error("boom")
    (record,) = records(client)
    assert record.left
    assert shown(client) == {"web:2": "error"}


def test_each_start_is_a_new_worker(client: redis.Redis) -> None:
    publisher = StatusPublisher(client)
    with publisher:
        first = publisher.worker_id
        publisher.flush()
    with publisher:
        second = publisher.worker_id
        publisher.flush()
        assert first != second
        assert {record.id: record.left for record in records(client)} == {first: True, second: False}


def test_heartbeats_keep_a_quiet_worker_alive(client: redis.Redis) -> None:
    with StatusPublisher(client, heartbeat_seconds=0.1, lease_seconds=0.2) as publisher:
        publisher.flush()
        seq = client.hget(KEYS.worker(publisher.worker_id or ""), "seq")
        wait_until(lambda: client.hget(KEYS.worker(publisher.worker_id or ""), "seq") != seq, "a heartbeat comes")


def test_constant_change_is_at_most_ten_reports_a_second(client: redis.Redis) -> None:
    with StatusPublisher(client) as publisher:
        session = publisher.session("web:1")
        until = time.monotonic() + 1.0
        while time.monotonic() < until:
            session.thinking()
            session.streaming()
        publisher.flush()
        assert int(client.hget(KEYS.worker(publisher.worker_id or ""), "seq") or 0) <= 12


def test_after_a_refusal_the_next_report_passes_the_stored_number(client: redis.Redis) -> None:
    with StatusPublisher(client) as publisher:
        publisher.flush()
        key = KEYS.worker(publisher.worker_id or "")
        client.hset(key, "seq", "1000")
        publisher.session("web:1")
        assert publisher.flush()
        assert int(client.hget(key, "seq") or 0) > 1000
        assert shown(client) == {"web:1": "thinking"}


def test_a_wiped_redis_is_whole_again_with_the_next_heartbeat(client: redis.Redis) -> None:
    with StatusPublisher(client, heartbeat_seconds=0.2, lease_seconds=1) as publisher:
        publisher.session("web:1")
        publisher.flush()
        client.flushall()
        wait_until(lambda: shown(client) == {"web:1": "thinking"}, "the next heartbeat says all again")


def test_the_agents_own_client_stays_open(client: redis.Redis) -> None:
    with StatusPublisher(client) as publisher:
        publisher.flush()
    assert client.ping()


class Scripted:
    """A Redis that answers as planned, and notes on what each report's list of runs builds."""

    sharded = False

    def __init__(self, *replies: Any) -> None:
        self._replies = iter(replies)
        self.grounds: list[Sequence[Any]] = []

    def write(self, _keys: Sequence[str], arguments: Sequence[Any]) -> Sequence[Any]:
        self.grounds.append(arguments[6:9])
        reply: Any = next(self._replies)
        if isinstance(reply, Exception):
            raise reply
        return list(reply)

    def close(self) -> None:
        """Nothing to close."""


def test_a_report_builds_on_the_last_one_and_after_a_failure_or_a_refusal_names_all_and_what_time_it_must_be() -> None:
    taken, forgotten = (1, b"5000", b"", b"m"), (3, b"", b"")
    redis = Scripted(forgotten, taken, taken, forgotten, ConnectionError("gone"), taken, taken)
    moments = iter(range(100))
    outbox = Outbox(Identity(id="w1", host="h", pid=1), Settings(), lambda: 0.25 * next(moments), lambda: None)
    flusher = Flusher(outbox, threading.RLock(), queue.SimpleQueue(), lambda: redis, Reporter(lambda _: None))
    for _ in range(7):
        flusher._write(left=False)
    assert [list(ground[:2]) for ground in redis.grounds] == [
        ["", 0],
        ["", 0],
        ["m", 2],
        ["m", 3],
        ["m", ""],
        ["m", ""],
        ["m", 6],
    ]
    first_again, second_again = redis.grounds[4][2], redis.grounds[5][2]
    assert 5000 < first_again < second_again < 5000 + 250 * next(moments)
