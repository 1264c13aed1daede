"""A snapshot as bytes."""

import gzip

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_status_gateway.fanout.events import frames
from agent_status_gateway.fanout.events.frames import KEEPALIVE, encode_frame, feed_event
from agent_status_gateway.fanout.events.retry import retry
from agent_status_gateway.state.fold.row import Row
from agent_status_gateway.state.steps import at_once
from agent_status_gateway.state.views.select import select
from agent_status_gateway.state.views.summary.summary import Summary
from agent_status_gateway.state.views.view import View
from chaos.workers.reports import record, report, session
from tests.support.builders.fleets import fleet_with, fold_of, take_snapshot
from tests.support.builders.frames import folded, frame_of


def test_an_event_is_byte_for_byte_as_the_page_has_it_with_an_id_after_the_data() -> None:
    frame = frame_of()
    assert frame.event == (
        b"event: status\n"
        b'data: {"global":{"state":"idle","active_sessions":0,"max_concurrent":5,"uptime_seconds":0},"sessions":[]}\n'
        b"id: " + frame.id.encode() + b"\n\n"
    )


def test_a_session_is_byte_for_byte_as_the_page_has_it() -> None:
    busy = session(
        "websocket:abc123", "tool_running", tool="bash", input_tokens=500, output_tokens=100, changed_ms=1200
    )
    assert frame_of(busy, session("a")).json == [
        (
            b'{"global":{"state":"active","active_sessions":2,"max_concurrent":5,"uptime_seconds":0},"sessions":['
            b'{"session_key":"a","session_id":"a","channel":"a","title":null,"state":"thinking","tool_name":null,'
            b'"duration_seconds":0.0,"token_usage":null,"error_message":null},'
            b'{"session_key":"websocket:abc123","session_id":"abc123","channel":"websocket","title":null,'
            b'"state":"tool_running","tool_name":"bash","duration_seconds":1.2,"token_usage":{"input":500,"output":100},'
            b'"error_message":null}]}'
        )
    ]


def test_the_first_event_also_carries_the_time_to_wait_before_a_reconnect() -> None:
    frame = frame_of()
    assert frame.first_event(1234) == frame.event[:-1] + b"retry: 1234\n\n"


def test_a_keepalive_is_one_line_without_a_blank_one() -> None:
    assert KEEPALIVE == b": keepalive\n"


def test_a_retry_by_itself_is_not_an_event() -> None:
    assert retry(2000) == b"retry: 2000\n"


def test_a_feed_event_has_the_feeds_state_and_its_age() -> None:
    assert feed_event("lost", 3.14) == b'event: feed\ndata: {"state":"lost","since_seconds":3.1}\n\n'


def test_the_id_follows_keys_states_and_tools_and_nothing_else() -> None:
    plain = frame_of(session("web:1"))
    same = frame_of(session("web:1", title="T", input_tokens=5, changed_ms=9000), made_at=9.0)
    assert plain.id == same.id
    others = [session("web:2"), session("web:1", "streaming"), session("web:1", tool="bash")]
    assert len({plain.id, frame_of().id, *[frame_of(other).id for other in others]}) == 5


@pytest.mark.parametrize("sessions", [0, 1, 9, 10, 11, 25])
def test_rows_that_are_joined_in_steps_are_the_rows_that_are_joined_at_once(
    sessions: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    some = [session(f"web:{number}") for number in range(sessions)]
    at_once = frame_of(*some)
    monkeypatch.setattr(frames, "STEP_ROWS", 10)
    in_pieces = frame_of(*some)
    assert in_pieces.is_large is (sessions > 10)
    pieces = [in_pieces, *in_pieces.rest]
    assert b"".join(piece.event for piece in pieces) == at_once.event
    assert in_pieces.length == len(at_once.event)
    assert b"".join(in_pieces.json) == at_once.json[0]
    assert len(orjson.loads(at_once.json[0])["sessions"]) == sessions


@pytest.mark.parametrize("sessions", [1, 25])
def test_the_compressed_json_is_the_json_in_pieces_or_not(sessions: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "STEP_ROWS", 10)
    frame = frame_of(*[session(f"web:{number}") for number in range(sessions)])
    frame.compress()
    assert gzip.decompress(b"".join(frame.gzipped_json)) == b"".join(frame.json)


def test_a_frame_is_made_in_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "STEP_ROWS", 10)
    fleet = fleet_with(report(1, record("w1", *[session(f"web:{number}") for number in range(25)])))
    take_snapshot(fleet, 0.0)
    fold = fold_of(fleet)
    assert len(list(encode_frame(fold.rows, fold.global_status(fold.rows, 0.0), 0.0))) == 2, (
        "pauses between three steps"
    )


def test_the_json_body_and_the_events_data_are_the_same_bytes() -> None:
    frame = frame_of(session(title="T"))
    assert b"data: " + frame.json[0] + b"\n" in frame.event


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=100))
def test_no_title_can_break_out_of_its_line(title: str) -> None:
    frame = frame_of(session(title=title))
    lines = frame.event.split(b"\n")
    assert [line.partition(b": ")[0] for line in lines] == [b"event", b"data", b"id", b"", b""]
    assert orjson.loads(frame.json[0])["sessions"][0]["title"] == title


def test_a_summary_is_an_event_of_its_own_whose_json_is_between_its_head_and_its_id() -> None:
    fold = folded(session("web:1", changed_ms=2900), session("ci:1", "error", error="x", expires_ms=9000), at=0.0)
    rows = at_once(select(fold.rows, View(by="channel")))
    frame = at_once(encode_frame(rows, fold.global_status(rows, 0.0), 0.0, is_of_all=False))
    body = (
        b'{"global":{"state":"degraded","active_sessions":2,"max_concurrent":5,"uptime_seconds":0},"groups":['
        b'{"channel":"ci","sessions":1,"states":{"error":1},"oldest_seconds":{"error":0}},'
        b'{"channel":"web","sessions":1,"states":{"thinking":1},"oldest_seconds":{"thinking":2}}]}'
    )
    assert frame.event == b"event: summary\ndata: " + body + b"\nid: " + rows.id.encode() + b"\n\n"
    assert frame.json == [body]
    assert gzip.decompress(b"".join(frame.gzipped_json)) == body


def test_a_summary_of_over_a_thousand_groups_comes_in_pieces() -> None:
    fold, rows = folded(session("web:1"), at=0.0), Summary("channel")
    for number in range(1001):
        rows.put(Row(f"c{number}:1", fold.rows.by_key["web:1"].shown, fold.rows.by_key["web:1"].source))
    frame = at_once(encode_frame(rows, fold.global_status(rows, 0.0), 0.0))
    assert frame.is_large
    body = orjson.loads(b"".join(frame.json))
    assert len(body["groups"]) == 1001
    assert gzip.decompress(b"".join(frame.gzipped_json)) == b"".join(frame.json)
    whole = b"".join([frame.event, *(piece.event for piece in frame.rest)])
    assert whole.startswith(b"event: summary\ndata: {")
