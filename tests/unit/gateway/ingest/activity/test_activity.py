"""Activity of one session, and the state that is shown of it."""

import pytest

from agent_status_gateway.ingest.activity.activity import Activity
from agent_status_publisher import SessionState

AGENT = {"id": "a1", "type": "subagent", "status": "running", "agent_type": "Explore"}


@pytest.fixture
def activity() -> Activity:
    return Activity()


def shown(activity: Activity) -> str:
    state, tool, _ = activity.shown()
    return f"{state} {tool}" if tool else str(state)


# activity: Rule 1
def test_a_question_is_shown_before_a_tool(activity: Activity) -> None:
    activity.start_tool(None, "bash", "1")
    activity.questions.ask(None, "bash", None)
    activity.start_tool(None, "read", "2")
    assert shown(activity) == "waiting_for_user"
    activity.end_tool(None, "bash", "1")
    assert shown(activity) == "tool_running read"


# activity: Rule 2
def test_the_newest_tool_is_shown_then_a_subagent_then_the_main_agent(activity: Activity) -> None:
    activity.start_agent("a1", "Explore")
    activity.start_tool(None, "bash", "1")
    activity.start_tool("a1", "read", "2")
    assert shown(activity) == "tool_running read"
    activity.end_tool("a1", "read", "2")
    assert shown(activity) == "tool_running bash"
    activity.end_tool(None, "bash", "1")
    assert shown(activity) == "tool_running Explore"
    activity.end_agent("a1")
    assert shown(activity) == "thinking"


# activity: Rule 3
def test_a_new_turn_forgets_tools_whose_end_never_came(activity: Activity) -> None:
    activity.start_tool(None, "bash", "interrupted")
    activity.questions.ask(None, "bash", None)
    activity.start_agent("a1", "Explore")
    activity.start_tool("a1", "read", "1")
    activity.turn()
    assert shown(activity) == "thinking"
    activity.start_tool(None, "write", "2")
    activity.end_tool(None, "bash", "interrupted")
    assert shown(activity) == "tool_running write"


# activity: Rule 3
def test_work_in_the_background_goes_on_in_the_next_turn(activity: Activity) -> None:
    activity.start_agent("a1", "Explore")
    activity.start_tool("a1", "read", "1")
    activity.questions.ask("a1", "read", None)
    activity.stop([AGENT], [])
    activity.turn()
    assert shown(activity) == "waiting_for_user"
    activity.end_tool("a1", "read", "1")
    assert shown(activity) == "tool_running Explore"


# activity: Rule 3
def test_an_interrupt_ends_a_turn_and_what_it_waited_for(activity: Activity) -> None:
    activity.start_agent("a1", "Explore")
    activity.stop([AGENT], [])
    activity.turn()
    activity.start_tool(None, "Agent", "1")
    activity.start_agent("a2", "Plan")
    activity.start_tool("a2", "read", "2")
    activity.questions.ask("a2", "read", None)
    activity.interrupt()
    assert shown(activity) == "tool_running Explore"
    assert not activity.is_done
    activity.end_agent("a1")
    assert activity.is_done


# activity: Rule 4
def test_a_stop_with_live_work_is_not_the_end_and_the_last_subagents_is(activity: Activity) -> None:
    activity.start_agent("a1", "Explore")
    activity.stop([AGENT], [])
    assert not activity.is_done
    activity.end_agent("a1", [AGENT], [])
    assert activity.is_done


# activity: Rule 4
def test_a_stop_without_a_list_waits_for_the_subagents_that_are_known(activity: Activity) -> None:
    activity.start_agent("a1", "Explore")
    activity.stop()
    assert not activity.is_done
    activity.end_agent("a1")
    assert activity.is_done


def test_the_list_with_a_subagents_end_ends_no_subagent_that_the_main_agent_waits_for(activity: Activity) -> None:
    activity.start_agent("a1", "Explore")
    activity.start_agent("a2", "Plan")
    activity.end_agent("a1", [], [])
    assert shown(activity) == "tool_running Plan"


def test_a_task_in_the_background_is_shown_when_the_turn_is_over(activity: Activity) -> None:
    activity.stop([{"id": "b1", "type": "shell", "status": "running"}], [])
    assert shown(activity) == "tool_running shell"
    activity.turn()
    assert shown(activity) == "thinking"


def test_the_model_goes_on_when_all_tools_of_its_answer_have_ended(activity: Activity) -> None:
    activity.start_tool(None, "bash", "denied")
    activity.questions.ask(None, "bash", None)
    activity.start_tool("a1", "read", "1")
    activity.end_tools(None)
    assert shown(activity) == "tool_running read"


def test_a_state_stays_until_the_next_and_ends_what_was_open(activity: Activity) -> None:
    activity.start_tool(None, "bash", "1")
    activity.questions.note("approval")
    activity.set(SessionState.TOOL_RUNNING, "deploy")
    assert shown(activity) == "tool_running deploy"
    activity.set(SessionState.STREAMING)
    assert shown(activity) == "streaming"
    activity.end_tool(None, "bash", "1")
    assert shown(activity) == "streaming"


@pytest.mark.parametrize("shows_idle", [False, True])
def test_a_main_agent_that_goes_on_after_a_stop_is_in_its_turn_again(activity: Activity, shows_idle: bool) -> None:
    activity.stop([AGENT], [])
    if shows_idle:
        activity.wait_for_prompt()
    activity.start_tool(None, "bash", "1")
    activity.end_agent("a1", [AGENT], [])
    activity.end_tool(None, "bash", "1")
    assert shown(activity) == "thinking"
    assert not activity.is_done


def test_an_event_that_comes_twice_leaves_no_question(activity: Activity) -> None:
    for _ in range(2):
        activity.start_tool(None, "AskUserQuestion", "1", asks="question")
    assert shown(activity) == "waiting_for_user"
    for _ in range(2):
        activity.end_tool(None, "AskUserQuestion", "1")
    assert shown(activity) == "thinking"


def test_a_notification_is_about_the_newest_call(activity: Activity) -> None:
    activity.start_tool(None, "bash", "1")
    activity.start_tool("a1", "read", "2")
    activity.questions.note("approval")
    activity.end_tool(None, "bash", "1")
    assert shown(activity) == "waiting_for_user"
    activity.end_tool("a1", "read", "2")
    assert shown(activity) == "thinking"


# activity: Rule 6
def test_a_subagent_that_is_shown_apart_hides_nothing_and_its_session_shows_that_it_runs(activity: Activity) -> None:
    activity.start_agent("a1", "Explore")
    activity.start_tool("a1", "read", "1")
    activity.questions.ask("a1", "read", "1", "question")
    activity.start_tool("a2", "write", "2")
    assert activity.shown_of("a1") == ("waiting_for_user", None, "question")
    assert activity.shown(apart={"a1"}) == ("tool_running", "write", None)
    assert activity.shown(apart={"a1", "a2"}) == ("tool_running", "Explore", None)
    activity.end_tool("a1", "read", "1")
    assert activity.shown_of("a1") == ("thinking", None, None)
