"""By what sessions are grouped."""

import pytest

from agent_status_gateway.cli.reading.problems import ReaderError
from agent_status_gateway.cli.terminal.once.groups import parse_grouping
from tests.unit.gateway.cli.terminal.snapshots import row

ROWS = [
    row("web:2", state="error", host="b", worker_id="w2", parent="ci:1", labels={"team": "core"}),
    row("ci:1", state="thinking", host="a", worker_id="w1", parent=None, labels={}),
    row("web:1", state="waiting_for_user", host="b", worker_id="w1", parent="ci:1", labels={"team": "app"}),
]


def grouped(by: str) -> list[tuple[str, list[str]]]:
    return [(title, [one["session_key"] for one in rows]) for title, rows in parse_grouping(by).groups(ROWS)]


# groups: Rule 1
# groups: Rule 2
@pytest.mark.parametrize(
    ("by", "groups"),
    [
        ("channel", [("ci", ["ci:1"]), ("web", ["web:2", "web:1"])]),
        ("state", [("waiting for user", ["web:1"]), ("in error", ["web:2"]), ("thinking", ["ci:1"])]),
        ("worker", [("w1", ["ci:1", "web:1"]), ("w2", ["web:2"])]),
        ("host", [("a", ["ci:1"]), ("b", ["web:2", "web:1"])]),
        ("parent", [("ci:1", ["web:2", "web:1"]), ("Without a parent", ["ci:1"])]),
        ("label.team", [("app", ["web:1"]), ("core", ["web:2"]), ("Without the label team", ["ci:1"])]),
        ("label.none", [("Without the label none", ["web:2", "ci:1", "web:1"])]),
    ],
)
def test_sessions_are_in_groups_by_name_and_those_without_a_value_come_last(
    by: str, groups: list[tuple[str, list[str]]]
) -> None:
    assert grouped(by) == groups


@pytest.mark.parametrize("by", ["", "chanel", "label.", "label", "label.a:b", "State"])
def test_what_sessions_cannot_be_grouped_by_is_named_with_what_would_be_right(by: str) -> None:
    with pytest.raises(ReaderError) as error:
        parse_grouping(by)
    assert str(error.value) == (
        f"--group-by: {by!r} is not a way to group; "
        "expected 'channel', 'state', 'worker', 'host', 'parent' or 'label.NAME'"
    )
