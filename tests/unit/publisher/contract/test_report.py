"""The report and its JSON."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_status_publisher.contract.report import (
    MAX_NUMBER,
    AgedSessions,
    EndedRecord,
    SessionRecord,
    SessionState,
    WorkerRecord,
    check_session_key,
    encode_record,
)
from agent_status_publisher.contract.wire import decode_record
from chaos.workers.reports import record

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


# report: Rule 1
@given(st.lists(sessions, max_size=5, unique_by=lambda session: session.key))
def test_whatever_is_encoded_is_decoded_the_same(rows: list[SessionRecord]) -> None:
    said = record("w1", *rows)
    assert decode_record(encode_record(said)) == said


def plain_json(said: WorkerRecord) -> bytes:
    """The record's JSON by the standard library: its fields in their order, without those that are left out."""
    names = {"input_tokens": "input", "output_tokens": "output"}
    order = ("key", "state", "title", "tool", "error", "input_tokens", "output_tokens", "changed_ms", "run_ms")

    def row(session: SessionRecord) -> dict[str, Any]:
        has_tokens = session.input_tokens > 0 or session.output_tokens > 0
        values = {name: getattr(session, name) for name in (*order, "expires_ms")}
        return {
            names.get(name, name): str(value) if name == "state" else value
            for name, value in values.items()
            if value is not None and (name not in names or has_tokens)
        }

    terms = ("id", "host", "pid", "lease_ms", "heartbeat_ms", "error_ttl_ms", "max_concurrent", "uptime_ms")
    whole = {"v": 1} | {name: getattr(said, name) for name in terms}
    whole |= {"left": True} if said.left else {}
    whole |= {"sessions": [row(session) for session in said.sessions]}
    whole |= {"ended": [{"key": run.key, "run_ms": run.run_ms} for run in said.ended]} if said.ended else {}
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()


# report: Rule 2
@given(
    st.lists(sessions, max_size=5, unique_by=lambda session: session.key),
    st.lists(st.builds(EndedRecord, key=texts, run_ms=numbers), max_size=3),
    st.booleans(),
)
def test_each_byte_of_a_record_is_as_the_contract_says(
    rows: list[SessionRecord], ended: list[EndedRecord], left: bool
) -> None:
    said = record("w1", *rows, ended=tuple(ended), left=left, uptime_ms=7)
    assert encode_record(said) == plain_json(said)


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


YOUNG = tuple(row._replace(changed_ms=0, run_ms=0, expires_ms=None) for row in WHOLE.sessions)
AGED = AgedSessions(YOUNG, [1200, 10], [3400, 20], [None, 29990])


def test_sessions_that_have_only_grown_older_are_read_as_any_others() -> None:
    assert WHOLE.sessions == AGED
    assert AGED != YOUNG
    assert (len(AGED), AGED[0], AGED[-1], AGED[1:]) == (2, *WHOLE.sessions, WHOLE.sessions[1:])
    assert (hash(AGED), repr(AGED)) == (hash(WHOLE.sessions), repr(WHOLE.sessions))
    assert WHOLE.sessions[1] in AGED


@pytest.mark.parametrize("sessions", [WHOLE.sessions, AGED])
def test_a_record_gives_what_is_not_an_age_and_ages_by_place(sessions: Sequence[SessionRecord]) -> None:
    said = replace(WHOLE, sessions=sessions)
    assert said == WHOLE
    assert encode_record(said) == encode_record(WHOLE)
    assert [row.key for row in said.held] == [row.key for row in WHOLE.sessions]
    assert [said.changed_ms(0), said.changed_ms(1)] == [1200, 10]
    assert said.expiring == WHOLE.sessions[1:]
    assert replace(said, sessions=sessions[:1]).expiring == ()
