"""A record, parsed as it stands."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_status_publisher.contract.decoding.plain import decode_plainly
from agent_status_publisher.contract.report import MAX_NUMBER, MalformedReportError, encode_record
from chaos.workers.reports import record, session
from tests.unit.publisher.contract.test_report import GOLDEN, WHOLE


# report: Rule 3
def test_fields_that_nobody_knows_are_allowed_everywhere() -> None:
    whole = orjson.loads(GOLDEN.read_bytes())
    for place in (whole, *whole["sessions"], *whole["ended"]):
        place["from_the_future"] = {"x": [1]}
    assert decode_plainly(orjson.dumps(whole)) == WHOLE


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
        decode_plainly(encoded)
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
        (("sessions", 0, "called_ms"), None, "type"),
        (("ended", 0, "run_ms"), -5, "type"),
        (("ended", 1, "ended_ms"), "long ago", "type"),
        (("ended", 1, "outcome"), 1, "type"),
        (("ended", 1, "title"), [], "type"),
        (("ended", 1, "labels"), ["agent"], "type"),
        (("ended", 1, "parent"), 1, "type"),
        (("labels",), ["web"], "type"),
        (("labels", "team"), 1, "type"),
    ],
)
def test_one_wrong_field_refuses_the_whole_report(path: tuple[str | int, ...], value: object, reason: str) -> None:
    whole = orjson.loads(encode_record(WHOLE))
    place = whole
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(MalformedReportError) as caught:
        decode_plainly(orjson.dumps(whole))
    assert caught.value.reason == reason


# report: Rule 3
@pytest.mark.parametrize("name", ["sessions", "ended"])
def test_a_key_that_is_named_twice_refuses_the_whole_report(name: str) -> None:
    whole = orjson.loads(encode_record(WHOLE))
    whole[name].append(whole[name][0] | {"run_ms": 1})
    with pytest.raises(MalformedReportError, match=f"named twice in {name}") as caught:
        decode_plainly(orjson.dumps(whole))
    assert caught.value.reason == "key"


def test_a_key_may_be_named_as_open_and_as_ended() -> None:
    whole = orjson.loads(encode_record(WHOLE))
    whole["ended"].append({"key": whole["sessions"][0]["key"], "run_ms": 1})
    assert decode_plainly(orjson.dumps(whole)).ended[-1].key == WHOLE.sessions[0].key


@pytest.mark.parametrize("name", ["id", "host", "pid", "lease_ms", "heartbeat_ms", "error_ttl_ms", "max_concurrent"])
def test_a_missing_field_refuses_the_whole_report(name: str) -> None:
    whole = orjson.loads(encode_record(WHOLE))
    del whole[name]
    with pytest.raises(MalformedReportError, match=name):
        decode_plainly(orjson.dumps(whole))


@given(st.recursive(st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=3), st.lists, max_leaves=5))
def test_no_json_at_all_gets_past_the_decoder_except_as_a_refusal(value: object) -> None:
    whole = orjson.loads(encode_record(record("w1", session()))) | {"sessions": value}
    try:
        decode_plainly(orjson.dumps(whole))
    except MalformedReportError:
        return
    assert value == [], "only an empty list of sessions is valid here"


# details: Rule 1
def test_the_labels_and_the_parent_of_an_end_are_held_to_the_limits_of_a_session() -> None:
    whole = orjson.loads(encode_record(WHOLE))
    whole["ended"][1] |= {"labels": {"agent": "tidier", "a:b": "x", "long": "x" * 129}, "parent": "cron:night"}
    whole["ended"][0]["parent"] = "a\nb"
    plain, described = decode_plainly(orjson.dumps(whole)).ended
    assert (described.labels, described.parent) == ((("agent", "tidier"),), None)
    assert (plain.labels, plain.parent) == ((), None)
