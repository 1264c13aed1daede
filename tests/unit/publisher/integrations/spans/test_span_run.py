"""The run that an outermost span makes."""

from types import SimpleNamespace
from typing import Any

from agent_status_publisher.integrations.spans.span_run import SpanRun, scope_of


def span(name: str, *, parent: Any = None, **attributes: Any) -> Any:
    context = SimpleNamespace(span_id=1, trace_id=2)
    return SimpleNamespace(name=name, attributes=attributes, context=context, parent=parent)


def test_a_graph_fails_with_its_agents_and_an_agent_does_not() -> None:
    assert SpanRun(span("invoke_graph")).fails_with_agents
    assert SpanRun(span("team", **{"gen_ai.operation.name": "invoke_swarm"})).fails_with_agents
    assert not SpanRun(span("invoke_agent a")).fails_with_agents


def test_a_run_that_is_its_trace_has_the_traces_id_and_one_under_something_else_its_spans_too() -> None:
    assert SpanRun(span("invoke_agent a")).own_id == f"{2:032x}"
    assert SpanRun(span("invoke_agent a", parent=SimpleNamespace(span_id=7))).own_id == f"{2:032x}-{1:016x}"


def test_the_scope_is_the_instrumentations_name_or_nothing() -> None:
    assert scope_of(SimpleNamespace(instrumentation_scope=SimpleNamespace(name="autogen-core"))) == "autogen-core"
    assert scope_of(SimpleNamespace(instrumentation_scope=None)) == ""
    assert scope_of(SimpleNamespace()) == ""
