"""The facts in a span: its kind of work, names, the session's id and tokens, in each dialect that is in use.

Sources of the names: OpenTelemetry's conventions for generative AI (and their names before 1.27), OpenInference,
OpenLLMetry (`traceloop.…`), Langfuse, and the spans of the frameworks named below.
"""

import json
import re
from collections.abc import Container, Mapping
from enum import StrEnum
from typing import Any, Final


class Work(StrEnum):
    """The kinds of spans that change a session."""

    AGENT = "agent"
    CHAIN = "chain"
    """Steps in a fixed order. A chain is a run where nothing is around it, and a part of the run elsewhere."""
    MODEL = "model"
    TOOL = "tool"


Attributes = Mapping[str, Any] | None

OPERATION: Final = "gen_ai.operation.name"
OPERATIONS: Final = {
    "invoke_agent": Work.AGENT,
    "invoke_workflow": Work.AGENT,
    "invoke_graph": Work.AGENT,  # Strands
    "invoke_swarm": Work.AGENT,  # Strands
    "workflow.run": Work.AGENT,  # Microsoft Agent Framework: a span's whole name
    "chat": Work.MODEL,
    "generate_content": Work.MODEL,
    "text_completion": Work.MODEL,
    "execute_tool": Work.TOOL,
}
FAIL_WITH_AGENTS: Final = {"invoke_graph", "invoke_swarm"}
"""The operations whose spans may end well though an agent inside has failed."""
KINDS: Final[dict[str, dict[str, Work]]] = {
    "openinference.span.kind": {
        "AGENT": Work.AGENT,
        "CHAIN": Work.CHAIN,
        "LLM": Work.MODEL,
        "TOOL": Work.TOOL,
    },
    "traceloop.span.kind": {"workflow": Work.AGENT, "agent": Work.AGENT, "tool": Work.TOOL},
    "llm.request.type": {"chat": Work.MODEL, "completion": Work.MODEL},  # OpenLLMetry's model spans
    "langfuse.observation.type": {
        "agent": Work.AGENT,
        "chain": Work.CHAIN,
        "generation": Work.MODEL,
        "tool": Work.TOOL,
    },
}
"""The kinds of work by attribute and value, in the order in which the attributes are read."""
SAYS_WORK: Final = frozenset({OPERATION, *KINDS})
"""All attributes that say what kind of work a span is."""

OPENINFERENCE_SCOPE: Final = "openinference.instrumentation."
LATE_TOOL: Final = re.compile(r"(\w*Tool)\.a?call")
"""The names of LlamaIndex's tool spans, which say what they are at their end."""
TOOL_NODE: Final = "tools"
"""The node of LangGraph's agents that calls tools. OpenInference says at their end that its children are tools."""
TELLS_ALL_AT_START: Final = ("autogen",)
"""The scopes of emitters whose agents have all attributes when they begin, and often nothing inside.

Those that say more after the start, or have a bridge of their own, must not be here.
"""

