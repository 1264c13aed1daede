"""A record's bytes, cut into their parts."""

from typing import Any

import orjson
import pytest

from agent_status_publisher.contract.decoding.layout import Layout, cut_record, fields_of
from agent_status_publisher.contract.details.details import Details
from agent_status_publisher.contract.report import (
    MAX_NUMBER,
    MalformedReportError,
    SessionRecord,
    WorkerRecord,
    encode_record,
)
from chaos.workers.reports import ended, record, session

ROWS = (
    session("web:1", "tool_running", tool="bash", title='Fix, "it": [}]', changed_ms=1, run_ms=22),
    session("web:2", "error", error="boom", input_tokens=5, changed_ms=333, run_ms=4444, expires_ms=0),
    session("web:3", changed_ms=0, run_ms=MAX_NUMBER),
)


def cut(worker: WorkerRecord) -> Layout:
    layout = cut_record(encode_record(worker))
    assert layout is not None
    return layout


def refused(encoded: bytes) -> bool:
    try:
        layout = cut_record(encoded)
        return layout is None or None in map(fields_of, layout.texts)
    except (orjson.JSONDecodeError, MalformedReportError):
        return True


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("fields", [{}, {"left": True}, {"ended": (ended("a", 5), ended("b}]", 6))}])
def test_a_record_of_the_publisher_is_cut_into_all_that_it_says(count: int, fields: dict[str, Any]) -> None:
    worker = record("w1", *ROWS[:count], **fields)
    layout = cut(worker)
    whole = orjson.loads(encode_record(worker))
    rows = whole.pop("sessions")
    assert layout.fields == whole
    assert [orjson.loads(b'{"key":' + text + b"}") for text in layout.texts] == [
        {name: value for name, value in row.items() if name not in {"changed_ms", "run_ms", "expires_ms"}}
        for row in rows
    ]
    assert layout.changed_ms == [row.changed_ms for row in worker.sessions]
    assert layout.run_ms == [row.run_ms for row in worker.sessions]
    assert layout.expires_ms == [row.expires_ms for row in worker.sessions]


def test_the_text_of_a_session_that_has_only_grown_older_is_the_same() -> None:
    older = tuple(row._replace(changed_ms=row.changed_ms + 5000, run_ms=12_345) for row in ROWS)
    assert cut(record("w1", *ROWS)).texts == cut(record("w1", *older)).texts


@pytest.mark.parametrize("field", sorted(set(SessionRecord._fields) - {"changed_ms", "run_ms", "expires_ms"}))
def test_the_text_of_a_session_that_has_changed_is_another(field: str) -> None:
    other = session("web:4", "streaming", title="x", tool="y", error="z", input_tokens=1, output_tokens=2)
    other = other._replace(called_ms=3, details=Details(progress=(1, 2)))
    changed = ROWS[2]._replace(**{field: getattr(other, field)})
    assert cut(record("w1", ROWS[2])).texts != cut(record("w1", changed)).texts


CANONICAL = encode_record(record("w1", *ROWS, ended=(ended(),)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(b'"sessions":[', b'"sessions": [', id="spaces"),
        pytest.param(b'"changed_ms":333,"run_ms":4444', b'"run_ms":4444,"changed_ms":333', id="another order"),
        pytest.param(b'"run_ms":22', b'"run_ms":22,"new":1', id="a field after the ages"),
        pytest.param(b'"run_ms":22', b'"run_ms":2.2', id="a fraction"),
        pytest.param(b'"run_ms":22', b'"run_ms":022', id="a leading zero"),
        pytest.param(b'"run_ms":22', b'"run_ms":-22', id="a negative number"),
        pytest.param(b'"run_ms":22', b'"run_ms":9007199254740992', id="a number that is too large"),
        pytest.param(b'"expires_ms":0', b'"expires_ms":null', id="null"),
        pytest.param(b'},{"key":"web:2"', b'}{"key":"web:2"', id="no comma"),
        pytest.param(b'{"v":1,', b"{,", id="nothing before a comma"),
        pytest.param(b'{"v":1,', b'{"x":{"v":1,', id="deeper"),
        pytest.param(b'],"ended":[', b'],"ended":[],"sessions":[],"x":[', id="two lists of sessions"),
        pytest.param(b'],"ended":[', b'],"ended":[],"sess\\u0069ons":[],"x":[', id="two lists, one in disguise"),
        pytest.param(b'"ended":[{"key":"web:1","run_ms":0}]}', b'"ended":[]', id="no end"),
    ],
)
def test_a_record_that_is_written_in_another_way_is_not_cut_into_parts_that_can_be_parsed(
    old: bytes, new: bytes
) -> None:
    assert CANONICAL.count(old) == 1
    assert not refused(CANONICAL)
    assert refused(CANONICAL.replace(old, new))


@pytest.mark.parametrize("encoded", [b"", b"{}", b"[]", encode_record(record()), encode_record(record(left=True))])
def test_a_record_without_sessions_is_not_cut(encoded: bytes) -> None:
    assert cut_record(encoded) is None


def test_more_sessions_than_a_report_may_have_are_not_cut() -> None:
    rows = [session(f"web:{number}") for number in range(1001)]
    assert cut_record(encode_record(record("w1", *rows[:1000])))
    assert cut_record(encode_record(record("w1", *rows))) is None


def test_a_text_is_parsed_to_the_fields_of_its_session() -> None:
    assert fields_of(b'"web:1","state":"thinking"') == {"key": "web:1", "state": "thinking"}


@pytest.mark.parametrize("text", [b'"web:1"},{"key":"web:2"', b'"web:1","x":[{"y":1', b'"web:1', b"", b'"web:1",'])
def test_a_text_that_is_only_a_part_of_something_is_not_parsed(text: bytes) -> None:
    with pytest.raises(orjson.JSONDecodeError):
        fields_of(text)


def test_a_text_that_says_when_its_session_expires_is_not_clear() -> None:
    assert fields_of(b'"web:1","state":"error","expires_ms":5') is None


def test_a_text_that_might_be_nested_too_deep_for_a_whole_record_is_not_clear() -> None:
    deep = b'"web:1","state":"thinking","x":' + b"[" * 1023 + b"]" * 1023
    orjson.loads(b'{"key":' + deep + b"}")  # by itself it is not too deep
    assert fields_of(deep) is None
