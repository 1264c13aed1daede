"""A snapshot as bytes."""

import orjson
from hypothesis import given
from hypothesis import strategies as st

from agent_status_gateway.fanout.frames import KEEPALIVE, encode_frame, feed_event
from agent_status_gateway.fanout.retry import retry
from agent_status_gateway.state.fleet import Fleet
from agent_status_gateway.state.schema import Snapshot
from agent_status_gateway.state.snapshot import take_snapshot
from chaos.workers.reports import reading, record, report, session

IDLE: Snapshot = {
    "global": {"state": "idle", "active_sessions": 0, "max_concurrent": 5, "uptime_seconds": 120},
    "sessions": [],
}


def snapshot_with(title: str) -> Snapshot:
    fleet = Fleet()
    fleet.read(reading(report(1, record("w1", session("web:1", title=title)))), 0.0, 0.0)
    return take_snapshot(fleet, 0.0)


def test_an_event_is_byte_for_byte_as_the_page_has_it_with_an_id_after_the_data() -> None:
    frame = encode_frame(IDLE, 0.0)
    assert frame.event == (
        b"event: status\n"
        b'data: {"global":{"state":"idle","active_sessions":0,"max_concurrent":5,"uptime_seconds":120},"sessions":[]}\n'
        b"id: " + frame.id.encode() + b"\n\n"
    )


def test_the_first_event_also_carries_the_time_to_wait_before_a_reconnect() -> None:
    frame = encode_frame(IDLE, 0.0)
    assert frame.first_event(1234) == frame.event[:-1] + b"retry: 1234\n\n"


def test_a_keepalive_is_one_line_without_a_blank_one() -> None:
    assert KEEPALIVE == b": keepalive\n"


def test_a_retry_by_itself_is_not_an_event() -> None:
    assert retry(2000) == b"retry: 2000\n"


def test_a_feed_event_has_the_feeds_state_and_its_age() -> None:
    assert feed_event("lost", 3.14) == b'event: feed\ndata: {"state":"lost","since_seconds":3.1}\n\n'


def test_the_id_follows_the_fingerprint_and_nothing_else() -> None:
    later = IDLE | {"global": IDLE["global"] | {"uptime_seconds": 500}}
    busy = IDLE | {"global": IDLE["global"] | {"state": "active"}}
    assert encode_frame(IDLE, 0.0).id == encode_frame(later, 9.0).id
    assert encode_frame(IDLE, 0.0).id != encode_frame(busy, 0.0).id


def test_the_json_body_and_the_events_data_are_the_same_bytes() -> None:
    frame = encode_frame(snapshot_with("T"), 0.0)
    assert b"data: " + frame.json + b"\n" in frame.event


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=100))
def test_no_title_can_break_out_of_its_line(title: str) -> None:
    frame = encode_frame(snapshot_with(title), 0.0)
    lines = frame.event.split(b"\n")
    assert [line.partition(b": ")[0] for line in lines] == [b"event", b"data", b"id", b"", b""]
    assert orjson.loads(frame.json)["sessions"][0]["title"] == title
