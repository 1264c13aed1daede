"""Pydantic AI on the dashboard: one line, `capabilities=[StatusCapability(publisher)]`.

Run it beside `agent-status-gateway watch`.

A real agent, and Pydantic AI's own model for tests, which needs no network and no key. Needs
`pip install pydantic-ai-slim`.
"""

import asyncio
from collections.abc import AsyncIterator

from pydantic_ai import Agent
from pydantic_ai.messages import ModelMessage
from pydantic_ai.models.function import AgentInfo, DeltaToolCall, DeltaToolCalls, FunctionModel

from agent_status_publisher import StatusPublisher
from agent_status_publisher.integrations.pydantic_ai import StatusCapability


async def pretend(messages: list[ModelMessage], info: AgentInfo) -> AsyncIterator[str | DeltaToolCalls]:
    """A model that calls the tool first, and then answers."""
    await asyncio.sleep(2)
    if len(messages) == 1:
        yield {0: DeltaToolCall(name=info.function_tools[0].name, json_args='{"command": "ls"}')}
    else:
        for word in ["There", "are", "notes"]:
            yield f"{word} "
            await asyncio.sleep(0.5)


async def bash(command: str) -> str:
    """Runs a command."""
    await asyncio.sleep(3)
    return f"{command}: notes.txt"


async def main() -> None:
    async with StatusPublisher() as publisher:
        agent = Agent(
            FunctionModel(stream_function=pretend),
            name="Clerk",
            tools=[bash],
            capabilities=[StatusCapability(publisher)],
        )
        async with agent.run_stream("Look what is there", conversation_id="abc123") as answer:
            print(await answer.get_output())


if __name__ == "__main__":
    asyncio.run(main())
