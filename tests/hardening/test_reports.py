"""Garbage in Redis, by whoever may write there: it is counted and left out, and costs nobody their snapshot."""

import json
import re
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent_status_gateway.feed.inbox import MAX_WAITING_BYTES, Inbox
from agent_status_gateway.state import fleet as fleet_module
from agent_status_gateway.state.fleet import Fleet
from agent_status_publisher.contract.report import MAX_DURATION_MS, MAX_SESSIONS
from agent_status_publisher.contract.text import MAX_ERROR_CHARACTERS, MAX_TITLE_CHARACTERS, MAX_TOOL_CHARACTERS
from agent_status_publisher.contract.wire import Keys, MalformedReportError, RawReport, decode_record, encode_record
from chaos.gateways.gateway_process import GatewayProcess
from chaos.servers.redis_server import RedisServer
from chaos.wait import wait_until
from chaos.workers.reports import EPOCH_MS, ended, reading, record, report, session
from tests.hardening.conftest import SESSION
from tests.support.builders.fleets import states

KEYS = Keys("default")
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=50)
ANYTHING = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner)
)
GOOD: dict[str, Any] = orjson.loads(encode_record(record("evil", session("evil:1"))))
FORGED = st.dictionaries(st.sampled_from(sorted(GOOD)), ANYTHING).map(lambda changes: GOOD | changes)
"""A record with anything in some of its fields."""
RECORDS = FORGED.map(lambda forged: json.dumps(forged).encode())  # which writes NaN and any integer
REASONS = {"json", "type", "schema", "key", "size"}


@pytest.fixture
def there(target_redis: RedisServer) -> Iterator[redis.Redis]:
    """Redis, as whoever has its URL sees it; what they left is taken away."""
    with target_redis.client() as client:
        yield client
        for key in client.scan_iter(f"{KEYS.worker_prefix}evil*"):
            client.delete(key)
            client.zrem(KEYS.workers, bytes(key).removeprefix(KEYS.worker_prefix.encode()))


def malformed(gateway: GatewayProcess) -> float:
    text = gateway.get("/metrics").text
    return sum(map(float, re.findall(r"^agent_status_malformed_reports_total\{.*\} (\S+)", text, re.MULTILINE)))


def plant(client: redis.Redis, worker: str | bytes, **fields: str | bytes) -> None:
    name = worker if isinstance(worker, bytes) else worker.encode()
    key = KEYS.worker_prefix.encode() + name
    client.delete(key)
    for field, value in fields.items():
        client.hset(key, field, value)
    client.expire(key, 60)
    client.zadd(KEYS.workers, {name: 9e15})


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(encoded=st.binary(max_size=200) | RECORDS)
@pytest.mark.slow
def test_a_record_of_any_bytes_is_a_report_or_malformed(encoded: bytes) -> None:
    try:
        reason = type(decode_record(encoded)).__name__
    except MalformedReportError as error:
        reason = error.reason
    assert reason in REASONS | {"WorkerRecord"}


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(messages=st.lists(st.binary(max_size=100) | RECORDS.map(lambda made: b"evil 1 1 " + made), max_size=20))
@pytest.mark.slow
def test_a_message_on_the_channel_that_is_not_a_report_changes_nothing(
    attacked: GatewayProcess, there: redis.Redis, messages: list[bytes]
) -> None:
    for message in messages:
        there.publish(KEYS.events, message)
    assert SESSION in attacked.states()


