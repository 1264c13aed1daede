"""Runs that share a session: with other runs, with a block of the agent's own code, with a bridge installed twice."""

import asyncio
from collections.abc import Iterator

import pytest

from agent_status_publisher.integrations import status_key
from agent_status_publisher.integrations.runs import Runs
from agent_status_publisher.testing import RecordingPublisher


@pytest.fixture
def publisher() -> Iterator[RecordingPublisher]:
    with RecordingPublisher() as publisher:
        yield publisher
    assert publisher.errors == []


@pytest.fixture
def runs(publisher: RecordingPublisher) -> Runs:
    return Runs(publisher, "web")


def fail(runs: Runs, error: Exception) -> None:
    runs.begin("failed")
    runs.end("failed", error)
    raise error


# runs: Rule 3
def test_the_first_error_of_parallel_runs_is_shown_when_the_last_one_ends_well(
    publisher: RecordingPublisher, runs: Runs
) -> None:
    for run in ("a", "b", "c"):
        runs.begin(run, session_id="1")
    runs.end("a", ValueError("first"))
    runs.end("b", ValueError("second"))
    assert publisher.sessions["web:1"].state == "thinking"
    runs.end("c")
    assert publisher.sessions["web:1"].error_message == "first"
    runs.begin("next", session_id="1")
    runs.end("next")
    assert publisher.sessions == {}, "a later run does not inherit the error"


# runs: Rule 3
@pytest.mark.parametrize(
    ("error", "asks", "state"),
    [(None, True, "waiting_for_user"), (ValueError("last"), True, "error"), (asyncio.CancelledError(), False, "error")],
)
def test_a_question_of_the_last_run_counts_more_than_an_error_before_and_its_own_error_most(
    publisher: RecordingPublisher, runs: Runs, error: BaseException | None, asks: bool, state: str
) -> None:
    runs.begin("a", session_id="1")
    runs.begin("b", session_id="1")
    runs.end("a", ValueError("first"))
    runs.end("b", error, asks=asks)
    assert publisher.sessions["web:1"].state == state


# runs: Rule 6
def test_a_session_that_the_agents_own_block_holds_is_neither_ended_nor_renamed(
    publisher: RecordingPublisher, runs: Runs
) -> None:
    with publisher.session("chat:42", title="Fix") as session, status_key("chat:42"):
        for run in ("first", "second"):
            assert not runs.begin(run, session_id="1", title="Planner"), "its name is not the bridge's"
            inner = runs.session(run)
            assert inner is not None
            inner.streaming()
            runs.end(run)
            assert publisher.sessions["chat:42"].state == "thinking"
        with session.tool("deploy"):
            assert publisher.sessions["chat:42"].tool_name == "deploy"
    assert publisher.states("chat:42")[-1] is None
    assert {change.title for change in publisher.changes if change.state} == {"Fix"}


# runs: Rule 6
def test_after_a_run_the_blocks_own_tool_is_shown_again_and_not_one_that_the_run_left_open(
    publisher: RecordingPublisher, runs: Runs
) -> None:
    with publisher.session("chat:42") as session, session.tool("deploy"), status_key("chat:42"):
        runs.begin("r")
        inner = runs.session("r")
        assert inner is not None
        inner.tool_start("bash", "cancelled before its end")
        runs.end("r", asyncio.CancelledError())
        assert publisher.sessions["chat:42"].tool_name == "deploy"


# runs: Rule 6
def test_the_error_of_a_run_is_the_blocks_to_show_and_a_question_leaves_it_waiting(
    publisher: RecordingPublisher, runs: Runs
) -> None:
    with publisher.session("chat:42"), status_key("chat:42"):
        runs.begin("failed")
        runs.end("failed", ValueError("429"))
        assert publisher.sessions["chat:42"].state == "thinking", "the block may try again"
        runs.begin("asks")
        runs.end("asks", asks=True)
        assert publisher.sessions["chat:42"].state == "waiting_for_user"
    error = ValueError("503")
    with pytest.raises(ValueError, match="503"), publisher.session("chat:42"), status_key("chat:42"):
        fail(runs, error)
    assert publisher.sessions["chat:42"].error_message == "503"


# runs: Rule 6
def test_a_run_that_outlives_the_block_does_not_open_the_session_again(
    publisher: RecordingPublisher, runs: Runs
) -> None:
    with publisher.session("chat:42"), status_key("chat:42"):
        runs.begin("in the background")
    left = runs.session("in the background")
    assert left is not None
    left.streaming()
    runs.end("in the background", asks=True)
    assert publisher.states("chat:42") == ["thinking", None]


# runs: Rule 5
def test_a_bridge_that_is_installed_twice_follows_each_run_once(publisher: RecordingPublisher, runs: Runs) -> None:
    twin = Runs(publisher, "web")
    for bridge in (runs, twin):
        bridge.begin("r", session_id="1")
        bridge.begin("inner", parent="r")
    for bridge in (runs, twin):
        bridge.add_usage("inner", input=20, output=10)
        bridge.end("inner")
    assert publisher.sessions["web:1"].input_tokens == 20
    assert (twin.session("r"), "r" in twin) == (None, False)
    for bridge in (runs, twin):
        bridge.end("r")
    assert publisher.states("web:1") == ["thinking", None]
    twin.begin("r", session_id="1")
    assert "r" in twin, "an id that comes again is whoever's sees it first"