SESSION_ID: Final = (
    "gen_ai.conversation.id",
    "session.id",
    "traceloop.association.properties.session_id",
    "traceloop.association.properties.thread_id",
)
AGENT_NAME: Final = (
    "gen_ai.agent.name",
    "agent.name",
    "gen_ai.workflow.name",
    "traceloop.entity.name",
    "workflow.name",  # Microsoft Agent Framework
)
OWN_NAME: Final = AGENT_NAME[:2]
"""The attributes that name an agent, and not a workflow or another step."""
MODEL_NAME: Final = (
    "gen_ai.request.model",
    "gen_ai.response.model",
    "llm.model_name",
    "langfuse.observation.model.name",
    "traceloop.association.properties.ls_model_name",  # LangChain's own name of it, by OpenLLMetry
)
UNKNOWN: Final = "unknown"
"""The word of Microsoft Agent Framework and OpenLLMetry for a model whose name they do not have."""
TOOL_NAME: Final = ("gen_ai.tool.name", "tool.name", "traceloop.entity.name")
CALL_ID: Final = ("gen_ai.tool.call.id",)
INPUT_TOKENS: Final[tuple[str, ...]] = (
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.prompt_tokens",
    "llm.token_count.prompt",
    "llm.usage.prompt_tokens",
)
OUTPUT_TOKENS: Final[tuple[str, ...]] = (
    "gen_ai.usage.output_tokens",
    "gen_ai.usage.completion_tokens",
    "llm.token_count.completion",
    "llm.usage.completion_tokens",
)
LANGFUSE_USAGE: Final = "langfuse.observation.usage_details"
LANGFUSE_TOKENS: Final = ("input", "prompt_tokens"), ("output", "completion_tokens")
SAYS_TOKENS: Final = frozenset({*INPUT_TOKENS, *OUTPUT_TOKENS, LANGFUSE_USAGE})
COST: Final = (
    "operation.cost",  # Pydantic AI and Logfire
    "gen_ai.usage.cost",
    "llm.cost.total",
)
"""The attributes for the cost of a model call in US dollars."""
LANGFUSE_COST: Final = "langfuse.observation.cost_details"
SAYS_COST: Final = frozenset({*COST, LANGFUSE_COST})
MERGED: Final = "(merged"
"""The mark in the name of Google ADK's span for the merged answers of several tools, which is not a tool."""
UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""The mark of a name that a framework made up."""
METHOD: Final = re.compile(
    r"\.(a?(run|call|stream|invoke)|run_stream|a?forward|__call__|on_messages(_stream)?|workflow|agent|task|tool)$"
)
"""The method after the name of an agent or a tool. Instrumentations name spans by both."""


def work_of(name: str, attributes: Attributes, scope: str = "", parent: str = "") -> Work | None:
    """Return a span's kind of work, or None if it says nothing that changes a session.

    Args:
        name: The span's name. Its first part is the operation, where the attribute comes too late.
        attributes: The span's attributes so far.
        scope: The name of the instrumentation that makes the span.
        parent: The name of the span around it.
    """
    operation = name.partition(" ")[0]
    if operation in OPERATIONS:
        said, operation = {}, (attributes or {}).get(OPERATION) or operation
    else:
        said = _said(attributes, SAYS_WORK)
        operation = said.pop(OPERATION, None) or operation
    work = OPERATIONS.get(operation)
    if work is None and said:
        work = next((kinds.get(str(said[key])) for key, kinds in KINDS.items() if key in said), None)
    elif work is None and scope.startswith(OPENINFERENCE_SCOPE):
        work = _late_work(name, parent)
    return None if work is Work.TOOL and MERGED in name else work


def operation_of(name: str, attributes: Attributes) -> Any:
    """Return the operation that a span stands for, by its attribute or the first part of its name."""
    return first(attributes, (OPERATION,)) or name.partition(" ")[0]


def _late_work(name: str, parent: str) -> Work:
    """Return what a span of OpenInference will be, if it says so at its end only. A chain is the safe guess."""
    return Work.TOOL if parent == TOOL_NODE or LATE_TOOL.fullmatch(name) else Work.CHAIN


def says_all_at_start(scope: str) -> bool:
    """Return True if an agent of this instrumentation can be shown before something begins inside it."""
    return scope.startswith(TELLS_ALL_AT_START)


def session_id_of(attributes: Attributes) -> Any:
    """Return the id of the conversation, or None."""
    return first(attributes, SESSION_ID)


def title_of(name: str, attributes: Attributes) -> str | None:
    """Return the name of an agent, or None if it has no name that a person gave or would understand."""
    title = first(attributes, AGENT_NAME)
    title = _target(name) if title is None or UUID.search(str(title)) else str(title)
    return title or None


def agent_name_of(name: str, attributes: Attributes) -> str | None:
    """Return the name of an agent, or None if the span is not one that a person has named."""
    said = first(attributes, OWN_NAME) or (_target(name) if operation_of(name, attributes) == "invoke_agent" else "")
    return str(said) if said and not UUID.search(str(said)) else None


def model_name_of(attributes: Attributes) -> Any:
    """Return the name of the model that a model's span calls, or None. It is the one that was asked for, if known."""
    said = _said(attributes, MODEL_NAME)
    return next((said[name] for name in MODEL_NAME if said.get(name) not in (None, "", UNKNOWN)), None)


def cost_of(attributes: Attributes) -> float | None:
    """Return the cost of a model call in US dollars, or None if its span does not say it."""
    said = _said(attributes, SAYS_COST)
    if details := said.get(LANGFUSE_COST):
        said = {COST[0]: json.loads(details).get("total")}
    cost = next((said[name] for name in COST if type(said.get(name)) in (int, float)), None)
    return None if cost is None else float(cost)


def tool_name_of(name: str, attributes: Attributes) -> Any:
    """Return the name of a tool."""
    return first(attributes, TOOL_NAME) or _target(name)


def tokens_of(attributes: Attributes) -> tuple[int, int]:
    """Return the input and output tokens that a span says. 0 stands for those that it does not."""
    if not attributes:
        return 0, 0
    counts = attributes.get(INPUT_TOKENS[0]), attributes.get(OUTPUT_TOKENS[0])
    if counts[0] and counts[1]:
        return int(counts[0]), int(counts[1])
    said = _said(attributes, SAYS_TOKENS)
    read, written = INPUT_TOKENS, OUTPUT_TOKENS
    if details := said.get(LANGFUSE_USAGE):
        said = json.loads(details)
        read, written = LANGFUSE_TOKENS
    return int(_first_of(said, read) or 0), int(_first_of(said, written) or 0)


def first(attributes: Attributes, names: tuple[str, ...]) -> Any:
    """Return the first of these attributes that is set and not empty."""
    if not attributes:
        return None
    return attributes.get(names[0]) or _first_of(_said(attributes, names), names)


def _first_of(said: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((said[name] for name in names if said.get(name)), None) if said else None


def _said(attributes: Attributes, names: Container[str]) -> dict[str, Any]:
    """Return those of a span's attributes that have these names.

    The mapping of the SDK raises an exception inside for each key that it does not have. To look through is faster.
    """
    return {key: attributes[key] for key in attributes if key in names} if attributes else {}


def _target(name: str) -> str:
    """Return the target of a span's name: what follows the operation, or stands before the method."""
    operation, _, target = name.partition(" ")
    return target if operation in OPERATIONS else METHOD.sub("", name)
