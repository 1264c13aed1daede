"""The fields of a query and the events in the OpenAPI document, held against what is parsed and what is sent."""

import json
import re
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_status_gateway.access.keys.reader import ANYONE
from agent_status_gateway.fanout.events.changes import encode_change
from agent_status_gateway.fanout.events.frames import feed_event
from agent_status_gateway.http.asking.asked import PLAIN, asked_by, summary_asked_by
from agent_status_gateway.http.documentation.document import (
    BY_FIELD,
    DATA,
    EVENTS,
    STALLED_AFTER,
    SUMMARY_DATA,
    SUMMARY_EVENTS,
    VIEW,
)
from agent_status_gateway.main import create_app
from agent_status_gateway.paths import (
    BADGE_PATH,
    STATUS_PATH,
    STREAM_PATH,
    SUMMARY_PATH,
    SUMMARY_STREAM_PATH,
    TEXT_PATH,
    TICKET_PATH,
)
from agent_status_gateway.state.fold.schema import GlobalStatus
from agent_status_gateway.state.steps import at_once
from agent_status_gateway.state.views.query import FIELDS, WrongFieldError
from agent_status_gateway.state.views.summary.grouping import parse_by

PATHS = create_app().openapi()["paths"]
ITEMS = {field["name"]: field["schema"]["items"] for field in VIEW}
BYTES_OF_A_CHARACTER = 4
"""The most bytes of a character in UTF-8."""


def asks_for_something(fields: list[tuple[str, str]]) -> bool:
    return asked_by({"query_string": urlencode(fields).encode()}, ANYONE) != PLAIN


@pytest.mark.parametrize("path", [STATUS_PATH, STREAM_PATH, TEXT_PATH, BADGE_PATH])
def test_the_document_has_every_field_of_a_view(path: str) -> None:
    parameters = PATHS[path]["get"]["parameters"]
    assert [one for one in parameters if one["name"] in FIELDS] == VIEW
    assert [one["name"] for one in VIEW] == [*FIELDS]


@pytest.mark.parametrize("path", [TEXT_PATH, BADGE_PATH])
def test_the_document_says_where_a_ticket_is_taken_and_what_is_answered(path: str) -> None:
    described = PATHS[path]["get"]
    assert {"Ticket": []} in described["security"]
    assert {"Ticket": []} not in PATHS[STATUS_PATH]["get"]["security"]
    kinds = {TEXT_PATH: "text/plain", BADGE_PATH: "image/svg+xml"}
    assert [*described["responses"]["200"]["content"]] == [kinds[path]]
    assert {"304", "403", "422", "429", "503"} <= set(described["responses"])


def test_the_document_has_the_events_of_the_stream_alone() -> None:
    assert EVENTS in PATHS[STREAM_PATH]["get"]["parameters"]
    assert EVENTS not in PATHS[STATUS_PATH]["get"]["parameters"]


@pytest.mark.parametrize("field", [*VIEW, EVENTS], ids=lambda field: field["name"])
def test_an_example_is_a_query_that_is_taken(field: dict[str, Any]) -> None:
    assert asks_for_something([(field["name"], value) for value in field["example"]])


@pytest.mark.parametrize("field", [*VIEW, EVENTS], ids=lambda field: field["name"])
def test_each_name_of_an_enumeration_is_taken(field: dict[str, Any]) -> None:
    for value in field["schema"]["items"].get("enum", []):
        asks_for_something([(field["name"], value)])


