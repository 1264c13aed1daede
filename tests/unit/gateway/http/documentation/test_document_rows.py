"""What rows and summaries say, and what asks for it, in the OpenAPI document: held against what is taken and sent."""

import json
from collections.abc import Callable
from typing import Any, Final

import pytest

from agent_status_gateway.access.keys.reader import ANYONE
from agent_status_gateway.fanout.events.changes import encode_change
from agent_status_gateway.fanout.events.frames import encode_frame
from agent_status_gateway.http.asking.asked import asked_by
from agent_status_gateway.http.asking.wait import WAIT, seconds_to_wait
from agent_status_gateway.http.documentation.document import (
    DATA,
    ENDS,
    FIELDS_OF_ROWS,
    STALLED_AFTER,
    SUMMARY_DATA,
    WAITING,
)
from agent_status_gateway.main import create_app
from agent_status_gateway.paths import STATUS_PATH, STREAM_PATH, SUMMARY_PATH, SUMMARY_STREAM_PATH
from agent_status_gateway.state.fold.fold import Fold
from agent_status_gateway.state.fold.rows import Rows
from agent_status_gateway.state.fold.schema import EndedStatus, SessionStatus, Snapshot
from agent_status_gateway.state.steps import at_once
from agent_status_gateway.state.views.fields import ALL, FIELD_NAMES
from agent_status_gateway.state.views.query import WrongFieldError
from agent_status_gateway.state.views.select import select
from agent_status_gateway.state.views.stalls.stalled import STALLED
from agent_status_gateway.state.views.summary.schema import FleetSummary
from agent_status_gateway.state.views.view import View
from agent_status_publisher.contract.details.details import Details, WaitingFor
from chaos.workers.reports import session
from tests.support.builders.ends import end, index_of
from tests.support.builders.frames import folded

DOCUMENT: Final = create_app().openapi()
SCHEMAS: Final[dict[str, Any]] = DOCUMENT["components"]["schemas"]
PLACES: Final = {
    "fields": (FIELDS_OF_ROWS, {STATUS_PATH, STREAM_PATH}),
    "stalled": (STALLED_AFTER, {STATUS_PATH, STREAM_PATH}),
    "ended": (ENDS, {STATUS_PATH, STREAM_PATH}),
    "wait": (WAITING, {STATUS_PATH, SUMMARY_PATH}),
}
"""Each field that asks for more than a part of the snapshot, and the paths that take it."""
EVERYTHING: Final = View(fields=FIELD_NAMES, ended=900, stalled=600)


def taken(name: str, value: object) -> object:
    """What a request is understood to ask for by this field."""
    scope = {"query_string": f"{name}={value}".encode()}
    return seconds_to_wait(scope) if name == WAIT else asked_by(scope, ANYONE).view


@pytest.mark.parametrize("name", PLACES)
def test_a_field_is_described_where_it_is_taken_and_nowhere_else(name: str) -> None:
    described, paths = PLACES[name]
    assert described["name"] == name
    for path in (STATUS_PATH, STREAM_PATH, SUMMARY_PATH, SUMMARY_STREAM_PATH):
        found = [one for one in DOCUMENT["paths"][path]["get"]["parameters"] if one["name"] == name]
        assert found == ([described] if path in paths else [])


@pytest.mark.parametrize("name", ["ended", "stalled", "wait"])
def test_the_bounds_of_seconds_are_those_that_are_taken(name: str) -> None:
    described = PLACES[name][0]
    least, most = described["schema"]["minimum"], described["schema"]["maximum"]
    asked: dict[str, Callable[[int], object]] = {
        "ended": lambda seconds: View(ended=seconds),
        "stalled": lambda seconds: View(stalled=seconds),
        "wait": lambda seconds: seconds,
    }
    for seconds in (least, described["example"], most):
        assert taken(name, seconds) == asked[name](seconds)
    for wrong in (least - 1, most + 1, "", "x", 1.5):
        with pytest.raises(WrongFieldError):
            taken(name, wrong)


def test_the_names_of_fields_are_those_that_are_taken() -> None:
    names = FIELDS_OF_ROWS["schema"]["items"]["enum"]
    assert names == [ALL, *FIELD_NAMES]
    assert [taken("fields", name) for name in names] == [
        View(fields=FIELD_NAMES),
        *(View(fields=(name,)) for name in FIELD_NAMES),
    ]
    assert all(taken("fields", example) for example in FIELDS_OF_ROWS["example"])
    with pytest.raises(WrongFieldError):
        taken("fields", "title")


