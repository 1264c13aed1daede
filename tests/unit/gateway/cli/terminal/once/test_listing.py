"""All sessions as lines, in groups and with fields."""

import pytest

from agent_status_gateway.cli.reading.problems import ReaderError
from agent_status_gateway.cli.terminal.once.groups import parse_grouping
from agent_status_gateway.cli.terminal.once.listing import listing, parse_asked_fields
from agent_status_gateway.cli.terminal.table import draw
from agent_status_gateway.cli.terminal.view import Known, ReceivedSnapshot, View, view
from agent_status_gateway.state.fold.schema import SessionStatus
from agent_status_gateway.state.views.fields import FIELD_NAMES
from tests.unit.gateway.cli.terminal.snapshots import end, row, snapshot, with_ends

ROWS = [row("ci:1", host="box"), row("web:1", state="error", error_message="no"), row("web:2", labels={"a": "b"})]


def looked(*rows: SessionStatus) -> View:
    return view(Known(received=ReceivedSnapshot(snapshot=snapshot(*rows), text="", at=0)), 0, url="http://gateway")


@pytest.mark.parametrize("width", [40, 200])
def test_without_groups_and_fields_the_lines_are_those_of_the_table(width: int) -> None:
    assert listing(looked(*ROWS), width) == draw(looked(*ROWS), width)
    assert listing(looked(), width, parse_grouping("host"), FIELD_NAMES) == draw(looked(), width)


def test_groups_have_headings_that_count_by_state() -> None:
    lines = [line.plain for line in listing(looked(*ROWS), 100, parse_grouping("channel"))]
    assert [line for line in lines if "session:" in line or "sessions:" in line] == [
        "ci: 1 session: 1 thinking",
        "web: 2 sessions: 1 in error, 1 thinking",
    ]
    assert [line.split()[0] for line in lines[4:] if line and ": " not in line[:5]] == ["1", "1", "2"]


def test_fields_stand_below_their_session_if_it_has_them() -> None:
    lines = [line.plain for line in listing(looked(*ROWS), 100, None, ("labels", "host"))]
    assert [line for line in lines if line.startswith("  ")] == ["  host box", "  labels a: b"]


def test_sessions_that_have_ended_stand_below_the_open_ones() -> None:
    shown = with_ends(snapshot(*ROWS), end("web:9"))
    told = view(Known(received=ReceivedSnapshot(snapshot=shown, text="", at=0)), 0, url="http://gateway")
    for grouping in (None, parse_grouping("channel")):
        lines = [line.plain for line in listing(told, 100, grouping)]
        assert lines[-3:] == ["", "ended: 1 session", "web:9 ended 2m 10s ago: done"]


def test_hostile_fields_stay_in_their_lines() -> None:
    hostile = row(labels={"\x1b[2J": "x" * 400}, host="\u202e")
    lines = [line.plain for line in listing(looked(hostile), 80, parse_grouping("host"), FIELD_NAMES)]
    assert all(line.isprintable() and len(line) <= 80 for line in lines)


def test_fields_are_all_or_names_and_an_unknown_one_is_named() -> None:
    assert parse_asked_fields(None) == ()
    assert parse_asked_fields("all") == FIELD_NAMES
    assert parse_asked_fields("host,labels") == ("labels", "host")
    with pytest.raises(
        ReaderError, match=r"^--fields: 'hots' is not a field; expected 'all', 'labels', .* with commas$"
    ):
        parse_asked_fields("host,hots")
