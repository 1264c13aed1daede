"""Agents inside tools of traced agents that have sessions of their own."""

from collections.abc import Iterator
from typing import Any

import pytest

from agent_status_publisher.integrations.runs import Runs
from agent_status_publisher.integrations.spans.follower import follower_of
from agent_status_publisher.testing import Change, RecordingPublisher
from tests.bridges.recorded.made import INTERRUPTED, Event, end, failed, start
from tests.bridges.recorded.replay import play

USED: dict[str, Any] = {"gen_ai__usage__input_tokens": 10, "gen_ai__usage__output_tokens": 1}
OUTER: list[Event] = [start(1, "invoke_agent chief", gen_ai__conversation__id="42")]
TOOL = start(2, "execute_tool ask", 1, gen_ai__tool__call__id="call_7")
INNER = start(3, "invoke_agent explorer", 2, gen_ai__conversation__id="42")
KEY, CHILD = "opentelemetry:42", "opentelemetry:42/call_7"


def chat(number: int, parent: int, model: str) -> list[Event]:
    return [start(number, "chat", parent, gen_ai__request__model=model, **USED), end(number)]


@pytest.fixture
def board() -> Iterator[RecordingPublisher]:
    """A publisher whose spans are followed with sessions for subagents."""
    publisher = RecordingPublisher().start()
    follower = follower_of(publisher)  # it lives as long as this
    follower.has_children = True
    yield publisher
    assert publisher.errors == []


def newest(publisher: RecordingPublisher) -> dict[str, Change]:
    """The newest change of each session before its end."""
    return {change.session_key: change for change in publisher.changes if change.state is not None}


def outcomes(publisher: RecordingPublisher) -> dict[str, str | None]:
    return {change.session_key: change.outcome for change in publisher.changes}


# follower: Rule 8
def test_an_agent_in_a_tool_is_a_run_inside_the_one_around_it(board: RecordingPublisher) -> None:
    inside = [*chat(4, 3, "small"), start(5, "execute_tool look", 3), end(5)]
    rows = play([*OUTER, *chat(8, 1, "large"), TOOL, INNER, *inside, end(3), end(2), end(1)], board)
    assert [(row.key, row.states, row.tokens) for row in rows] == [
        (KEY, ["thinking", "tool_running ask", "thinking", "end"], (10, 1)),
        (CHILD, ["thinking", "tool_running look", "thinking", "end"], (10, 1)),
    ]
    child, outer = newest(board)[CHILD], newest(board)[KEY]
    assert (child.parent, child.title, child.labels) == (KEY, "explorer", {"agent": "explorer", "model": "small"})
    assert outer.labels == {"agent": "chief", "model": "large"}
    assert outcomes(board) == {KEY: "done", CHILD: "done"}


# follower: Rule 8
def test_without_the_wish_it_is_a_tool() -> None:
    rows = play([*OUTER, TOOL, INNER, *chat(4, 3, "small"), end(3), end(2), end(1)])
    assert [row.key for row in rows] == [KEY]


# follower: Rule 8
def test_an_agent_that_no_tool_runs_is_a_part_of_its_run(board: RecordingPublisher) -> None:
    handed = [start(2, "invoke_agent expert", 1), *chat(3, 2, "large"), end(2)]
    assert [row.key for row in play([*OUTER, *handed, end(1)], board)] == [KEY]


# follower: Rule 8
def test_a_call_without_an_id_has_that_of_its_span(board: RecordingPublisher) -> None:
    play([*OUTER, start(2, "execute_tool ask", 1), INNER], board)
    assert set(newest(board)) == {KEY, f"{KEY}/{2:016x}"}


# follower: Rule 8
def test_an_agent_in_a_tool_of_a_subagent_is_inside_that_one(board: RecordingPublisher) -> None:
    deeper = [start(4, "execute_tool ask", 3, gen_ai__tool__call__id="call_8"), start(5, "invoke_agent deep", 4)]
    play([*OUTER, TOOL, INNER, *deeper], board)
    assert newest(board)[f"{CHILD}/call_8"].parent == CHILD


# follower: Rule 8
def test_one_that_fails_is_an_error_of_its_own(board: RecordingPublisher) -> None:
    play([*OUTER, TOOL, INNER, failed(3), end(2), end(1)], board)
    assert [(key, change.error_message) for key, change in board.sessions.items()] == [(CHILD, "boom")]


# follower: Rule 8
def test_one_whose_span_never_ends_is_cancelled_with_its_run(board: RecordingPublisher) -> None:
    play([*OUTER, TOOL, INNER, end(1), start(4, "chat", 3), end(4), end(3), end(2)], board)
    assert outcomes(board) == {KEY: "done", CHILD: "cancelled"}
    assert board.sessions == {}
    assert not follower_of(board).runs._by_run


# follower: Rule 8
def test_its_question_is_asked_by_the_run_around_it(board: RecordingPublisher) -> None:
    play([*OUTER, TOOL, INNER, failed(3, INTERRUPTED), failed(2, INTERRUPTED), failed(1, INTERRUPTED)], board)
    assert {key: change.state for key, change in board.sessions.items()} == {KEY: "waiting_for_user"}


# follower: Rule 8
def test_in_a_session_of_another_bridge_that_bridge_decides(board: RecordingPublisher) -> None:
    Runs(board, "web").begin("run", session_id="42")
    play([*OUTER, TOOL, INNER, end(3), end(2), end(1)], board)
    assert set(newest(board)) == {"web:42"}


# follower: Rule 8
def test_in_a_block_of_the_agents_own_code_it_is_a_child_of_the_blocks_session(board: RecordingPublisher) -> None:
    with board.session(KEY):
        play([*OUTER, TOOL, INNER, end(3), end(2), end(1)], board)
        assert set(newest(board)) == {KEY, CHILD}
        assert set(board.sessions) == {KEY}


# follower: Rule 8, Rule 2
def test_an_agent_that_is_known_late_is_a_child_when_something_begins_inside_it(board: RecordingPublisher) -> None:
    late = [start(3, "run", 2), ["set", 3, {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "late"}]]
    play([*OUTER, TOOL, *late, *chat(4, 3, "small"), end(3), end(2), end(1)], board)
    assert newest(board)[CHILD].labels == {"agent": "late", "model": "small"}
    assert board.sessions == {}