@pytest.mark.slow
def test_a_hash_that_is_not_a_report_is_counted_and_the_others_are_read(
    attacked: GatewayProcess, there: redis.Redis
) -> None:
    before = malformed(attacked)
    plant(there, "evil-1", seq="x", at="1", record="{}")
    plant(there, "evil-2", seq="1", at="1", record="\xff\xfe not JSON")
    plant(there, "evil-3", seq="9" * 400, at="9" * 400, record=encode_record(record("evil-3")))
    plant(there, b"evil-\xff", seq="1", at="1", record=encode_record(record("evil-4")))
    plant(there, "evil-5", seq="1", at="1", record=encode_record(record("somebody-else")))
    plant(there, "evil-6", seq="1", at="1", record=b"[" * 100_000)
    plant(there, "evil-7", seq="1", at="1", record=encode_record(record("evil-7", *[session("evil:thrice")] * 3)))
    there.client_kill_filter(_type="pubsub")  # so that all is read again
    wait_until(lambda: malformed(attacked) >= before + 7, "all seven are counted")
    rows = attacked.snapshot()["sessions"]
    assert SESSION in [row["session_key"] for row in rows]
    assert "evil:thrice" not in [row["session_key"] for row in rows], (
        "a key that is named three times is not three sessions"
    )


def test_a_worker_with_more_sessions_than_it_may_have_is_not_believed() -> None:
    sessions = [session(f"evil:{number}") for number in range(MAX_SESSIONS + 1)]
    assert len(decode_record(encode_record(record("evil", *sessions[:-1]))).sessions) == MAX_SESSIONS
    with pytest.raises(MalformedReportError, match="sessions"):
        decode_record(encode_record(record("evil", *sessions)))


def test_a_lease_for_years_is_not_believed() -> None:
    assert decode_record(encode_record(record("evil", lease_ms=MAX_DURATION_MS))).lease_ms == MAX_DURATION_MS
    with pytest.raises(MalformedReportError, match="lease_ms"):
        decode_record(encode_record(record("evil", lease_ms=MAX_DURATION_MS + 1)))


def test_texts_of_another_publisher_are_cut_as_ours_are() -> None:
    long = "x" * 10_000
    decoded = decode_record(encode_record(record("evil", session(title=long, tool=long, error=long), host=long)))
    cut = decoded.sessions[0]
    lengths = [len(text or "") for text in (cut.title, cut.tool, cut.error, decoded.host)]
    assert lengths == [MAX_TITLE_CHARACTERS, MAX_TOOL_CHARACTERS, MAX_ERROR_CHARACTERS, 255]
    assert str(cut.title).endswith("…")


def test_made_up_workers_without_end_are_as_many_as_there_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet_module, "MAX_WORKERS", 10)
    fleet = Fleet()
    for number in range(10):
        fleet.hear(report(1, record(f"evil-{number}")), 0.0)
    with pytest.raises(MalformedReportError, match="workers"):
        fleet.hear(report(1, record("evil-10")), 0.0)
    assert len(fleet.read(reading(report(1, record("evil-11")), report(1, record("evil-12"))), 0.0, 0.0)) == 2
    assert len(fleet.workers) == 10
    assert fleet.hear(report(2, record("evil-3", session())), 1.0), "those who are known are still heard"


def test_workers_that_have_left_make_room_for_those_that_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet_module, "MAX_WORKERS", 10)
    fleet = Fleet()
    for number in range(8):
        fleet.hear(report(1, record(f"w{number}", session(f"web:{number}"))), 0.0)
    for number in range(30):
        fleet.hear(report(1, record(f"short-{number}")), 1.0)
        fleet.hear(report(2, record(f"short-{number}", left=True, ended=(ended(),))), 1.0)
    assert fleet.hear(report(1, record("w8", session("web:8"))), 2.0)
    names = [known.report.record.id for known in fleet.workers if known.has_left]
    assert names == ["short-29"], "the first that left goes first"
    assert not fleet.hear(report(1, record("short-3", session("web:1"))), 2.0), "its number is remembered"
    assert len(states(fleet, 2.0)) == 9


def test_made_up_workers_do_not_pile_up_unread() -> None:
    inbox, size = Inbox(), 1024 * 1024
    for number in range(1000):
        if inbox.is_full:
            break
        inbox.put(RawReport(worker_id=f"evil-{number}", seq=1, at_ms=EPOCH_MS, record=b"x" * size), 0.0)
    assert len(inbox) <= MAX_WAITING_BYTES // size + 1
    assert inbox.take()
    assert not inbox.is_full
