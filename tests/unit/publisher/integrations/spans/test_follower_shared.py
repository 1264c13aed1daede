"""Spans beside a second processor, and inside a session of the agent's own code."""

import pytest

from agent_status_publisher.integrations import status_key
from agent_status_publisher.integrations.spans import follower
from agent_status_publisher.testing import RecordingPublisher
from tests.bridges.recorded.made import Event, end, failed, resumed, said, start
from tests.bridges.recorded.replay import play

FIRST_TWO = (
    [start(1, "invoke_agent a"), start(2, "invoke_agent b", 1), start(3, "chat", 2)],
    [said(3, gen_ai__usage__input_tokens=10, gen_ai__usage__output_tokens=5), end(3), end(2)],
)


@pytest.mark.parametrize("last", [end(1), failed(1)])
def test_a_span_that_two_processors_pass_on_counts_once(last: Event) -> None:
    # follower: Rule 6
    events = [*FIRST_TWO[0], *FIRST_TWO[1], last]
    once, twice = RecordingPublisher().start(), RecordingPublisher().start()
    play(events, once)
    play(events, twice, processors=2)
    assert twice.changes == once.changes


def test_an_agent_with_nothing_inside_that_two_processors_pass_on_is_one_run() -> None:
    # follower: Rule 6
    publisher = RecordingPublisher().start()
    late = said(1, langfuse__observation__type="agent")
    second = resumed(start(2, "invoke_agent b"), end(2))
    rows = play([start(1, "weather"), late, failed(1), *second], publisher, processors=2)
    assert [publisher.states(row.key) for row in rows] == [["thinking", "error"], ["thinking", None]]


def test_all_processors_of_a_publisher_share_one_follower() -> None:
    # follower: Rule 6
    one, other = RecordingPublisher(), RecordingPublisher()
    shared = follower.follower_of(one)
    assert follower.follower_of(one) is shared
    assert follower.follower_of(other) is not shared


def test_a_session_of_the_agents_own_code_keeps_its_title_and_goes_on_after_the_agents_in_it() -> None:
    publisher = RecordingPublisher().start()
    with publisher.session("chat:42", title="Fix") as session, status_key("chat:42"):
        play([start(1, "invoke_agent a"), start(2, "execute_tool bash", 1), end(2), end(1)], publisher)
        play([start(1, "invoke_agent b"), start(2, "chat", 1), end(2), end(1)], publisher)
        with session.tool("deploy"):
            pass
    assert {change.session_key for change in publisher.changes} == {"chat:42"}
    assert {change.title for change in publisher.changes if change.state} == {"Fix"}
    assert [change.tool_name for change in publisher.changes if change.tool_name] == ["bash", "deploy"]
    assert [change.state for change in publisher.changes].count(None) == 1


def test_agents_that_have_ended_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follower, "MAX_ENDED", 20)
    publisher = RecordingPublisher().start()
    shared = follower.follower_of(publisher)
    for number in range(1, 200):
        play([start(number, "invoke_agent a"), end(number)], publisher)
    assert 18 <= len(shared._ended) <= 20
    assert 199 in shared._ended
