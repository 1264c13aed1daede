"""The rules for sessions that spans make. Real frameworks' spans are in `test_follower_recorded.py`."""

import pytest

from agent_status_publisher.integrations.runs import Runs
from agent_status_publisher.integrations.spans import follower
from agent_status_publisher.testing import RecordingPublisher
from tests.bridges.recorded.made import INTERRUPTED, Event, end, failed, said, start
from tests.bridges.recorded.replay import Row, play


def rows(*events: Event) -> list[tuple[str | None, list[str]]]:
    return [(row.title, row.states) for row in play(list(events))]


def only(*events: Event) -> Row:
    (row,) = play(list(events))
    return row


def test_agents_under_one_request_are_a_row_each_with_their_own_error() -> None:
    # follower: Rule 1
    assert rows(
        start(1, "POST /research"),
        *(start(2, "invoke_agent searcher", 1), start(3, "chat", 2)),
        *(start(4, "invoke_agent writer", 1), start(5, "chat", 4)),
        *(end(3), failed(2), end(5), end(4), end(1)),
    ) == [("searcher", ["thinking", "error boom"]), ("writer", ["thinking", "end"])]


def test_the_error_of_the_first_agent_of_a_job_stays_while_the_second_runs() -> None:
    # follower: Rule 1
    assert rows(
        start(1, "nightly"),
        *(start(2, "invoke_agent one", 1), start(3, "chat", 2), end(3), failed(2)),
        *(start(4, "invoke_agent two", 1), start(5, "chat", 4), end(5), end(4)),
    ) == [("one", ["thinking", "error boom"]), ("two", ["thinking", "end"])]


def test_an_agent_that_is_the_trace_has_its_id_as_the_key() -> None:
    # follower: Rule 1
    assert only(start(1, "invoke_agent one"), start(2, "chat", 1)).key == f"opentelemetry:{0xA0001:032x}"


def test_agents_inside_an_agent_are_parts_of_its_row() -> None:
    # follower: Rule 1
    assert rows(
        *(start(1, "invoke_agent outer"), start(2, "invoke_agent inner", 1), start(3, "chat", 2)),
        *(end(3), failed(2), end(1)),
    ) == [("outer", ["thinking", "end"])]


@pytest.mark.parametrize(
    "kind",
    [
        {"gen_ai__operation__name": "invoke_agent"},
        {"openinference__span__kind": "CHAIN"},
        {"traceloop__span__kind": "workflow"},
        {"langfuse__observation__type": "agent"},
    ],
)
def test_what_a_span_is_may_be_said_before_its_first_child_begins(kind: dict[str, str]) -> None:
    # follower: Rule 2
    assert rows(start(1, "weather"), said(1, **kind), start(2, "chat", 1), end(2), end(1)) == [
        ("weather", ["thinking", "end"])
    ]


def test_a_span_that_says_nothing_until_its_end_was_an_agent_then() -> None:
    # follower: Rule 2
    agent = said(1, langfuse__observation__type="agent")
    assert rows(start(1, "weather"), agent, failed(1)) == [("weather", ["error boom"])]


def test_a_span_that_has_ended_is_not_an_agent_that_runs() -> None:
    # follower: Rule 2
    # It is still the parent of what begins in its context.
    agent = said(1, langfuse__observation__type="chain")
    assert rows(start(1, "weather"), agent, end(1), start(2, "chat", 1), end(2)) == []


def test_a_tool_that_says_so_after_its_start_is_shown_when_something_begins_inside() -> None:
    # follower: Rule 2
    assert rows(
        *(start(1, "invoke_agent a"), start(2, "bash", 1), said(2, langfuse__observation__type="tool")),
        *(start(3, "GET /", 2), end(3), end(2), end(1)),
    ) == [("a", ["thinking", "tool_running bash", "thinking", "end"])]


def test_tokens_count_for_a_span_that_says_at_its_end_that_it_is_a_models() -> None:
    # follower: Rule 2
    used = said(2, gen_ai__operation__name="chat", gen_ai__usage__prompt_tokens=10, gen_ai__usage__completion_tokens=5)
    assert only(start(1, "invoke_agent a"), start(2, "Scripted.chat", 1), used, end(2)).tokens == (10, 5)