@pytest.mark.parametrize("name", ["channel", "session", "parent", "label"])
@given(data=st.data())
def test_what_fits_the_schema_is_taken_if_its_bytes_are_few_enough(name: str, data: st.DataObject) -> None:
    items = ITEMS[name]
    texts = st.from_regex(items["pattern"].replace("$", r"\Z"), alphabet=st.characters(exclude_categories=["Cs"]))
    value = data.draw(texts.filter(lambda text: len(text) <= items.get("maxLength", 512) // BYTES_OF_A_CHARACTER))
    assert asks_for_something([(name, value)])


@pytest.mark.parametrize("name", ["channel", "session", "parent", "label"])
@pytest.mark.parametrize("value", ["", "\n", "a\x85", "a\x7fb:c", "x" * 513, ":", "a:b:c" + "d" * 510])
def test_what_does_not_fit_the_schema_is_refused(name: str, value: str) -> None:
    items = ITEMS[name]
    fits = re.search(items["pattern"].replace("$", r"\Z"), value) and len(value) <= items.get("maxLength", 600)
    if fits:
        assert asks_for_something([(name, value)])
    else:
        with pytest.raises(WrongFieldError):
            asks_for_something([(name, value)])


@pytest.mark.parametrize(
    ("path", "method"),
    [*((path, "get") for path in (STATUS_PATH, STREAM_PATH, TEXT_PATH, BADGE_PATH)), (TICKET_PATH, "post")],
)
def test_the_document_has_the_form_of_an_answer_to_a_wrong_value(path: str, method: str) -> None:
    described = PATHS[path][method]["responses"]["422"]["content"]["application/json"]["schema"]
    assert described == {"$ref": "#/components/schemas/WrongFields"}


def event_of(text: bytes) -> tuple[str, dict[str, Any]]:
    """The name and the data of an event."""
    lines = dict(line.split(": ", 1) for line in text.decode().strip().split("\n"))
    data = json.loads(lines["data"])
    assert isinstance(data, dict)
    return lines["event"], data


def test_the_document_has_the_events_that_are_sent_with_their_fields() -> None:
    status: GlobalStatus = {"state": "idle", "active_sessions": 0, "max_concurrent": 0, "uptime_seconds": 0}
    change = at_once(encode_change("a", "b", status, [], ["web:1"], 0.0))
    sent = dict(map(event_of, (change.event, feed_event("lost", 1.0))))
    assert [*sent] == ["change", "feed"]
    assert all(DATA[name]["required"] == [*data] for name, data in sent.items())
    described = PATHS[STREAM_PATH]["get"]["responses"]["200"]["content"]["text/event-stream"]["itemSchema"]
    assert described["properties"]["event"]["enum"] == ["status", *sent]
    assert described["properties"]["data"]["contentSchema"]["anyOf"] == [*DATA.values()]


def test_whatever_the_document_refers_to_is_in_it() -> None:
    schemas = create_app().openapi()["components"]["schemas"]
    named = re.findall(r"#/components/schemas/(\w+)", json.dumps(PATHS[STREAM_PATH]))
    assert set(named) <= set(schemas)
    assert {"Snapshot", "GlobalStatus", "SessionStatus", "WrongFields"} <= set(named)


def test_the_document_has_the_bounds_of_stalled() -> None:
    for path, has in ((STATUS_PATH, True), (STREAM_PATH, True), (SUMMARY_PATH, False), (SUMMARY_STREAM_PATH, False)):
        assert (STALLED_AFTER in PATHS[path]["get"]["parameters"]) is has
    schema = STALLED_AFTER["schema"]
    for seconds in (schema["minimum"], STALLED_AFTER["example"], schema["maximum"]):
        assert asks_for_something([("stalled", str(seconds))])
    for seconds in (schema["minimum"] - 1, schema["maximum"] + 1):
        with pytest.raises(WrongFieldError):
            asks_for_something([("stalled", str(seconds))])


@pytest.mark.parametrize("by", ["channel", "state", "worker", "label.a", "label.größe 1", f"label.{64 * 'x'}"])
def test_what_fits_the_schema_of_by_is_taken(by: str) -> None:
    assert re.search(BY_FIELD["schema"]["pattern"].replace("$", r"\Z"), by)
    assert parse_by([by]) == by


@pytest.mark.parametrize("by", ["", "host", "label.", "label.a:b", "label.a\n", f"label.{65 * 'x'}", "channel,state"])
def test_what_does_not_fit_the_schema_of_by_is_refused(by: str) -> None:
    assert not re.search(BY_FIELD["schema"]["pattern"].replace("$", r"\Z"), by)
    with pytest.raises(WrongFieldError):
        parse_by([by])


def test_the_document_says_what_a_summary_is_counted_by() -> None:
    assert BY_FIELD in PATHS[SUMMARY_PATH]["get"]["parameters"]
    assert BY_FIELD not in PATHS[STATUS_PATH]["get"]["parameters"]
    assert parse_by([]) == BY_FIELD["schema"]["default"]
    assert parse_by([BY_FIELD["example"]]) != BY_FIELD["schema"]["default"]


def test_the_stream_of_summaries_has_its_own_events_and_takes_what_the_document_says() -> None:
    described = PATHS[SUMMARY_STREAM_PATH]["get"]
    assert all(field in described["parameters"] for field in (BY_FIELD, SUMMARY_EVENTS, *VIEW))
    items = described["responses"]["200"]["content"]["text/event-stream"]["itemSchema"]["properties"]
    assert items["event"]["enum"] == ["summary", "feed"]
    assert items["data"]["contentSchema"]["anyOf"] == [*SUMMARY_DATA.values()]
    assert "FleetSummary" in create_app().openapi()["components"]["schemas"]
    for kind in SUMMARY_EVENTS["schema"]["items"]["enum"]:
        assert summary_asked_by({"query_string": f"events={kind}".encode()}, ANYONE)
