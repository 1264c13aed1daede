"""A record, parsed with the help of the last one: the same as the plain way in everything."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from random import Random
from typing import Any

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agent_status_publisher.contract.decoding import repeated
from agent_status_publisher.contract.decoding.plain import decode_plainly
from agent_status_publisher.contract.decoding.repeated import MIN_REPEATED_BYTES, decode_record
from agent_status_publisher.contract.details.details import Details, WaitingFor
from agent_status_publisher.contract.details.end import EndedRecord
from agent_status_publisher.contract.report import (
    MAX_NUMBER,
    MalformedReportError,
    SessionRecord,
    SessionState,
    WorkerRecord,
    encode_record,
)
from chaos.workers.reports import ended, record, session

ROWS = tuple(session(f"web:{number}", title=f"Title {number}", changed_ms=number, run_ms=50) for number in range(40))
LONG = record("w1", *ROWS)


@pytest.fixture(autouse=True, scope="module")
def _even_short_records_are_cut() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(repeated, "MIN_REPEATED_BYTES", 0)
        yield


def known(worker: WorkerRecord) -> WorkerRecord:
    """The record as it is known after two of its worker's reports."""
    encoded = encode_record(worker)
    decoded = decode_record(encoded, decode_record(encoded))
    assert len(decoded.texts) == len(worker.sessions)
    return decoded


def outcome(decode: Callable[[], WorkerRecord]) -> object:
    """The record, or the reason and detail of its refusal."""
    try:
        return decode()
    except MalformedReportError as error:
        return error.reason, error.detail


def check_that_it_makes_no_difference(encoded: bytes, before: WorkerRecord) -> WorkerRecord:
    """Parse in both ways; return what is known next."""
    plain = outcome(lambda: decode_plainly(encoded))
    again = outcome(lambda: decode_record(encoded, before))
    assert again == plain
    if not isinstance(again, WorkerRecord) or not isinstance(plain, WorkerRecord):
        return before
    assert [list(map(type, row)) for row in again.sessions] == [list(map(type, row)) for row in plain.sessions]
    assert len(again.texts) in {0, len(again.sessions)}
    return again


def test_a_session_that_has_only_grown_older_shares_its_texts_with_the_last_record() -> None:
    before = known(LONG)
    older = tuple(row._replace(changed_ms=row.changed_ms + 5000, run_ms=5050) for row in ROWS)
    after = decode_record(encode_record(replace(LONG, sessions=older, uptime_ms=5000)), before)
    assert after == replace(LONG, sessions=older, uptime_ms=5000)
    assert after.texts is before.texts
    assert after.held is before.held
    assert all(
        row.key is old.key and row.title is old.title for row, old in zip(after.sessions, before.sessions, strict=True)
    )


def test_one_change_leaves_the_other_sessions_as_they_are() -> None:
    before = known(LONG)
    changed = (*ROWS[:7], ROWS[7]._replace(state=SessionState.TOOL_RUNNING, tool="bash", changed_ms=1), *ROWS[8:])
    after = decode_record(encode_record(replace(LONG, sessions=changed)), before)
    assert after.sessions == changed
    assert [row.key is old.key for row, old in zip(after.sessions, before.sessions, strict=True)].count(False) == 1


@pytest.mark.parametrize(
    "sessions", [ROWS[1:], ROWS[:-1], ROWS[::-1], (session("new"), *ROWS[:-1]), (*ROWS, session("new"))]
)
def test_sessions_that_have_moved_are_found_at_their_new_places(sessions: tuple[SessionRecord, ...]) -> None:
    before = known(LONG)
    after = decode_record(encode_record(replace(LONG, sessions=sessions)), before)
    assert after.sessions == sessions
    assert len({id(row.key) for row in after.sessions} - {id(row.key) for row in before.sessions}) <= 1


def test_a_first_report_is_parsed_plainly_and_keeps_no_texts() -> None:
    assert decode_record(encode_record(LONG)) == LONG
    assert decode_record(encode_record(LONG)).texts == ()


def test_a_record_that_is_written_in_another_way_is_parsed_as_well() -> None:
    spaced = orjson.dumps(orjson.loads(encode_record(LONG)), option=orjson.OPT_INDENT_2)
    after = decode_record(spaced, known(LONG))
    assert (after, after.texts) == (LONG, ())


def test_a_changed_copy_of_a_record_has_no_texts_that_are_not_its_own() -> None:
    assert replace(known(LONG), sessions=ROWS[:1]).texts == ()


def test_a_short_record_is_parsed_plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repeated, "MIN_REPEATED_BYTES", MIN_REPEATED_BYTES)
    short, long = replace(LONG, sessions=ROWS[:5]), encode_record(LONG)
    assert len(long) > MIN_REPEATED_BYTES
    assert decode_record(encode_record(short), short).texts == ()
    assert len(decode_record(long, LONG).texts) == len(ROWS)


def test_a_key_that_is_named_twice_is_refused_even_if_both_rows_are_known() -> None:
    with pytest.raises(MalformedReportError, match="named twice in sessions"):
        decode_record(encode_record(replace(LONG, sessions=(*ROWS, ROWS[3]))), known(LONG))
    with pytest.raises(MalformedReportError, match="named twice in sessions"):
        decode_record(encode_record(replace(LONG, sessions=(ROWS[3], *ROWS[1:]))), known(LONG))


