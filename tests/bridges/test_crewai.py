"""What may happen to CrewAI's runs beside what all bridges are held to."""

import pytest

from tests.bridges.contract import Published
from tests.bridges.driven import driven

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def ways() -> dict[str, Published]:
    return driven("crewai_ways", bridge="crewai")[0]


@pytest.fixture(scope="module")
def details() -> dict[str, Published]:
    return driven("crewai_details", bridge="crewai")[0]


def states(published: Published, key: str) -> list[str | None]:
    """Of one of several sessions, in order."""
    states = [change["state"] for change in published.changes if change["session_key"] == key]
    return [state for index, state in enumerate(states) if index == 0 or state != states[index - 1]]


def test_nothing_is_ignored(ways: dict[str, Published]) -> None:
    assert {name: published.reported for name, published in ways.items() if published.reported} == {}


def test_an_agent_without_a_crew_is_a_session(ways: dict[str, Published]) -> None:
    assert ways["agent_alone"].states == ["thinking", "tool_running", "streaming", "thinking", None]
    assert ways["agent_that_fails"].states == ["thinking", "error"]


def test_an_agent_that_is_asked_twice_at_once_is_two_sessions_which_end_when_they_end(
    ways: dict[str, Published],
) -> None:
    published = ways["agent_asked_twice_at_once"]
    assert published.keys == {"chat:1", "chat:2"}
    assert [states(published, key) for key in published.keys] == [["thinking", None]] * 2


@pytest.mark.parametrize("kind", ["crew", "agent"])
def test_what_begins_in_a_task_after_a_time_limit_is_not_inside_of_what_that_ended(
    ways: dict[str, Published], kind: str
) -> None:
    published = ways[f"time_limit_and_the_next_{kind}_in_the_same_task"]
    assert published.raised is None
    assert states(published, "chat:1") == ["thinking", "tool_running", None]
    assert states(published, "chat:2") == ["thinking", None]


def test_a_run_that_was_cancelled_ends_when_crewai_has_forgotten_it(ways: dict[str, Published]) -> None:
    published = ways["cancelled_and_forgotten"]
    assert published.states[:2] == ["thinking", "tool_running"]
    assert not published.is_open
    assert "error" not in published.states


@pytest.mark.parametrize("kind", ["crew", "agent", "flow"])
def test_a_run_that_was_cancelled_ends_after_its_task_although_crewai_keeps_it(
    ways: dict[str, Published], kind: str
) -> None:
    published = ways[f"cancelled_{kind}"]
    assert published.raised is None
    assert published.states[-1] is None
    assert published.changes[-1]["outcome"] == "cancelled"
    assert "error" not in published.states


def test_a_failure_that_crewai_reports_wins_over_the_end_of_the_task(ways: dict[str, Published]) -> None:
    assert ways["flow_that_fails_in_a_task"].states == ["thinking", "error"]


def test_an_agent_goes_on_after_the_task_of_its_loop(ways: dict[str, Published]) -> None:
    assert ways["agent_with_a_slow_guardrail"].raised is None


def test_a_title_is_the_name_of_flow_or_crew_or_else_the_roles(ways: dict[str, Published]) -> None:
    shown = {change["session_key"]: change["title"] for change in ways["titles"].changes if change["state"]}
    assert shown == {"chat:agent": "worker", "chat:named": "Workers", "chat:unnamed": "worker", "chat:flow": "Empty"}


def test_a_crew_shows_the_agent_at_work_its_model_and_the_tasks_done_of_all(details: dict[str, Published]) -> None:
    shown = [change for change in details["two_tasks"].changes if change["state"]]
    agents = [change["labels"]["agent"] for change in shown if "agent" in change["labels"]]
    assert list(dict.fromkeys(agents)) == ["worker", "review er"]
    assert shown[-1]["labels"] == {"agent": "review er", "model": "gpt-4o-mini"}
    assert next(change["progress"] for change in shown if change["progress"]) == [1, 2]
    assert shown[-1]["progress"] == [2, 2]


def test_an_agent_without_a_crew_shows_its_role_and_no_progress(details: dict[str, Published]) -> None:
    shown = [change for change in details["agent_alone"].changes if change["state"]]
    assert shown[-1]["labels"] == {"agent": "clerk", "model": "gpt-4o-mini"}
    assert {change["progress"] for change in shown} == {None}


def test_a_crew_inside_another_changes_neither_labels_nor_progress(details: dict[str, Published]) -> None:
    shown = [change for change in details["crew_in_a_crew"].changes if change["state"]]
    assert details["crew_in_a_crew"].raised is None
    assert shown[-1]["input_tokens"] == 4 * 500
    assert {change["labels"]["agent"] for change in shown if "agent" in change["labels"]} == {"worker"}
    assert [change["progress"] for change in shown if change["progress"]] == [[1, 1]]


def test_a_block_of_the_agents_code_keeps_its_labels_and_its_progress(details: dict[str, Published]) -> None:
    shown = [change for change in details["in_a_block"].changes if change["state"]]
    assert {change["labels"].get("agent") for change in shown[1:]} == {"mine"}
    assert shown[-1]["labels"]["model"] == "gpt-4o-mini"
    assert shown[-1]["progress"] == [3, 7]


def test_a_flow_with_more_runs_inside_than_are_remembered_is_one_session(ways: dict[str, Published]) -> None:
    published = ways["many_crews_in_a_flow"]
    assert len(published.keys) == 1
    assert published.states == ["thinking", None]
    assert published.changes[-2]["input_tokens"] == 5 * 500


def test_a_flow_that_raises_is_an_error(ways: dict[str, Published]) -> None:
    published = ways["flow_that_fails"]
    assert published.states == ["thinking", "error"]
    assert published.changes[-1]["error_message"] == "boom"


def test_a_flow_that_is_paused_waits_until_it_is_resumed(ways: dict[str, Published]) -> None:
    published = ways["paused_and_resumed"]
    assert len(published.keys) == 1
    assert published.states == ["thinking", "waiting_for_user", "thinking", None]
    assert {change["waiting_for"] for change in published.changes if change["waiting_for"]} == {"reply"}
    assert published.changes[-2]["input_tokens"] == 2 * 500


def test_of_a_listener_that_is_closed_nothing_stays_open(ways: dict[str, Published]) -> None:
    assert ways["closed_in_the_middle"].states == ["thinking", "tool_running", None]
