"""All ways to drive one of Pydantic AI's runs."""

import pytest

from tests.bridges.contract import Published
from tests.bridges.driven import driven

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
FAILS = {"tool_that_fails": "ValueError: boom"}


@pytest.fixture(scope="module")
def ways() -> dict[str, Published]:
    return driven("pydantic_ai_ways", bridge="pydantic_ai")[0]


def tokens(published: Published) -> tuple[int, int]:
    """The most that were shown."""
    return max((change["input_tokens"], change["output_tokens"]) for change in published.changes)


def test_nothing_is_ignored_and_nothing_raised_but_what_the_agent_raises(ways: dict[str, Published]) -> None:
    assert {name: published.reported for name, published in ways.items() if published.reported} == {}
    assert {name: published.raised for name, published in ways.items() if published.raised} == FAILS


@pytest.mark.parametrize("way", ["run_stream", "run_stream_events", "event_stream_handler", "iterated"])
def test_streaming_by_the_agents_code_is_seen_and_an_inner_agent_is_not_a_session(
    ways: dict[str, Published], way: str
) -> None:
    published = ways[way]
    assert len(published.keys) == 1
    inner, outer = ["thinking", "streaming"], ["thinking", "streaming", None]
    assert published.states == ["thinking", "tool_running", *inner, *outer]
    assert tokens(published) == (151, 7)


@pytest.mark.parametrize("way", ["left_in_the_middle", "abandoned"])
def test_a_run_that_is_left_in_the_middle_ends(ways: dict[str, Published], way: str) -> None:
    assert ways[way].states[-1] is None
    assert "error" not in ways[way].states


def test_one_run_after_the_other_in_one_task_is_two_sessions(ways: dict[str, Published]) -> None:
    assert ways["one_after_the_other"].states == ["thinking", None, "thinking", None]
    assert ways["one_after_the_other"].keys == {"pydantic_ai:1", "pydantic_ai:2"}


def test_runs_at_once_are_sessions_of_their_own(ways: dict[str, Published]) -> None:
    last = {change["session_key"]: change["state"] for change in ways["at_once"].changes}
    assert last == dict.fromkeys((f"pydantic_ai:{number}" for number in range(5)), None)


def test_the_name_that_the_agents_code_gives_wins(ways: dict[str, Published]) -> None:
    assert ways["named"].keys == {"chat:7"}


def test_a_run_that_outlives_the_one_around_it_shows_nothing_more(ways: dict[str, Published]) -> None:
    assert len(ways["outlived"].keys) == 1
    assert ways["outlived"].states.count(None) == 1
    assert ways["outlived"].states[-1] is None


def test_a_question_that_another_capability_answers_inside_the_run_is_waiting(ways: dict[str, Published]) -> None:
    states = ways["asked_inside"].states
    assert states == ["thinking", "waiting_for_user", "tool_running", "streaming", "thinking", None]


def test_a_tool_that_raises_out_of_the_run_is_its_error(ways: dict[str, Published]) -> None:
    assert ways["tool_that_fails"].changes[-1]["error_message"] == "boom"


def test_a_script_without_a_loop_is_seen(ways: dict[str, Published]) -> None:
    assert ways["in_a_script"].states == ["thinking", None]


@pytest.mark.parametrize("way", ["sync_stream", "sync_stream_in_a_block"])
def test_a_stream_that_sync_code_reads_ends_when_it_has_been_read_with_all_its_tokens(
    ways: dict[str, Published], way: str
) -> None:
    assert ways[way].states[-2:] == ["streaming", None]
    assert ways[way].states.count(None) == 1
    assert tokens(ways[way]) == tokens(ways["run_stream"])


def test_a_call_that_is_deferred_to_a_service_waits_for_nobody(ways: dict[str, Published]) -> None:
    assert ways["deferred_to_a_service"].states[-1] is None
    assert "waiting_for_user" not in ways["deferred_to_a_service"].states
    assert ways["deferred_to_a_service_and_a_person"].states[-1] == "waiting_for_user"


def test_given_twice_it_counts_once(ways: dict[str, Published]) -> None:
    assert tokens(ways["twice"]) == tokens(ways["in_a_script"])


def test_two_dashboards_see_the_same_run(ways: dict[str, Published]) -> None:
    assert ways["on_two_boards"].states == ["thinking", None]