DETAILS = (
    Details(labels=(("changed_ms", '5,"run_ms":6},{"key":"z"'), ("sessions", '[{"key":')), parent="a"),
    Details(waiting_for=WaitingFor.REPLY, context=(1, 2), cost_usd=0.5, progress=(0, 1)),
    Details(link="https://example.com/?},{", cost_usd=3.0),
)
numbers = st.integers(0, 30) | st.integers(0, MAX_NUMBER)
texts = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from('{}[],:"\\é\n0'), max_size=8)
rows = st.builds(
    SessionRecord,
    key=st.sampled_from(["a", "b", "c", "ü", 'x","key":"y', "{}", "long" * 40, ""]) | texts,
    state=st.sampled_from(SessionState),
    changed_ms=numbers,
    run_ms=numbers,
    title=st.none() | texts,
    tool=st.none() | st.sampled_from(["bash", "x" * 101]),
    error=st.none() | texts,
    input_tokens=numbers,
    output_tokens=numbers,
    expires_ms=st.none() | numbers,
    called_ms=st.sampled_from([0, 0, 7]),
    details=st.none() | st.sampled_from(DETAILS),
)
ends = st.lists(
    st.builds(ended, st.sampled_from(["a", "b", "}]"]), numbers)
    | st.builds(EndedRecord, st.just("c"), numbers, st.none() | numbers, st.none(), st.none() | texts)
    | st.builds(
        lambda run_ms, parent: EndedRecord("d", run_ms, labels=(("agent", "}],"),), parent=parent),
        numbers,
        st.sampled_from(["a", "}]"]),
    ),
    max_size=2,
)
records = st.builds(
    lambda sessions, ends, left, uptime, labels: record(
        "w1", *sessions, ended=tuple(ends), left=left, uptime_ms=uptime, labels=labels
    ),
    st.lists(rows, max_size=5),
    ends,
    st.booleans(),
    numbers,
    st.sampled_from([(), DETAILS[0].labels]),
)
seeds = st.integers(0, 2**32)
PIECES = (
    *(
        b'"',
        b"}",
        b"]",
        b",",
        b"{",
        b"[",
        b":",
        b"\\",
        b" ",
        b"\n",
        b"0",
        b"1",
        b"-",
        b".5",
        b"e3",
        b"\x00",
        b"\xff",
        b"\xc3",
    ),
    *(b"null", b"true", b"1.0", b"99999999999999999999", b"9007199254740992", b'"\\ud800"', b'"\\u0000"', b"[" * 1030),
    *(b',"changed_ms":1', b',"run_ms":2', b',"expires_ms":3', b',"expires_ms":null', b'},{"key":"z"', b'"key":"a",'),
    *(
        b'],"ended":[',
        b',"sessions":[',
        b'"sessions":[],',
        b'{"key":',
        b'"state":"error",',
        b'"x":{"y":[1]},',
        b'"input":5,',
    ),
    *(
        b"}]}",
        b"}],",
        b'"sess\\u0069ons":[],',
        b'"chang\\u0065d_ms":9,',
        b'"title":5,',
        b'"v":1,',
        b'"id":"w2",',
        b'"left":true,',
    ),
)


def edited(encoded: bytes, random: Random) -> bytes:
    """The bytes with pieces put in, cut out, moved or doubled, mostly where JSON's parts meet."""
    for _ in range(random.choice((0, 0, 1, 1, 1, 2, 3))):
        places = [place for place, byte in enumerate(encoded) if byte in b'{}[],:"'] or [0]
        start, end = sorted(
            (random.choice(places) + random.choice((0, 1)), random.choice(places) + random.choice((0, 1)))
        )
        piece = random.choice(PIECES)
        encoded = random.choice(
            (
                encoded[:start] + piece + encoded[start:],
                encoded[:start] + piece + encoded[start + len(piece) :],
                encoded[:start] + encoded[start + random.choice((1, 2, 10)) :],
                encoded[:start] + encoded[end:],
                encoded[:end] + encoded[start:end] + encoded[end:],
                encoded[end:] + encoded[:start],
            )
        )
    return encoded


def grown(worker: WorkerRecord, random: Random) -> WorkerRecord:
    """The record as its worker's next one might be: older, with a few changes."""
    sessions = [row._replace(changed_ms=row.changed_ms + 7, run_ms=row.run_ms + 7) for row in worker.sessions]
    fields: list[dict[str, Any]] = [{"title": "new"}, {"tool": "edit"}, {"key": "d"}, {"input_tokens": 5}]
    for _ in range(min(random.choice((0, 1, 1, 2)), len(sessions))):
        row = sessions.pop(random.randrange(len(sessions)))
        changed = row._replace(**random.choice([*fields, {"expires_ms": 4}, {"called_ms": 9}, {"details": DETAILS[1]}]))
        added: list[SessionRecord] = random.choice(([], [changed], [changed], [row], [session("e"), row]))
        place = random.randint(0, len(sessions))
        sessions[place:place] = added
    return replace(worker, sessions=tuple(sessions), uptime_ms=worker.uptime_ms + 7)


@given(records, seeds)
@example(record("w1", session("a"), session("b"), session("c")), 0)
def test_whatever_comes_after_whatever_is_parsed_the_same_as_plainly(first: WorkerRecord, seed: int) -> None:
    random = Random(seed)
    before, worker = record("w1"), first
    for _ in range(6):
        before = check_that_it_makes_no_difference(edited(encode_record(worker), random), before)
        worker = grown(worker, random)
        before = check_that_it_makes_no_difference(encode_record(worker), before)


@given(records, records)
def test_a_record_of_quite_another_worker_makes_no_difference_either(first: WorkerRecord, second: WorkerRecord) -> None:
    before = check_that_it_makes_no_difference(encode_record(first), first)
    check_that_it_makes_no_difference(encode_record(second), before)
