"""What may happen in a conversation of the Claude Agent SDK beside what all bridges are held to."""

import pytest

from tests.bridges.contract import Published
from tests.bridges.driven import driven

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def ways() -> dict[str, Published]:
    return driven("claude_agent_sdk_ways", bridge="claude_agent_sdk")[0]


@pytest.fixture(scope="module")
def counted() -> dict[str, Published]:
    return driven("claude_agent_sdk_tokens", bridge="claude_agent_sdk")[0]


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


def tokens(published: Published) -> list[tuple[int, int]]:
    """The tokens before each end."""
    changes = published.changes
    ends = [index for index, change in enumerate(changes) if change["state"] is None]
    return [(changes[index - 1]["input_tokens"], changes[index - 1]["output_tokens"]) for index in ends]


def test_the_tokens_of_subagents_are_counted_once(counted: dict[str, Published]) -> None:
    assert tokens(counted["subagent"]) == [(1500, 340)]


def test_each_turn_counts_its_own_tokens(counted: dict[str, Published]) -> None:
    assert tokens(counted["second_turn"]) == [(1500, 340), (1500, 340)]


def test_tokens_from_before_this_process_are_not_counted(counted: dict[str, Published]) -> None:
    assert tokens(counted["resumed"]) == [(1500, 200)]  # of subagents' output, what their messages have


def test_without_totals_by_model_the_messages_of_subagents_count(counted: dict[str, Published]) -> None:
    assert tokens(counted["older_cli"]) == [(1000, 150)]


def test_a_title_is_the_folders_own_name_unless_the_agents_code_gives_one(counted: dict[str, Published]) -> None:
    assert counted["subagent"].changes[0]["title"] == "shop"
    assert counted["named_by_the_agents_code"].changes[0]["title"] == "Fix auth bug"


def test_options_without_watch_are_one_hint(counted: dict[str, Published]) -> None:
    assert counted["without_watch"].changes == []
    (hint,) = counted["without_watch"].reported
    assert "watch(messages, publisher)" in hint
    assert {name for name, published in counted.items() if published.reported} == {"without_watch"}


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
