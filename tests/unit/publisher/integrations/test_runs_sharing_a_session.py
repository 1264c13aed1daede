"""Runs that share a session: with other runs, with a block of the agent's own code, with a bridge installed twice."""

import asyncio

import pytest

from agent_status_publisher.integrations import status_key
from agent_status_publisher.integrations.runs import Runs
from agent_status_publisher.testing import RecordingPublisher


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
def test_an_error_that_the_framework_only_reports_is_shown_in_the_block_and_after_it(
    publisher: RecordingPublisher, runs: Runs
) -> None:
    with publisher.session("chat:42") as session, status_key("chat:42"):
        runs.begin("reports")
        runs.end("reports", "rate limit")
        assert publisher.sessions["chat:42"].error_message == "rate limit"
        session.thinking()
    assert publisher.states("chat:42") == ["thinking", "error", "thinking", None]
    with publisher.session("chat:42") as session, status_key("chat:42"):
        runs.begin("reports")
        runs.end("reports", "server_error")
    session.thinking()
    assert publisher.sessions["chat:42"].error_message == "server_error"


def test_an_error_that_nothing_follows_outlives_its_block(publisher: RecordingPublisher) -> None:
    with publisher.session("chat:42") as session:
        session.error("429")
        session.thinking()
        session.error("the last error")
    assert publisher.sessions["chat:42"].error_message == "the last error"
    with session:
        pass
    assert publisher.sessions == {}


# runs: Rule 6
def test_a_run_that_began_before_the_block_does_not_end_it(publisher: RecordingPublisher, runs: Runs) -> None:
    runs.begin("r", session_id="1")
    with publisher.session("web:1") as session:
        runs.end("r")
        with session.tool("deploy"):
            assert publisher.sessions["web:1"].tool_name == "deploy"
    assert publisher.sessions == {}


# runs: Rule 6
def test_a_bridge_can_add_to_the_tokens_of_the_runs_before(publisher: RecordingPublisher, runs: Runs) -> None:
    with publisher.session("chat:42") as session, status_key("chat:42"):
        assert session.tokens == (0, 0)
        session.add_usage(input=20, output=10)
        runs.begin("r")
        inner = runs.session("r")
        assert inner is not None
        assert inner.tokens == (20, 10)
    assert session.tokens == (0, 0)


# runs: Rule 6
def test_a_tool_that_the_blocks_code_runs_outlives_a_run(publisher: RecordingPublisher, runs: Runs) -> None:
    with publisher.session("chat:42") as session, status_key("chat:42"):
        runs.begin("r")
        with session.tool("deploy"):
            runs.end("r")
            assert publisher.sessions["chat:42"].tool_name == "deploy"


# runs: Rule 7
def test_a_block_inside_a_run_does_not_end_its_session(publisher: RecordingPublisher, runs: Runs) -> None:
    runs.begin("r", session_id="1")
    for error in (None, ValueError("the run goes on")):
        try:
            with publisher.session("web:1") as session:
                session.streaming()
                if error is not None:
                    raise error
        except ValueError:
            pass
        inner = runs.session("r")
        assert inner is not None
        inner.thinking()
    assert publisher.states("web:1") == ["thinking", "streaming", "thinking", "streaming", "thinking"]
    runs.end("r")
    assert publisher.states("web:1")[-1] is None


# runs: Rule 7
def test_an_end_that_the_agents_code_asks_for_inside_a_run_holds_and_the_next_block_ends_as_usual(
    publisher: RecordingPublisher, runs: Runs
) -> None:
    runs.begin("r", session_id="1")
    session = publisher.session("web:1")
    session.end()
    assert publisher.sessions == {}
    with session:
        assert "web:1" in publisher.sessions
    assert publisher.sessions == {}
    runs.end("r")


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
