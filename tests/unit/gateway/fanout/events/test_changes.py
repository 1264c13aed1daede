"""What differs between two versions of a view, as bytes."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_status_gateway.fanout.events import frames
from agent_status_gateway.fanout.events.changes import Change, encode_change
from agent_status_gateway.state.steps import at_once
from chaos.workers.reports import session
from tests.support.builders.frames import change_to, folded, frame_of

BASE = "ba5e" * 8


def text_of(change: Change) -> bytes:
    return b"".join(piece.event for piece in (change, *change.rest))


def data_of(change: Change) -> dict[str, object]:
    data: dict[str, object] = orjson.loads(text_of(change).split(b"\n")[1].removeprefix(b"data: "))
    return data


def test_an_event_is_byte_for_byte_as_the_reference_has_it() -> None:
    busy = session("websocket:abc123", "tool_running", tool="bash", input_tokens=500, changed_ms=1200)
    change = change_to(busy, base_id=BASE, gone=["a:1", "b:2"])
    assert change.event == (
        b"event: change\n"
        b'data: {"from":"' + BASE.encode() + b'",'
        b'"global":{"state":"active","active_sessions":1,"max_concurrent":5,"uptime_seconds":0},"sessions":['
        b'{"session_key":"websocket:abc123","session_id":"abc123","channel":"websocket","title":null,'
        b'"state":"tool_running","tool_name":"bash","duration_seconds":1.2,"token_usage":{"input":500,"output":0},'
        b'"error_message":null}],"gone":["a:1","b:2"]}\n'
        b"id: " + change.id.encode() + b"\n\n"
    )


def test_a_change_of_nothing_but_the_global_status_has_two_empty_lists() -> None:
    assert b'"sessions":[],"gone":[]}\nid: ' in change_to(base_id=BASE).event


def test_a_change_names_the_rows_that_it_is_applied_to_and_those_that_it_leads_to() -> None:
    change = change_to(session(), base_id=BASE)
    assert change.base_id == BASE
    assert change.id == frame_of(session()).id


def test_the_global_status_and_the_rows_are_the_bytes_of_a_frame_of_the_same_moment() -> None:
    some = [session("a:1", changed_ms=1500), session("b:2", "streaming", title="T")]
    whole = frame_of(*some, made_at=3.25).json[0]
    change = change_to(*some, base_id=BASE, made_at=3.25).event
    assert b'{"from":"' + BASE.encode() + b'",' + whole[1:-1] + b',"gone":[]}' in change


def test_durations_are_those_of_the_moment_of_encoding() -> None:
    fold = folded(session(changed_ms=1000), at=5.0)

    def duration_at(now: float) -> object:
        change = at_once(encode_change(BASE, fold.rows.id, fold.global_status(fold.rows, now), fold.rows, [], now))
        rows = data_of(change)["sessions"]
        assert isinstance(rows, list)
        return rows[0]["duration_seconds"]

    assert (duration_at(5.0), duration_at(7.5)) == (1.0, 3.5)


@pytest.mark.parametrize(("rows", "gone"), [(0, 0), (10, 10), (11, 0), (0, 11), (25, 3), (3, 25), (40, 40)])
def test_a_change_that_is_encoded_in_steps_is_the_one_that_is_encoded_at_once(
    rows: int, gone: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    some = [session(f"web:{number:02}") for number in range(rows)]
    keys = [f"ci:{number:02}" for number in range(gone)]
    whole = change_to(*some, gone=keys)
    monkeypatch.setattr(frames, "STEP_ROWS", 10)
    in_pieces = change_to(*some, gone=keys)
    assert in_pieces.is_large is (max(rows, gone) > 10)
    assert text_of(in_pieces) == whole.event
    assert in_pieces.length == len(whole.event)
    assert all(piece.event for piece in in_pieces.rest)  # an empty chunk would end a response


def test_a_change_is_made_in_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "STEP_ROWS", 10)
    fold = folded(*[session(f"web:{number}") for number in range(25)], at=0.0)
    gone = [f"ci:{number}" for number in range(15)]
    steps = encode_change(BASE, fold.rows.id, fold.global_status(fold.rows, 0.0), fold.rows, gone, 0.0)
    assert len(list(steps)) == 2 + 1, "pauses between three steps and between two"


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=100))
def test_no_title_and_no_key_can_break_out_of_its_line(text: str) -> None:
    change = change_to(session(title=text), gone=[text])
    lines = change.event.split(b"\n")
    assert [line.partition(b": ")[0] for line in lines] == [b"event", b"data", b"id", b"", b""]
    assert data_of(change)["gone"] == [text]
