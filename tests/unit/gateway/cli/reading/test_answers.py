"""What a gateway sends, and what it does not."""

import json
from typing import Any

import pytest

from agent_status_gateway.cli.reading.answers import (
    MAX_NUMBER,
    ForeignError,
    parse_change,
    parse_feed,
    parse_problem,
    parse_snapshot,
    parse_workers,
)
from tests.unit.gateway.cli.terminal.snapshots import row, snapshot


def change(**fields: Any) -> dict[str, Any]:
    return {"from": "a", **snapshot(row("web:1")), "gone": ["web:2"], **fields}


def test_what_a_gateway_sends_is_parsed_with_the_fields_that_we_do_not_know() -> None:
    sent: dict[str, Any] = {**snapshot(row("web:1", host="one"), workers=3)}
    assert parse_snapshot(json.dumps(sent)) == sent
    assert parse_change(json.dumps(change(**sent))) == change(**sent)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "{}",
        "[" * 100_000,
        json.dumps(snapshot(row(state="asleep"))),
        json.dumps(snapshot(row(duration_seconds=float(MAX_NUMBER) * 2))),
        json.dumps(snapshot(uptime_seconds=float("nan"))),
    ],
)
def test_anything_else_is_not_a_snapshot(text: str) -> None:
    with pytest.raises(ForeignError):
        parse_snapshot(text)


@pytest.mark.parametrize("fields", [{"from": None}, {"gone": None}, {"gone": [1]}, {"sessions": [{}]}, {"global": {}}])
def test_anything_else_is_not_a_change(fields: dict[str, Any]) -> None:
    with pytest.raises(ForeignError):
        parse_change(json.dumps(change(**fields)))


def test_workers_and_feed_events_have_their_shapes_and_bounds() -> None:
    assert parse_workers('{"workers": []}') == {"workers": []}
    assert parse_feed('{"state": "lost", "since_seconds": 1.5}').state == "lost"
    for text in ("{}", '{"workers": [{"pid": 1}]}'):
        with pytest.raises(ForeignError):
            parse_workers(text)
    for seconds in ("-1", "NaN", "1e300"):
        with pytest.raises(ForeignError):
            parse_feed(f'{{"state": "lost", "since_seconds": {seconds}}}')


def test_a_refused_field_has_its_name_and_its_reason() -> None:
    refused = {"detail": [{"type": "value_error", "loc": ["query", "events"], "msg": "Input should be 'status'"}]}
    assert parse_problem(json.dumps(refused)) == ("events", "Input should be 'status'")
    for text in ("", "<h1>", "{}", '{"detail": "no"}', '{"detail": []}', '{"detail": [{"loc": [], "msg": ""}]}'):
        assert parse_problem(text) is None
