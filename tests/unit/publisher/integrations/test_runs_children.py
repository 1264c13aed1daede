"""Subagents that have sessions of their own."""

import asyncio

import pytest

from agent_status_publisher.integrations import status_key
from agent_status_publisher.integrations.runs import Runs, _followed
from agent_status_publisher.session import Session
from agent_status_publisher.testing import RecordingPublisher


def outcome(publisher: RecordingPublisher, key: str) -> str | None:
    """How a session has ended. None while it is open."""
    return [change for change in publisher.changes if change.session_key == key][-1].outcome


def session_of(runs: Runs, run: str) -> Session:
    session = runs.session(run)
    assert session is not None
    return session


# runs: Rule 10
def test_a_subagent_with_an_id_has_a_session_of_its_own_with_a_parent(
    publisher: RecordingPublisher, runs: Runs
) -> None:
    runs.begin("r", session_id="1")
    session_of(runs, "r").tool_start("explore", "call")
    assert runs.begin("inner", parent="r", child="call", title="Explorer")
    runs.label("inner", agent="explorer")
    runs.begin("step", parent="inner")
    session_of(runs, "step").streaming()
    runs.add_usage("step", input=5, output=2)
    child, outer = publisher.sessions["web:1/call"], publisher.sessions["web:1"]
    assert (child.parent, child.title, child.labels, child.state) == (
        "web:1",
        "Explorer",
        {"agent": "explorer"},
        "streaming",
    )
    assert (outer.state, outer.tool_name, outer.labels, outer.input_tokens) == ("tool_running", "explore", {}, 0)
    runs.end("step")
    runs.end("inner")
    assert outcome(publisher, "web:1/call") == "done"
    assert publisher.sessions["web:1"].state == "tool_running"
    runs.end("r")
    assert publisher.sessions == {}


# runs: Rule 10
def test_one_inside_another_one_has_its_key_before_its_own(publisher: RecordingPublisher, runs: Runs) -> None:
    runs.begin("r", session_id="1")
    runs.begin("inner", parent="r", child="a")
    runs.begin("innermost", parent="inner", child="b")
    assert publisher.sessions["web:1/a/b"].parent == "web:1/a"


# runs: Rule 10
def test_an_id_without_a_run_around_it_changes_nothing(publisher: RecordingPublisher, runs: Runs) -> None:
    runs.begin("r", session_id="1", child="call")
    assert {key: change.parent for key, change in publisher.sessions.items()} == {"web:1": None}


# runs: Rule 10
def test_a_subagent_that_fails_is_an_error_of_its_own(publisher: RecordingPublisher, runs: Runs) -> None:
    runs.begin("r", session_id="1")
    runs.begin("inner", parent="r", child="call")
    runs.end("inner", ValueError("boom"))
    assert publisher.sessions["web:1/call"].error_message == "boom"
    assert publisher.sessions["web:1"].state == "thinking"


# runs: Rule 10
@pytest.mark.parametrize("error", [None, ValueError("boom"), asyncio.CancelledError()])
def test_subagents_that_are_left_end_as_cancelled_with_the_session_around_them(
    publisher: RecordingPublisher, runs: Runs, error: BaseException | None
) -> None:
    runs.begin("r", session_id="1")
    runs.begin("inner", parent="r", child="a")
    runs.begin("innermost", parent="inner", child="b")
    runs.end("r", error)
    assert [outcome(publisher, key) for key in ("web:1/a", "web:1/a/b")] == ["cancelled", "cancelled"]
    assert _followed[publisher] == {}
    runs.end("inner", ValueError("late"))
    runs.end("innermost")
    assert set(publisher.sessions) == ({"web:1"} if isinstance(error, ValueError) else set())
    assert not runs._by_run
    assert not runs._outermost


# runs: Rule 10
def test_a_question_with_which_a_subagent_ends_is_asked_by_the_session_around_it_alone(
    publisher: RecordingPublisher, runs: Runs
) -> None:
    runs.begin("r", session_id="1")
    runs.begin("inner", parent="r", child="call")
    runs.ask("inner", "approval")
    assert publisher.sessions["web:1/call"].waiting_for == "approval"
    runs.end("inner")
    runs.end("r")
    assert set(publisher.sessions) == {"web:1"}
    assert publisher.sessions["web:1"].waiting_for == "approval"
    assert outcome(publisher, "web:1/call") == "done"


# runs: Rule 10
def test_the_same_call_has_the_same_key_again_when_its_session_goes_on(
    publisher: RecordingPublisher, runs: Runs
) -> None:
    for run in ("first", "second"):
        runs.begin(run, session_id="1")
        runs.begin(f"{run} inner", parent=run, child="call")
        runs.end(f"{run} inner", asks=run == "first")
        runs.end(run)
    assert {change.session_key for change in publisher.changes} == {"web:1", "web:1/call"}
    assert publisher.sessions == {}


# runs: Rule 10, Rule 2
def test_a_run_of_another_bridge_in_a_subagent_is_inside_it_and_after_it_in_the_session_around_it(
    publisher: RecordingPublisher, runs: Runs
) -> None:
    other = Runs(publisher, "other")
    runs.begin("r", session_id="1")
    runs.begin("inner", parent="r", child="call")
    other.begin("in the subagent")
    assert session_of(other, "in the subagent").key == "web:1/call"
    other.end("in the subagent")
    runs.end("inner")
    other.begin("after it")
    assert session_of(other, "after it").key == "web:1"
    other.end("after it")
    runs.end("r")
    assert publisher.sessions == {}


# runs: Rule 10, Rule 6
def test_a_subagent_in_a_block_of_the_agents_own_code_is_a_child_of_the_blocks_session(
    publisher: RecordingPublisher, runs: Runs
) -> None:
    with publisher.session("chat:42"), status_key("chat:42"):
        runs.begin("r", session_id="1")
        runs.begin("inner", parent="r", child="call")
        assert publisher.sessions["chat:42/call"].parent == "chat:42"
        runs.end("r")
        assert set(publisher.sessions) == {"chat:42"}


# runs: Rule 10, Rule 6
def test_a_childs_session_that_the_agents_own_code_holds_is_not_renamed_or_ended(
    publisher: RecordingPublisher, runs: Runs
) -> None:
    runs.begin("r", session_id="1")
    with publisher.session("web:1/call", title="Mine", parent="chat:7"):
        assert not runs.begin("inner", parent="r", child="call", title="Explorer")
        runs.end("inner")
        held = publisher.sessions["web:1/call"]
        assert (held.title, held.parent) == ("Mine", "chat:7")
    assert set(publisher.sessions) == {"web:1"}


# runs: Rule 10
def test_a_run_inside_a_session_that_is_given_has_children_too(publisher: RecordingPublisher) -> None:
    with publisher.session("chat:42") as session:
        runs = Runs(publisher, None, session=session)
        runs.begin("inner", child="call")
        runs.begin("step", parent="inner")
        assert session_of(runs, "step").key == "chat:42/call"
        runs.end("step")
        runs.end("inner")
        assert set(publisher.sessions) == {"chat:42"}
