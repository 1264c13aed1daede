"""What spans say of themselves, dialect by dialect."""

from typing import Any

import pytest

from agent_status_publisher.integrations.spans.conventions import (
    Work,
    agent_name_of,
    cost_of,
    model_name_of,
    says_all_at_start,
    session_id_of,
    title_of,
    tokens_of,
    tool_name_of,
    work_of,
)

LANGCHAIN = "openinference.instrumentation.langchain"
LLAMA_INDEX = "openinference.instrumentation.llama_index"


@pytest.mark.parametrize(
    ("name", "attributes", "work"),
    [
        ("", {"gen_ai.operation.name": "invoke_agent"}, Work.AGENT),
        ("invoke_agent Weather", {}, Work.AGENT),
        ("invoke_graph", {}, Work.AGENT),
        ("invoke_swarm", {}, Work.AGENT),
        ("workflow.run", {}, Work.AGENT),
        ("workflow.build", {}, None),
        ("create_agent Weather", {"gen_ai.operation.name": "create_agent"}, None),
        ("chat gpt", {}, Work.MODEL),
        ("execute_tool bash", {}, Work.TOOL),
        ("execute_tool (merged)", {"gen_ai.operation.name": "execute_tool"}, None),
        ("x", {"openinference.span.kind": "AGENT"}, Work.AGENT),
        ("x", {"openinference.span.kind": "CHAIN"}, Work.CHAIN),
        ("x", {"openinference.span.kind": "LLM"}, Work.MODEL),
        ("x", {"openinference.span.kind": "TOOL"}, Work.TOOL),
        ("x", {"openinference.span.kind": "RETRIEVER"}, None),
        ("x", {"traceloop.span.kind": "workflow"}, Work.AGENT),
        ("x", {"traceloop.span.kind": "agent"}, Work.AGENT),
        ("x", {"traceloop.span.kind": "tool"}, Work.TOOL),
        ("x", {"traceloop.span.kind": "task"}, None),
        ("openai.chat", {"llm.request.type": "chat"}, Work.MODEL),
        ("x", {"langfuse.observation.type": "agent"}, Work.AGENT),
        ("x", {"langfuse.observation.type": "chain"}, Work.CHAIN),
        ("x", {"langfuse.observation.type": "generation"}, Work.MODEL),
        ("x", {"langfuse.observation.type": "tool"}, Work.TOOL),
        ("x", {"langfuse.observation.type": "span"}, None),
        ("GET /", {"http.request.method": "GET"}, None),
        ("x", None, None),
    ],
)
def test_each_dialect_names_agents_models_and_tools(
    name: str, attributes: dict[str, Any] | None, work: Work | None
) -> None:
    assert work_of(name, attributes) is work


@pytest.mark.parametrize(
    ("name", "scope", "parent", "work"),
    [
        ("Weather", LANGCHAIN, "", Work.CHAIN),
        ("bash", LANGCHAIN, "tools", Work.TOOL),
        ("FunctionTool.acall", LLAMA_INDEX, "", Work.TOOL),
        ("ReActAgent.run", LLAMA_INDEX, "", Work.CHAIN),
        ("ReActAgent.run", "my.library", "", None),
        ("bash", "my.library", "tools", None),
    ],
)
def test_a_span_that_says_its_kind_at_its_end_is_guessed_by_names_until_then(
    name: str, scope: str, parent: str, work: Work | None
) -> None:
    assert work_of(name, {}, scope, parent) is work


def test_a_kind_that_is_said_wins_over_the_guess() -> None:
    assert work_of("bash", {"openinference.span.kind": "LLM"}, LANGCHAIN, "tools") is Work.MODEL
    assert work_of("bash", {"openinference.span.kind": "RETRIEVER"}, LANGCHAIN, "tools") is None


@pytest.mark.parametrize(
    ("name", "attributes", "title"),
    [
        ("invoke_agent Weather", {}, "Weather"),
        ("invoke_agent Weather", {"gen_ai.agent.name": "Forecast"}, "Forecast"),
        ("weather.run", {}, "weather"),
        ("ReAct.forward", {}, "ReAct"),
        ("RoundRobinGroupChat.run_stream", {}, "RoundRobinGroupChat"),
        ("joke.workflow", {"traceloop.entity.name": "joke"}, "joke"),
        ("LangGraph", {}, "LangGraph"),
        ("v1.2", {}, "v1.2"),
        ("invoke_graph", {}, None),
        ("workflow.run", {"workflow.name": "Research"}, "Research"),
        ("workflow.run", {"workflow.name": "WorkflowBuilder-abafb6ec-1749-4733-943d-e2036f3a266f"}, None),
        ("invoke_agent", {"gen_ai.agent.name": 7}, "7"),
    ],
)
def test_a_title_is_the_name_that_a_person_gave(name: str, attributes: dict[str, Any], title: str | None) -> None:
    assert title_of(name, attributes) == title


