"""What each session did while the terminal watched. The page is held to the same cases, in its own language."""

import json
from pathlib import Path
from typing import Any

import pytest

from agent_status_gateway.cli.terminal.session import timeline
from agent_status_gateway.cli.terminal.session.timeline import Timelines, lines_of
from agent_status_gateway.state.fold.schema import SessionStatus
from tests.unit.gateway.cli.terminal.snapshots import row, snapshot

CASES: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parents[4] / "golden" / "timeline.json").read_text("utf-8")
)


def seen(timelines: Timelines, now: float = 200.0, key: str = "web:1") -> list[tuple[str, str]]:
    return lines_of(timelines.of(key), now, lambda moment: f"{moment:g}")


def row_of(told: str) -> SessionStatus:
    """Session as its key, its state, for how long it has been in it, and its tool."""
    key, state, lasts, tool_name = [*told.split(), None][:4]
    return row(str(key), state=state, duration_seconds=float(str(lasts)), tool_name=tool_name)


def thinking(lasts: float, **fields: Any) -> SessionStatus:
    return row(duration_seconds=lasts, **fields)


# timeline: Rule 1
# timeline: Rule 2
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_a_session_did_is_told_as_the_page_tells_it(case: dict[str, Any]) -> None:
    timelines = Timelines()
    for at, rows in case["moments"]:
        if rows is None:
            timelines.lose(at)
        else:
            timelines.see(snapshot(*map(row_of, rows)), at)
    for key, expected in case["lines"].items():
        spans = [(span.state, span.began_at, span.ended_at) for span in reversed(timelines.of(key))]
        lasts = [words.rpartition(", ")[2] for _, words in seen(timelines, case["now"], key)]
        assert [[*span, long] for span, long in zip(spans, lasts, strict=True)] == expected, key


def test_each_line_has_its_times_and_words_and_the_newest_comes_first() -> None:
    timelines = Timelines()
    for at, one in (
        (100.0, thinking(40.0)),
        (110.0, thinking(5.0, state="tool_running", tool_name="bash")),
        (130.0, thinking(1.0, state="waiting_for_user")),
    ):
        timelines.see(snapshot(one), at)
    assert seen(timelines) == [
        ("129 to now", "waiting for user, 1m 11s"),
        ("105 to 129", "running bash, 24s"),
        ("60 to 105", "thinking, 45s"),
    ]
    assert seen(timelines, key="web:2") == []


# timeline: Rule 3
def test_what_is_kept_is_bounded() -> None:
    timelines = Timelines()
    for at in range(300):
        timelines.see(snapshot(thinking(0.0, state="tool_running", tool_name=str(at))), float(at * 10))
    assert len(timelines.of("web:1")) == timeline.MAX_SPANS
    assert timelines.of("web:1")[-1].tool_name == "299", "the newest are kept"
    many = [row(f"web:{number}", duration_seconds=0.0) for number in range(timeline.MAX_ALL_SPANS // 2)]
    for at in range(4):
        timelines.see(snapshot(*many), 3000.0 + at * 10)
    assert len(timelines.of("web:1")) == 2, "fewer in a large fleet"
    timelines.see(snapshot(), 4000.0)
    kept = [one["session_key"] for one in many if timelines.of(one["session_key"])]
    assert kept == [one["session_key"] for one in many[-timeline.MAX_GONE :]]


def test_a_hostile_tool_is_made_plain() -> None:
    hostile = thinking(1.0, state="tool_running", tool_name="\x1b[2J\u202ea\nb")
    timelines = Timelines()
    timelines.see(snapshot(hostile), 100.0)
    ((_, words),) = seen(timelines)
    assert words.isprintable()
