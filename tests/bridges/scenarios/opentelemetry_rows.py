"""Agents in tools of a traced framework that are sessions of their own; each is a rule, and asserts it."""

import asyncio
from types import FunctionType
from typing import Any, Final

from opentelemetry.sdk.trace import TracerProvider
from pydantic_ai import Agent
from pydantic_ai.models.instrumented import InstrumentationSettings

from agent_status_publisher.integrations.opentelemetry import StatusSpanProcessor
from agent_status_publisher.integrations.pydantic_ai import StatusCapability
from agent_status_publisher.testing import RecordingPublisher
from tests.bridges.scenarios.pydantic_ai import model, priced

PACKAGES = ("opentelemetry-sdk", "pydantic-ai-slim")


def _run(publisher: RecordingPublisher, explorer: Agent[Any], **options: Any) -> None:
    """Two calls at once of an agent in a tool."""
    provider = TracerProvider()
    provider.add_span_processor(StatusSpanProcessor(publisher, subagents="sessions"))
    Agent.instrument_all(InstrumentationSettings(tracer_provider=provider))

    async def explore() -> str:
        """Asks another agent."""
        return str((await explorer.run("Look")).output)

    chief = Agent(model(("explore", "explore"), "They have looked"), name="chief", tools=[explore], **options)
    asyncio.run(chief.run("Work", conversation_id="42"))


def _newest(publisher: RecordingPublisher) -> dict[str, Any]:
    """The newest change of each session before its end."""
    return {change.session_key: change for change in publisher.changes if change.state is not None}


def an_agent_in_a_tool_is_a_child_with_labels_and_tokens_of_its_own(publisher: RecordingPublisher) -> None:
    _run(publisher, Agent(priced("I have looked"), name="explorer"))
    newest = _newest(publisher)
    outer = newest.pop("opentelemetry:42")
    assert len(newest) == 2
    for key, child in newest.items():
        assert key.startswith("opentelemetry:42/pyd_ai_")  # the id of the tool call, which the framework makes up
        assert (child.parent, child.title) == ("opentelemetry:42", "explorer")
        assert child.labels == {"agent": "explorer", "model": "large"}
        assert (child.input_tokens, child.output_tokens) == (900, 100)
    assert outer.labels["agent"] == "chief"
    assert outer.input_tokens < 900
    assert publisher.sessions == {}


def beside_the_frameworks_own_bridge_its_tokens_are_counted_once(publisher: RecordingPublisher) -> None:
    own = [StatusCapability(publisher, subagents="sessions")]
    _run(publisher, Agent(priced("I have looked"), name="explorer", capabilities=own), capabilities=own)
    tokens = [change.input_tokens for change in _newest(publisher).values() if change.parent is not None]
    assert tokens == [900, 900]
    assert publisher.sessions == {}


SCENARIOS: Final = {
    name: rule
    for name, rule in list(globals().items())
    if isinstance(rule, FunctionType) and rule.__module__ == __name__ and not name.startswith("_")
}
