"""OpenAI's agents on the dashboard: one trace processor. Run it beside `agent-status-gateway watch`.

A real agent, and the scripted model of their SDK, which needs no network and no key. It runs a tool, asks before the
next one until it is told to go on, and streams its answer. Needs `pip install openai-agents`.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from agents import Agent, RunConfig, Runner, function_tool, set_trace_processors
from agents.testing import ScriptedModel, assistant_message, function_call

from agent_status_publisher import StatusPublisher
from agent_status_publisher.integrations.openai_agents import StatusTraceProcessor


@function_tool
async def bash(command: str) -> str:
    """Runs a command."""
    await asyncio.sleep(3)
    return f"{command}: notes.txt"


@function_tool(needs_approval=True)
async def delete(file: str) -> str:
    """Deletes a file."""
    await asyncio.sleep(2)
    return f"{file} is gone."


class Pretending(ScriptedModel):
    """A model that takes its time to write."""

    async def stream_response(self, *asked: Any, **how: Any) -> AsyncIterator[Any]:
        async for event in super().stream_response(*asked, **how):
            yield event
            await asyncio.sleep(0.5)


async def main() -> None:
    script = [
        [function_call("bash", {"command": "ls"}, call_id="1")],
        [function_call("delete", {"file": "notes.txt"}, call_id="2")],
        [assistant_message("There were notes, once.")],
    ]
    agent = Agent(name="Clerk", model=Pretending(script), tools=[bash, delete])
    thread = RunConfig(group_id="42")
    async with StatusPublisher() as publisher:
        status = StatusTraceProcessor(publisher)
        set_trace_processors([status])  # add_trace_processor(status), where OpenAI is to have the traces, too
        asking = await status.run(Runner.run(agent, "Tidy up", run_config=thread))
        print("It asks:", asking.interruptions[0].name)
        await asyncio.sleep(3)  # somebody reads the question
        state = asking.to_state()
        state.approve(asking.interruptions[0])
        async for event in status.stream(Runner.run_streamed(agent, state, run_config=thread)):
            print(event.type)


if __name__ == "__main__":
    asyncio.run(main())
