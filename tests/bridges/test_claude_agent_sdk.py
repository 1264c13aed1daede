"""What may happen in a conversation of the Claude Agent SDK beside what all bridges are held to."""

import pytest

from tests.bridges.contract import Published
from tests.bridges.driven import driven

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def ways() -> dict[str, Published]:
    return driven("claude_agent_sdk_ways", bridge="claude_agent_sdk")[0]


@pytest.fixture(scope="module")
def cli() -> dict[str, Published]:
    return driven("claude_code", bridge="claude_agent_sdk")[0]


def shown(published: Published) -> list[str]:
    """The tool, or else the state, at each change of them."""
    shown = [change["tool_name"] or change["state"] or "nothing" for change in published.changes]
    return [state for index, state in enumerate(shown) if index == 0 or state != shown[index - 1]]


def test_nothing_is_ignored(ways: dict[str, Published]) -> None:
    assert {name: published.reported for name, published in ways.items() if published.reported} == {}
    assert [name for name, published in ways.items() if published.raised] == ["process_that_falls", "loop_that_raises"]


def test_a_session_lasts_as_long_as_its_agents_in_the_background_whatever_tells_their_end(
    ways: dict[str, Published],
) -> None:
    published = ways["agent_in_the_background"]
    assert published.states == ["thinking", None]
    assert published.changes[-2]["input_tokens"] == 1000


def test_a_conversation_that_is_cleared_ends_and_another_begins(ways: dict[str, Published]) -> None:
    published = ways["cleared"]
    ended = [change["session_key"] for change in published.changes if change["state"] is None]
    assert ended == ["claude_agent_sdk:3f2a", "claude_agent_sdk:other"]


def test_it_waits_as_long_as_one_question_is_open(ways: dict[str, Published]) -> None:
    published = shown(ways["two_questions_at_once"])
    first = published.index("waiting_for_user")
    assert published[first:] == [
        "waiting_for_user",
        "bash",
        "waiting_for_user",
        "read",
        "streaming",
        "thinking",
        "nothing",
    ]


def test_a_tool_that_is_refused_is_over(ways: dict[str, Published]) -> None:
    assert shown(ways["permission_refused"]) == [
        "thinking",
        "bash",
        "waiting_for_user",
        "streaming",
        "thinking",
        "nothing",
    ]


def test_hooks_of_the_agents_own_are_called_as_well(ways: dict[str, Published]) -> None:
    assert "bash" in shown(ways["hooks_of_the_agents_own"])


def test_a_process_that_falls_is_an_error_and_so_is_a_result_that_says_so_in_another_shape(
    ways: dict[str, Published],
) -> None:
    published = ways["process_that_falls"]
    assert published.states == ["thinking", "tool_running", "error"]
    assert "It was killed" in published.changes[-1]["error_message"]
    assert "boom" in ways["error_of_another_shape"].changes[-1]["error_message"]


def test_what_comes_after_the_result_does_nothing(ways: dict[str, Published]) -> None:
    assert shown(ways["late_hooks"]) == ["thinking", "bash", "nothing"]


def test_a_loop_that_is_left_by_an_exception_of_its_own_is_an_end(ways: dict[str, Published]) -> None:
    assert ways["loop_that_raises"].states == ["thinking", None]


def test_two_agents_inside_one_key_are_one_session_until_both_have_ended(ways: dict[str, Published]) -> None:
    published = ways["two_agents_of_one_key"]
    assert published.keys == {"chat:42"}
    assert published.states.count(None) == 1
    assert not published.is_open


def test_a_real_claude_code_is_seen_at_its_tool_at_its_question_and_at_its_answer(cli: dict[str, Published]) -> None:
    published = cli["allowed"]
    assert (published.raised, published.reported, len(published.keys)) == (None, [], 1)
    states = shown(published)
    assert states[:4] == ["thinking", "Bash", "waiting_for_user", "Bash"]
    assert states[-2:] == ["streaming", "nothing"]
    assert (published.changes[-2]["input_tokens"], published.changes[-2]["output_tokens"]) == (1000, 200)


def test_a_real_claude_code_whose_tool_is_refused_goes_on(cli: dict[str, Published]) -> None:
    states = shown(cli["refused"])
    assert states[:3] == ["thinking", "Bash", "waiting_for_user"]
    assert states.count("Bash") == 1
    assert states[-2:] == ["streaming", "nothing"]


def test_a_real_claude_code_whose_model_fails_is_an_error(cli: dict[str, Published]) -> None:
    published = cli["failing"]
    assert published.states == ["thinking", "error"]
    assert "boom" in published.changes[-1]["error_message"]


def test_a_real_claude_code_that_is_interrupted_is_an_end(cli: dict[str, Published]) -> None:
    published = cli["interrupted"]
    assert (published.raised, published.reported, published.is_open) == (None, [], False)
    assert "error" not in published.states
