"""The word and its JSON."""

from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_status_publisher.contract.report import (
    MAX_NUMBER,
    EndedRecord,
    MalformedReportError,
    SessionRecord,
    SessionState,
    WorkerRecord,
    check_session_key,
    decode_record,
    encode_record,
)
from chaos.workers.reports import record, session

GOLDEN = Path(__file__).parents[2] / "golden" / "record.json"

WHOLE = WorkerRecord(
    id="host-1-abcd",
    host="host",
    pid=1,
    lease_ms=15000,
    heartbeat_ms=5000,
    error_ttl_ms=30000,
    max_concurrent=5,
    uptime_ms=120000,
    left=True,
    sessions=(
        SessionRecord(
            key="websocket:abc123",
            title="Fix auth bug",
            state=SessionState.TOOL_RUNNING,
            tool="bash",
            input_tokens=500,
            output_tokens=100,
            changed_ms=1200,
            run_ms=3400,
        ),
        SessionRecord(
            key="slack:ü",
            state=SessionState.ERROR,
            error="boom",
            changed_ms=10,
            run_ms=20,
            expires_ms=29990,
        ),
    ),
    ended=(EndedRecord(key="cron:night", run_ms=60000),),
)

numbers = st.integers(0, MAX_NUMBER)
texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40)
sessions = st.builds(
    SessionRecord,
    key=texts,
    title=st.none() | texts,
    state=st.sampled_from(SessionState),
    tool=st.none() | texts,
    error=st.none() | texts,
    input_tokens=numbers,
    output_tokens=numbers,
    changed_ms=numbers,
    run_ms=numbers,
    expires_ms=st.none() | numbers,
)


# report: Rule 2
def test_a_record_is_encoded_as_the_golden_file_says() -> None:
    assert orjson.loads(GOLDEN.read_bytes()) == orjson.loads(encode_record(WHOLE))


def test_the_golden_record_is_read_back_whole() -> None:
    assert decode_record(GOLDEN.read_bytes()) == WHOLE


# report: Rule 3
def test_fields_that_nobody_knows_are_allowed_everywhere() -> None:
    whole = orjson.loads(GOLDEN.read_bytes())
    for place in (whole, *whole["sessions"], *whole["ended"]):
        place["from_the_future"] = {"x": [1]}
    assert decode_record(orjson.dumps(whole)) == WHOLE


# report: Rule 1
@given(st.lists(sessions, max_size=5, unique_by=lambda session: session.key))
def test_whatever_is_encoded_is_decoded_the_same(rows: list[SessionRecord]) -> None:
    said = record("w1", *rows)
    assert decode_record(encode_record(said)) == said


@pytest.mark.parametrize(
    ("encoded", "reason"),
    [
        (b"", "json"),
        (b"{", "json"),
        (b"\xff\xfe", "json"),
        (b"[]", "type"),
        (b"{}", "schema"),
        (b'{"v":2}', "schema"),
    ],
)
def test_a_record_that_is_not_ours_is_refused_with_its_reason(encoded: bytes, reason: str) -> None:
    with pytest.raises(MalformedReportError) as caught:
        decode_record(encoded)
    assert caught.value.reason == reason


# report: Rule 3
@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        (("id",), 5, "type"),
        (("pid",), "1", "type"),
        (("pid",), True, "type"),
        (("lease_ms",), -1, "type"),
        (("lease_ms",), 1.5, "type"),
        (("heartbeat_ms",), 0, "type"),
        (("uptime_ms",), MAX_NUMBER + 1, "type"),
        (("sessions",), None, "type"),
        (("sessions",), {"key": "a"}, "type"),
        (("sessions", 0), "web:1", "type"),
        (("sessions", 0, "key"), "", "key"),
        (("sessions", 0, "key"), "a\nb", "key"),
        (("sessions", 0, "key"), "x" * 513, "key"),
        (("sessions", 0, "state"), "sleeping", "type"),
        (("sessions", 0, "state"), None, "type"),
        (("sessions", 0, "tool"), ["bash"], "type"),
        (("sessions", 0, "run_ms"), None, "type"),
        (("sessions", 1, "expires_ms"), "soon", "type"),
        (("ended", 0, "run_ms"), -5, "type"),
    ],
)
def test_one_wrong_field_refuses_the_whole_report(path: tuple[str | int, ...], value: object, reason: str) -> None:
    whole = orjson.loads(encode_record(WHOLE))
    place = whole
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(MalformedReportError) as caught:
        decode_record(orjson.dumps(whole))
    assert caught.value.reason == reason


# report: Rule 3
@pytest.mark.parametrize("name", ["sessions", "ended"])
def test_a_key_that_is_named_twice_refuses_the_whole_report(name: str) -> None:
    whole = orjson.loads(encode_record(WHOLE))
    whole[name].append(whole[name][0] | {"run_ms": 1})
    with pytest.raises(MalformedReportError, match=f"named twice in {name}") as caught:
        decode_record(orjson.dumps(whole))
    assert caught.value.reason == "key"


def test_a_key_may_be_named_as_open_and_as_ended() -> None:
    whole = orjson.loads(encode_record(WHOLE))
    whole["ended"].append({"key": whole["sessions"][0]["key"], "run_ms": 1})
    assert decode_record(orjson.dumps(whole)).ended[-1].key == WHOLE.sessions[0].key


@pytest.mark.parametrize("name", ["id", "host", "pid", "lease_ms", "heartbeat_ms", "error_ttl_ms", "max_concurrent"])
def test_a_missing_field_refuses_the_whole_report(name: str) -> None:
    whole = orjson.loads(encode_record(WHOLE))
    del whole[name]
    with pytest.raises(MalformedReportError, match=name):
        decode_record(orjson.dumps(whole))


@given(st.recursive(st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=3), st.lists, max_leaves=5))
def test_no_json_at_all_gets_past_the_decoder_except_as_a_refusal(value: object) -> None:
    whole = orjson.loads(encode_record(record("w1", session()))) | {"sessions": value}
    try:
        decode_record(orjson.dumps(whole))
    except MalformedReportError:
        return
    assert value == [], "only an empty list of sessions is valid here"


@pytest.mark.parametrize("key", ["a", "websocket:abc", "ü" * 256, "with space", "x" * 512])
def test_a_session_key_may_be_any_short_line_of_text(key: str) -> None:
    assert check_session_key(key) == key


@pytest.mark.parametrize(
    ("key", "why"),
    [("", "empty"), ("x" * 513, "512 bytes"), ("ü" * 257, "512 bytes"), ("a\x00", "control"), ("a\x85", "control")],
)
def test_a_session_key_that_cannot_be_shown_is_refused_with_the_reason(key: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        check_session_key(key)