def test_the_optional_fields_of_a_session_are_those_that_can_be_asked_for_in_their_order() -> None:
    optional = [name for name in SessionStatus.__annotations__ if name in SessionStatus.__optional_keys__]
    assert optional == [*FIELD_NAMES, STALLED]
    described = SCHEMAS["SessionStatus"]
    assert [name for name in described["properties"] if name not in described["required"]] == optional


def check(schema: dict[str, Any], data: Any) -> None:
    """Hold that data has every field that a schema requires, and none that it does not know."""
    if "$ref" in schema:
        schema = SCHEMAS[schema["$ref"].rpartition("/")[2]]
    if data is None:
        return
    if isinstance(data, list):
        for one in data:
            check(schema["items"], one)
    elif isinstance(data, dict) and "properties" in schema:
        assert set(schema["required"]) <= set(data)
        if not schema.get("additionalProperties"):
            assert set(data) <= set(schema["properties"])
        for name, value in data.items():
            described = schema["properties"].get(name, {})
            check(next(iter(described.get("anyOf", [described]))), value)


def fold() -> Fold:
    """Two sessions that say all that sessions can, and one that has ended."""
    details = Details(
        (("team", "web"),),
        "ci:7",
        "https://ci.example/7",
        WaitingFor.REPLY,
        (1000, 2000),
        cost_usd=1.5,
        progress=(1, 2),
    )
    used = {"title": "T", "input_tokens": 1, "output_tokens": 2, "details": details}
    made = folded(
        session("web:1", "waiting_for_user", expires_ms=9_000, **used),
        session("ci:1", "tool_running", tool="bash", details=details),
        at=0.0,
    )
    made.rows.ends = index_of(end("web:2", 1_000))
    made.rows.shown_at = 0.0
    return made


def sent(made: Fold, rows: Rows) -> tuple[str, Any]:
    """The name and the data of the event that these rows make."""
    frame = at_once(encode_frame(rows, made.global_status(rows, 0.0), 0.0, is_of_all=False))
    return event_of(frame.event)


def event_of(text: bytes) -> tuple[str, Any]:
    """The name and the data of an event."""
    lines = dict(line.split(": ", 1) for line in text.decode().strip().split("\n"))
    return lines["event"], json.loads(lines["data"])


@pytest.mark.parametrize("view", [View(), EVERYTHING], ids=["plain", "everything"])
def test_the_data_of_a_status_event_is_as_described(view: View) -> None:
    made = fold()
    name, data = sent(made, at_once(select(made.rows, view)))
    assert DATA[name] == {"$ref": "#/components/schemas/Snapshot"}
    check(DATA[name], data)
    is_plain = view.is_whole
    assert set(data) == set(Snapshot.__required_keys__ if is_plain else Snapshot.__annotations__)
    for row in data["sessions"]:
        assert [*row] == [key for key in SessionStatus.__annotations__ if key in SessionStatus.__required_keys__] + (
            [] if is_plain else [*FIELD_NAMES, STALLED]
        )
    for one in data.get("ended", []):
        assert [*one] == [*EndedStatus.__annotations__]


@pytest.mark.parametrize("by", ["channel", "state", "worker", "label.team"])
def test_the_data_of_a_summary_event_is_as_described(by: str) -> None:
    made = fold()
    name, data = sent(made, at_once(select(made.rows, View(by=by))))
    assert SUMMARY_DATA[name] == {"$ref": "#/components/schemas/FleetSummary"}
    check(SUMMARY_DATA[name], data)
    assert [*data] == [*FleetSummary.__annotations__]
    assert data["groups"]
    assert all(next(iter(group)) == by for group in data["groups"])
    assert by.startswith("label.") or by in SCHEMAS["GroupSummary"]["properties"]


def test_the_data_of_a_change_event_is_as_described_with_ends_and_without() -> None:
    made = fold()
    rows = at_once(select(made.rows, EVERYTHING))
    assert rows.ended is not None
    ends = at_once(rows.ended.newest(0.0))
    for told in (None, ends):
        change = at_once(encode_change("a", "b", made.global_status(rows, 0.0), rows, ["web:9"], 0.0, rows.form, told))
        name, data = event_of(change.event)
        check(DATA[name], data)
        assert [*data] == [*DATA["change"]["properties"]][: len(data)]
        assert ("ended" in data) is (told is not None)
    assert DATA["change"]["properties"]["ended"]["items"] == {"$ref": "#/components/schemas/EndedStatus"}
