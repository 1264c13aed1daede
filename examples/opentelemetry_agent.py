"""Traced agents on the dashboard: one line, `provider.add_span_processor(StatusSpanProcessor(publisher))`.

The agent is one of Pydantic AI, which traces itself; Google ADK, Microsoft Agent Framework, Strands and others do, too.
Run it beside `agent-status-gateway watch`. Its model needs no network and no key. Needs
`pip install opentelemetry-sdk pydantic-ai-slim`.
"""

import time

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import set_tracer_provider
from pydantic_ai import Agent
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import AgentInfo, FunctionModel

from agent_status_publisher import StatusPublisher
from agent_status_publisher.integrations.opentelemetry import StatusSpanProcessor


def pretend(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
    """A model that calls the tool first, and then answers."""
    time.sleep(2)
    if len(messages) == 1:
        return ModelResponse(parts=[ToolCallPart(info.function_tools[0].name, {"command": "ls"})])
    return ModelResponse(parts=[TextPart("There are notes.")])


def bash(command: str) -> str:
    """Runs a command."""
    time.sleep(3)
    return f"{command}: notes.txt"


def main() -> None:
    with StatusPublisher() as publisher:
        provider = TracerProvider()
        provider.add_span_processor(StatusSpanProcessor(publisher))
        set_tracer_provider(provider)
        Agent.instrument_all()
        agent = Agent(FunctionModel(pretend), name="Clerk", tools=[bash])
        print(agent.run_sync("Look what is there", conversation_id="abc123").output)


if __name__ == "__main__":
    main()
