"""Spans that have not ended, and whose tokens count."""

from types import SimpleNamespace
from typing import Any

from agent_status_publisher.integrations.spans.conventions import Work
from agent_status_publisher.integrations.spans.open_span import OpenSpan


def span(name: str, **attributes: Any) -> Any:
    return SimpleNamespace(name=name, attributes=attributes, context=SimpleNamespace(span_id=1, trace_id=2))


def opened(name: str, parent: OpenSpan | None = None) -> OpenSpan:
    return OpenSpan(span(name), parent)


def test_the_outermost_span_is_the_run_of_all_inside_it() -> None:
    agent = opened("invoke_agent a")
    tool = opened("execute_tool bash", opened("step", agent))
    assert agent.run.span is agent.span
    assert tool.run is agent.run


def test_what_a_span_is_can_be_read_again() -> None:
    late = opened("weather")
    assert late.work is None
    late.span.attributes["gen_ai.operation.name"] = "invoke_agent"
    late.judge()
    assert late.work is Work.AGENT


def test_its_finished_form_may_say_more() -> None:
    late = opened("weather")
    late.judge(span("execute_tool bash"))
    assert late.work is Work.TOOL


def test_of_models_inside_each_other_the_first_to_end_counts() -> None:
    outer = opened("chat a", opened("invoke_agent a"))
    inner = opened("chat a", outer)
    assert inner.take_tokens()
    assert not outer.take_tokens()


def test_a_model_that_ends_after_the_one_around_it_does_not_count_again() -> None:
    outer = opened("chat a", opened("invoke_agent a"))
    inner = opened("chat a", outer)
    assert outer.take_tokens()
    assert not inner.take_tokens()


def test_each_of_several_models_inside_one_counts() -> None:
    outer = opened("chat a", opened("invoke_agent a"))
    assert [opened("chat a", outer).take_tokens() for _ in range(2)] == [True, True]
    assert not outer.take_tokens()


def test_a_model_inside_a_tool_makes_a_call_of_its_own() -> None:
    outer = opened("chat a", opened("invoke_agent a"))
    assert opened("chat b", opened("execute_tool ask", outer)).take_tokens()
    assert outer.take_tokens()


def test_models_beside_each_other_count_each() -> None:
    agent = opened("invoke_agent a")
    assert [opened("chat a", agent).take_tokens() for _ in range(2)] == [True, True]


def test_a_span_counts_once() -> None:
    model = opened("chat a", opened("invoke_agent a"))
    assert model.take_tokens()
    assert not model.take_tokens()


def test_what_a_name_alone_says_is_not_settled() -> None:
    assert not opened("chat a").is_settled
    assert OpenSpan(span("chat a", **{"gen_ai.operation.name": "chat"}), None).is_settled


def test_spans_of_one_instrumentation_and_name_are_alike() -> None:
    assert opened("bash").likeness == opened("bash").likeness
    assert opened("bash").likeness != opened("read").likeness
