"""All ways to drive one of Pydantic AI's runs."""

import pytest

from tests.bridges.contract import Told
from tests.bridges.driven import driven

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
FAILS = {"tool_that_fails": "ValueError: boom"}


@pytest.fixture(scope="module")
def ways() -> dict[str, Told]:
    return driven("pydantic_ai_ways", bridge="pydantic_ai")[0]


def tokens(told: Told) -> tuple[int, int]:
    """The most that were shown."""
    return max((change["input_tokens"], change["output_tokens"]) for change in told.changes)


def test_nothing_is_ignored_and_nothing_raised_but_what_the_agent_raises(ways: dict[str, Told]) -> None:
    assert {name: told.reported for name, told in ways.items() if told.reported} == {}
    assert {name: told.raised for name, told in ways.items() if told.raised} == FAILS


@pytest.mark.parametrize("way", ["run_stream", "run_stream_events", "event_stream_handler", "iterated"])
def test_where_the_agents_code_streams_it_is_seen_and_an_inner_agent_is_no_session_of_its_own(
    ways: dict[str, Told], way: str
) -> None:
    told = ways[way]
    assert len(told.keys) == 1
    inner, outer = ["thinking", "streaming"], ["thinking", "streaming", None]
    assert told.states == ["thinking", "tool_running", *inner, *outer]
    assert tokens(told) == (151, 7)


@pytest.mark.parametrize("way", ["left_in_the_middle", "abandoned"])
def test_a_run_that_is_left_in_the_middle_ends(ways: dict[str, Told], way: str) -> None:
    assert ways[way].states[-1] is None
    assert "error" not in ways[way].states


def test_one_run_after_the_other_in_one_task_is_two_sessions(ways: dict[str, Told]) -> None:
    assert ways["one_after_the_other"].states == ["thinking", None, "thinking", None]
    assert ways["one_after_the_other"].keys == {"pydantic_ai:1", "pydantic_ai:2"}


def test_runs_at_once_are_sessions_of_their_own(ways: dict[str, Told]) -> None:
    last = {change["session_key"]: change["state"] for change in ways["at_once"].changes}
    assert last == dict.fromkeys((f"pydantic_ai:{number}" for number in range(5)), None)


def test_the_name_that_the_agents_code_gives_wins(ways: dict[str, Told]) -> None:
    assert ways["named"].keys == {"chat:7"}


def test_a_run_that_outlives_the_one_around_it_shows_nothing_more(ways: dict[str, Told]) -> None:
    assert len(ways["outlived"].keys) == 1
    assert ways["outlived"].states.count(None) == 1
    assert ways["outlived"].states[-1] is None


def test_a_question_that_another_capability_answers_inside_the_run_is_waiting(ways: dict[str, Told]) -> None:
    states = ways["asked_inside"].states
    assert states == ["thinking", "waiting_for_user", "tool_running", "streaming", "thinking", None]


def test_a_tool_that_raises_out_of_the_run_is_its_error(ways: dict[str, Told]) -> None:
    assert ways["tool_that_fails"].changes[-1]["error_message"] == "boom"


def test_a_script_without_a_loop_is_seen(ways: dict[str, Told]) -> None:
    assert ways["in_a_script"].states == ["thinking", None]


def test_given_twice_it_counts_once(ways: dict[str, Told]) -> None:
    assert tokens(ways["twice"]) == tokens(ways["in_a_script"])


def test_two_boards_see_the_same_run(ways: dict[str, Told]) -> None:
    assert ways["on_two_boards"].states == ["thinking", None]
