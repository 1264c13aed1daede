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

from agent_status_publisher.contract.details.details import NO_DETAILS, Details, WaitingFor
from agent_status_publisher.contract.details.end import EndedRecord, Outcome
from agent_status_publisher.contract.details.labels import Labels
from agent_status_publisher.contract.report import (
    MAX_NUMBER,
    AgedSessions,
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
            called_ms=700,
            details=Details(
                labels=(("agent", "reviewer"), ("model", "opus-5")),
                parent="ci:7",
                link="https://example.com/pr/7",
                context=(96_000, 200_000),
                cost_usd=1.24,
                progress=(3, 7),
            ),
        ),
        SessionRecord(
            key="slack:ü",
            state=SessionState.ERROR,
            error="boom",
            changed_ms=10,
            run_ms=20,
            expires_ms=29990,
        ),
        SessionRecord(
            key="web:7",
            state=SessionState.WAITING_FOR_USER,
            changed_ms=5,
            run_ms=6,
            expires_ms=7,
            details=Details(waiting_for=WaitingFor.APPROVAL),
        ),
    ),
    ended=(
        EndedRecord(key="cron:old", run_ms=90000),
        EndedRecord("cron:night", 60000, 500, Outcome.FAILED, "Tidy up", "no disk", (("agent", "tidier"),), "cron:all"),
    ),
    labels=(("team", "web"),),
)

numbers = st.integers(0, MAX_NUMBER)
texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40)
plain_texts = st.text("abcé-7", min_size=1, max_size=20)
labels = st.dictionaries(plain_texts, plain_texts, max_size=4).map(lambda found: tuple(sorted(found.items())))
details = st.builds(
    Details,
    labels=labels,
    parent=st.none() | st.just("a parent"),
    link=st.none() | st.just("https://example.com/"),
    waiting_for=st.none(),
    context=st.none() | st.tuples(numbers, st.integers(1, MAX_NUMBER)),
    cost_usd=st.none() | st.sampled_from([0.0, 0.015, 1.24, 1e6]),
    progress=st.none() | st.integers(1, 9).map(lambda of: (of // 2, of)),
).map(lambda found: None if found == NO_DETAILS else found)
ends = st.builds(
    EndedRecord,
    key=texts,
    run_ms=numbers,
    ended_ms=st.none() | numbers,
    outcome=st.none() | st.sampled_from(Outcome),
    title=st.none() | texts,
    error=st.none() | texts,
    labels=labels,
    parent=st.none() | st.just("a parent"),
)
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
    called_ms=numbers,
    details=details,
)


# report: Rule 2
def test_a_record_is_encoded_as_the_golden_file_says() -> None:
    assert orjson.loads(GOLDEN.read_bytes()) == orjson.loads(encode_record(WHOLE))


def test_the_golden_record_is_read_back_whole() -> None:
    assert decode_record(GOLDEN.read_bytes()) == WHOLE


# report: Rule 1
@given(
    st.lists(sessions, max_size=5, unique_by=lambda session: session.key),
    st.lists(ends, max_size=3, unique_by=lambda end: end.key),
    labels,
)
def test_whatever_is_encoded_is_decoded_the_same(
    rows: list[SessionRecord], ended: list[EndedRecord], of_worker: Labels
) -> None:
    said = record("w1", *rows, ended=tuple(ended), labels=of_worker)
    assert decode_record(encode_record(said)) == said


def plain_json(said: WorkerRecord) -> bytes:
    """The record's JSON by the standard library: its fields in their order, without those that are left out."""
    names = {"input_tokens": "input", "output_tokens": "output"}
    order = ("key", "state", "title", "tool", "error", "input_tokens", "output_tokens")

    def row(session: SessionRecord) -> dict[str, Any]:
        has_tokens = session.input_tokens > 0 or session.output_tokens > 0
        told = (session.details or NO_DETAILS)._asdict()
        values = {name: getattr(session, name) for name in order}
        values |= told | {"labels": dict(told["labels"]) or None, "called_ms": session.called_ms or None}
        values |= {name: getattr(session, name) for name in ("changed_ms", "run_ms", "expires_ms")}
        return {
            names.get(name, name): str(value) if name == "state" else value
            for name, value in values.items()
            if value is not None and (name not in names or has_tokens)
        }

    terms = ("id", "host", "pid", "lease_ms", "heartbeat_ms", "error_ttl_ms", "max_concurrent", "uptime_ms")
    whole = {"v": 1} | {name: getattr(said, name) for name in terms}
    whole |= {"left": True} if said.left else {}
    whole |= {"labels": dict(said.labels)} if said.labels else {}
    whole |= {"sessions": [row(session) for session in said.sessions]}
    ended = [
        {
            name: value
            for name, value in (end._asdict() | {"labels": dict(end.labels) or None}).items()
            if value is not None
        }
        for end in said.ended
    ]
    whole |= {"ended": ended} if ended else {}
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()


# report: Rule 2
@given(
    st.lists(sessions, max_size=5, unique_by=lambda session: session.key),
    st.lists(ends, max_size=3),
    st.booleans(),
    labels,
)
def test_each_byte_of_a_record_is_as_the_contract_says(
    rows: list[SessionRecord], ended: list[EndedRecord], left: bool, of_worker: Labels
) -> None:
    said = record("w1", *rows, ended=tuple(ended), left=left, labels=of_worker, uptime_ms=7)
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
AGED = AgedSessions(YOUNG, [1200, 10, 5], [3400, 20, 6], [None, 29990, 7])


def test_sessions_that_have_only_grown_older_are_read_as_any_others() -> None:
    assert WHOLE.sessions == AGED
    assert AGED != YOUNG
    assert (len(AGED), AGED[0], AGED[-1], AGED[1:]) == (3, WHOLE.sessions[0], WHOLE.sessions[2], WHOLE.sessions[1:])
    assert (hash(AGED), repr(AGED)) == (hash(WHOLE.sessions), repr(WHOLE.sessions))
    assert WHOLE.sessions[1] in AGED


@pytest.mark.parametrize("sessions", [WHOLE.sessions, AGED])
def test_a_record_gives_what_is_not_an_age_and_ages_by_place(sessions: Sequence[SessionRecord]) -> None:
    said = replace(WHOLE, sessions=sessions)
    assert said == WHOLE
    assert encode_record(said) == encode_record(WHOLE)
    assert [row.key for row in said.held] == [row.key for row in WHOLE.sessions]
    assert [*said.all_changed_ms][:2] == [1200, 10]
    assert said.expiring == WHOLE.sessions[1:]
    assert replace(said, sessions=sessions[:1]).expiring == ()