@pytest.mark.parametrize(
    ("name", "attributes", "tool"),
    [
        ("execute_tool bash", {}, "bash"),
        ("SimpleTool", {"tool.name": "bash"}, "bash"),
        ("bash.__call__", {}, "bash"),
        ("FunctionTool.acall", {}, "FunctionTool"),
        ("bash.tool", {"traceloop.entity.name": "bash"}, "bash"),
    ],
)
def test_a_tool_is_shown_by_its_name(name: str, attributes: dict[str, Any], tool: str) -> None:
    assert tool_name_of(name, attributes) == tool


@pytest.mark.parametrize(
    "attributes",
    [
        {"gen_ai.usage.input_tokens": 10, "gen_ai.usage.output_tokens": 5},
        {"gen_ai.usage.prompt_tokens": 10, "gen_ai.usage.completion_tokens": 5},
        {"llm.token_count.prompt": 10, "llm.token_count.completion": 5},
        {"llm.usage.prompt_tokens": 10, "llm.usage.completion_tokens": 5},
        {"langfuse.observation.usage_details": '{"input": 10, "output": 5, "total": 15}'},
        {"langfuse.observation.usage_details": '{"prompt_tokens": 10, "completion_tokens": 5}'},
        {"gen_ai.usage.input_tokens": 10, "gen_ai.usage.prompt_tokens": 10, "gen_ai.usage.completion_tokens": 5},
    ],
)
def test_tokens_are_read_by_new_and_old_names(attributes: dict[str, Any]) -> None:
    assert tokens_of(attributes) == (10, 5)


def test_a_span_without_tokens_has_none() -> None:
    assert tokens_of({}) == (0, 0)
    assert tokens_of(None) == (0, 0)


@pytest.mark.parametrize(
    "key",
    [
        "gen_ai.conversation.id",
        "session.id",
        "traceloop.association.properties.session_id",
        "traceloop.association.properties.thread_id",
    ],
)
def test_the_conversations_id_is_known_in_each_dialect(key: str) -> None:
    assert session_id_of({key: "42"}) == "42"


def test_only_emitters_that_say_all_at_the_start_begin_an_agent_there() -> None:
    assert says_all_at_start("autogen-core")
    assert not says_all_at_start("strands.telemetry.tracer")


@pytest.mark.parametrize(
    ("name", "attributes", "agent"),
    [
        ("invoke_agent reviewer", {}, "reviewer"),
        ("invoke_agent x", {"gen_ai.agent.name": "reviewer"}, "reviewer"),
        ("AgentExecutor", {"agent.name": "reviewer"}, "reviewer"),
        ("invoke_workflow nightly", {"gen_ai.workflow.name": "nightly"}, None),
        ("LangGraph", {"openinference.span.kind": "CHAIN"}, None),
        ("invoke_agent", {}, None),
        ("invoke_agent 0d0c5b1c-8a7f-4b6e-9f0a-0123456789ab", {}, None),
    ],
)
def test_an_agents_name_is_one_that_a_person_gave_to_an_agent(
    name: str, attributes: dict[str, Any], agent: str | None
) -> None:
    assert agent_name_of(name, attributes) == agent


@pytest.mark.parametrize(
    ("attributes", "model"),
    [
        ({"gen_ai.request.model": "large", "gen_ai.response.model": "large-2026-11"}, "large"),
        ({"gen_ai.response.model": "large-2026-11"}, "large-2026-11"),
        ({"llm.model_name": "large"}, "large"),
        ({"langfuse.observation.model.name": "large"}, "large"),
        ({}, None),
        (None, None),
    ],
)
def test_the_model_is_the_one_that_was_asked_for_in_each_dialect(
    attributes: dict[str, Any] | None, model: str | None
) -> None:
    assert model_name_of(attributes) == model


@pytest.mark.parametrize(
    ("attributes", "cost"),
    [
        ({"operation.cost": 0.25}, 0.25),
        ({"gen_ai.usage.cost": 1}, 1.0),
        ({"llm.cost.total": 0.25, "llm.cost.prompt": 0.2}, 0.25),
        ({"langfuse.observation.cost_details": '{"input": 0.2, "total": 0.25}'}, 0.25),
        ({"langfuse.observation.cost_details": '{"input": 0.2}'}, None),
        ({"operation.cost": "much"}, None),
        ({"operation.cost": True}, None),
        ({}, None),
        (None, None),
    ],
)
def test_a_cost_is_read_in_each_dialect(attributes: dict[str, Any] | None, cost: float | None) -> None:
    assert cost_of(attributes) == cost