def test_an_agent_waits_for_its_first_child_since_its_id_may_come_late() -> None:
    # follower: Rule 3
    assert rows(start(1, "invoke_agent a")) == []
    row = only(start(1, "invoke_agent a"), said(1, session__id="42"), start(2, "chat", 1))
    assert row.key == "opentelemetry:42"


def test_an_agent_with_an_id_or_of_an_emitter_that_says_all_begins_at_once() -> None:
    # follower: Rule 3
    assert rows(start(1, "invoke_agent a", session__id="42")) == [("a", ["thinking"])]
    assert rows(start(1, "invoke_agent a", scope="autogen-core")) == [("a", ["thinking"])]


def test_a_chain_with_nothing_inside_it_is_shown_only_if_it_fails() -> None:
    # follower: Rule 3
    chain = start(1, "parse", openinference__span__kind="CHAIN")
    assert rows(chain, end(1)) == []
    assert rows(chain, failed(1)) == [("parse", ["error boom"])]


def test_a_model_or_a_tool_without_an_agent_is_not_a_row() -> None:
    assert rows(start(1, "chat"), start(2, "execute_tool bash", 1), end(2), end(1)) == []


def test_a_guess_that_was_wrong_is_not_a_row() -> None:
    late = start(1, "ChatModel", scope="openinference.instrumentation.langchain")
    assert rows(late, said(1, openinference__span__kind="LLM"), failed(1)) == []


@pytest.mark.parametrize("status", ["OK", "ERROR"])
def test_an_interrupt_inside_a_run_that_ends_waits_and_its_payload_is_not_shown(status: str) -> None:
    # follower: Rule 4
    assert rows(
        *(start(1, "invoke_agent a"), start(2, "approve", 1), failed(2, INTERRUPTED, status), end(1)),
    ) == [("a", ["thinking", "waiting_for_user"])]


def test_a_run_that_ends_with_an_interrupt_itself_waits() -> None:
    # follower: Rule 4
    assert rows(start(1, "invoke_agent a"), start(2, "chat", 1), end(2), failed(1, INTERRUPTED)) == [
        ("a", ["thinking", "waiting_for_user"])
    ]


def test_a_tool_that_ends_after_a_question_does_not_hide_it() -> None:
    # follower: Rule 4
    # The other tool runs beside the one that asks.
    assert (
        rows(
            *(start(1, "invoke_agent a"), start(2, "execute_tool ask", 1), start(3, "execute_tool bash", 1)),
            *(failed(2, INTERRUPTED), end(3)),
        )[0][1][-1]
        == "waiting_for_user"
    )


def test_an_agent_that_fails_is_the_error_of_a_graph_that_ends_well_and_of_no_other_run() -> None:
    # follower: Rule 4
    inside = start(2, "invoke_agent one", 1), start(3, "chat", 2), end(3), failed(2), end(1)
    assert rows(start(1, "invoke_graph"), *inside) == [("one", ["thinking", "error boom"])]
    assert rows(start(1, "invoke_workflow x"), *inside) == [("x", ["thinking", "end"])]


def test_after_its_last_tool_an_agent_is_thinking() -> None:
    # follower: Rule 7
    assert rows(
        *(start(1, "invoke_agent a"), start(2, "execute_tool bash", 1), start(3, "execute_tool read", 1)),
        *(end(3), end(2)),
    ) == [("a", ["tool_running bash", "tool_running read", "tool_running bash", "thinking"])]


def test_a_run_without_a_name_has_that_of_its_first_agent() -> None:
    assert rows(start(1, "invoke_graph"), start(2, "invoke_agent one", 1), start(3, "invoke_agent two", 1)) == [
        ("one", ["thinking"])
    ]


SMOLAGENTS = "openinference.instrumentation.smolagents"


def step(kind: str) -> list[Event]:
    """A step that raises, of an agent whose span nobody ends, and the next agent inside that span."""
    raised = [{"exception.type": f"smolagents.utils.{kind}", "exception.message": "boom"}]
    return [
        start(1, "one.run", scope=SMOLAGENTS, openinference__span__kind="AGENT"),
        start(2, "Step 1", 1, SMOLAGENTS, openinference__span__kind="CHAIN"),
        failed(2, raised),
        start(3, "two.run", 1, SMOLAGENTS, openinference__span__kind="AGENT"),
        start(4, "Step 1", 3, SMOLAGENTS, openinference__span__kind="CHAIN"),
    ]


