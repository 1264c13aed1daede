"""What the page on summaries says, held against what is sent."""

import json
import re
from typing import Any, Final

import pytest

from agent_status_gateway.state.fold.row import Row, Shown, Source
from agent_status_gateway.state.known_worker import KnownWorker
from agent_status_gateway.state.steps import at_once
from agent_status_gateway.state.views.summary import summary as module
from agent_status_gateway.state.views.summary.grouping import parse_by
from agent_status_gateway.state.views.summary.schema import GroupSummary
from agent_status_gateway.state.views.summary.summary import MAX_GROUPS, Summary
from agent_status_publisher.contract.wire import SessionState
from chaos.workers.reports import record, report
from tests.support.documents import doc_page, rows

PAGE: Final = doc_page("reference/summary.md")
EXAMPLES: Final = [json.loads(text) for text in re.findall(r"```json\n(.*?)\n```", PAGE, re.DOTALL)]
SOURCE: Final = Source(KnownWorker(report(1, record("w1")).decode(), 0.0, 0.0))


def made(groups: list[dict[str, Any]], now: float) -> list[dict[str, Any]]:
    """The groups of a summary that has these sessions."""
    summary = Summary("channel")
    for group in groups:
        for state, number in group["states"].items():
            for place in range(number):
                row = Row(
                    f"{group['channel']}:{state}{place}", Shown(SessionState(state), None, None, None, 0, 0), SOURCE
                )
                row.noted_start = now - (group["oldest_seconds"][state] if place == 0 else 0.5)
                summary.put(row)
    return at_once(summary.shown(now))


def test_the_example_is_what_a_summary_says_to_the_byte() -> None:
    groups = EXAMPLES[0]["groups"]
    assert json.dumps(made(groups, 1000.0)) == json.dumps(groups)
    assert EXAMPLES[0]["global"]["active_sessions"] == sum(group["sessions"] for group in groups)


def test_the_example_of_the_rest_is_what_a_summary_of_too_many_groups_says(monkeypatch: pytest.MonkeyPatch) -> None:
    groups = [{"channel": f"c{n:02}", "states": {"thinking": 1}, "oldest_seconds": {"thinking": 8}} for n in range(35)]
    monkeypatch.setattr(module, "MAX_GROUPS", 1)
    assert json.dumps(made(groups, 100.0)[-1]) == json.dumps(EXAMPLES[1])
    assert f"**A summary has {MAX_GROUPS:,} groups at most.**" in PAGE


def test_the_fields_of_a_group_are_those_of_the_schema() -> None:
    documented = set(re.findall(r"`groups\[\]\.(\w+)`", PAGE))
    assert documented == GroupSummary.__required_keys__ == {"sessions", "states", "oldest_seconds"}


def test_each_way_to_count_that_is_named_is_taken() -> None:
    named = [row[0].strip("`").removeprefix("by=") for row in rows(PAGE, "| `by` |")]
    assert [parse_by([by]) for by in named] == named == ["channel", "state", "worker", "label.team"]
    assert {by for by in named if "." not in by} | {"other_groups"} == GroupSummary.__optional_keys__