def test_a_step_that_raises_ends_an_agent_whose_span_never_ends_and_the_next_one_does_not_join_it() -> None:
    assert rows(*step("AgentGenerationError"), end(4), end(3)) == [
        ("one", ["thinking", "error boom"]),
        ("two", ["thinking", "end"]),
    ]


def test_if_that_span_ends_after_all_nothing_changes() -> None:
    assert rows(*step("AgentGenerationError"), end(1))[0] == ("one", ["thinking", "error boom"])


def test_a_step_that_was_stopped_ends_the_row() -> None:
    assert rows(*step("KeyboardInterrupt"))[0] == ("one", ["thinking", "end"])


def test_a_step_whose_error_the_agent_reads_ends_nothing() -> None:
    assert rows(*step("AgentParsingError"), end(1)) == [("one", ["thinking", "end"])]


def test_spans_that_never_end_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follower, "MAX_SPANS", 3)
    shown = play([start(number, "invoke_agent a", session__id=str(number)) for number in range(1, 11)])
    assert [row.key for row in shown if row.states == ["thinking"]] == [f"opentelemetry:{n}" for n in (8, 9, 10)]


def test_a_title_is_not_given_to_a_session_of_someone_else() -> None:
    publisher = RecordingPublisher().start()
    Runs(publisher, "web").begin("run", session_id="42")
    play([start(1, "invoke_agent a"), start(2, "invoke_agent b", 1)], publisher)
    assert {change.title for change in publisher.changes} == {None}


WAITS = [{"exception.type": "WaitingForEvent", "exception.message": "Waiting for event HumanResponseEvent"}]


def test_a_question_that_its_own_run_answers_waits_until_the_run_goes_on() -> None:
    asked = start(1, "invoke_agent a"), start(2, "execute_tool ask", 1), failed(2, WAITS)
    again = start(3, "execute_tool ask", 1), end(3)
    assert rows(*asked) == [("a", ["tool_running ask", "waiting_for_user"])]
    assert rows(*asked, *again, end(1)) == [
        ("a", ["tool_running ask", "waiting_for_user", "tool_running ask", "thinking", "end"])
    ]


def test_a_run_that_was_stopped_while_it_waited_ends() -> None:
    stopped = [{"exception.type": "CancelledError", "exception.message": ""}]
    asked = start(1, "invoke_agent a"), start(2, "execute_tool ask", 1), failed(2, WAITS)
    assert rows(*asked, failed(1, stopped))[0][1][-1] == "end"


def late_tool(number: int, *, kind: str = "tool", name: str = "bash", scope: str = "langfuse") -> list[Event]:
    """A span that says what it is right after its start, and has nothing inside."""
    return [start(number, name, 1, scope), said(number, langfuse__observation__type=kind), end(number)]


def test_a_tool_that_was_known_only_at_its_end_is_shown_by_its_name_the_next_time() -> None:
    # follower: Rule 2
    agent = start(1, "invoke_agent a")
    assert rows(agent, *late_tool(2)) == [("a", ["thinking"])]
    assert rows(agent, *late_tool(2), *late_tool(3)) == [("a", ["thinking", "tool_running bash", "thinking"])]


@pytest.mark.parametrize("other", [{"kind": "chain"}, {"name": "read"}, {"scope": "another"}])
def test_only_what_was_a_tool_is_one_the_next_time(other: dict[str, str]) -> None:
    # follower: Rule 2
    first = late_tool(2, kind=other.get("kind", "tool"))
    second = late_tool(3, name=other.get("name", "bash"), scope=other.get("scope", "langfuse"))
    assert rows(start(1, "invoke_agent a"), *first, *second) == [("a", ["thinking"])]


def test_a_model_that_was_taken_for_a_tool_ends_as_both() -> None:
    # follower: Rule 2
    scope = "openinference.instrumentation.langchain"
    used = {"llm__token_count__prompt": 10, "llm__token_count__completion": 5}
    row = only(
        *(start(1, "Weather", scope=scope), start(2, "tools", 1, scope), start(3, "Scripted", 2, scope)),
        *(said(3, openinference__span__kind="LLM", **used), end(3)),
    )
    assert row.states == ["thinking", "tool_running Scripted", "thinking"]
    assert row.tokens == (10, 5)
