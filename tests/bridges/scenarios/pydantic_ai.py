"""Pydantic AI's agents, and its own FunctionModel, which fails when it is asked to stream and cannot."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from decimal import Decimal
from functools import partial
from typing import Any, Final

from pydantic_ai import Agent, DeferredToolRequests, DeferredToolResults
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import AgentInfo, FunctionModel
from pydantic_ai.profiles import ModelProfile
from pydantic_ai.usage import RequestUsage

from agent_status_publisher.integrations.pydantic_ai import StatusCapability
from agent_status_publisher.testing import RecordingPublisher

PACKAGES = ("pydantic-ai-slim",)

Answer = str | tuple[str, ...]
"""What the model says next: text, or the tools it calls."""
MakeAgent = Callable[..., Agent[None, Any]]
"""By a model, and whatever options; opentelemetry.py has another one."""


def model(*script: Answer) -> FunctionModel:
    """One that says all of this, and then breaks; it has nothing to stream with, as many have."""
    answers = list(script)

    def answer(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:  # noqa: ARG001 - the framework's form
        if not answers:
            raise RuntimeError("boom")
        said = answers.pop(0)
        parts = [TextPart(said)] if isinstance(said, str) else [ToolCallPart(name, {}) for name in said]
        return ModelResponse(parts=parts)

    return FunctionModel(answer)


def priced(said: str) -> FunctionModel:
    """One that knows its window, and what its answer has cost."""

    def answer(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:  # noqa: ARG001 - the framework's form
        usage = RequestUsage(input_tokens=900, output_tokens=100, cost=Decimal("0.25"))
        return ModelResponse(parts=[TextPart(said)], usage=usage)

    return FunctionModel(answer, model_name="large", profile=ModelProfile(context_window=8000))


async def words(messages: list[ModelMessage], info: AgentInfo) -> AsyncIterator[str]:  # noqa: ARG001 - the framework's form
    for word in ("Hello ", "to ", "you"):
        yield word


class Tools:
    """Those that an agent has here."""

    def __init__(self, agent: MakeAgent) -> None:
        self.agent = agent
        self.both = asyncio.Barrier(2)
        self.running = asyncio.Event()

    async def bash(self) -> str:
        """Runs a command."""
        await self.both.wait()
        return "done"

    async def read(self) -> str:
        """Reads a file."""
        await self.both.wait()
        return "done"

    async def explore(self) -> str:
        """Asks another agent."""
        other = self.agent(model("I have looked"), name="explorer")
        return str((await other.run("Look")).output)

    async def wait(self) -> str:
        """Takes long."""
        self.running.set()
        await asyncio.sleep(60)
        return "never"


async def plain(agent: MakeAgent) -> None:
    await agent(priced("Hello"), name="clerk").run("Hello")


async def streamed(agent: MakeAgent) -> None:
    async with agent(FunctionModel(stream_function=words)).run_stream("Hello") as stream:
        async for _ in stream.stream_text():
            pass


async def parallel(agent: MakeAgent) -> None:
    tools = Tools(agent)
    await agent(model(("bash", "read"), "Both are done"), tools=[tools.bash, tools.read]).run("Work")


async def subagent(agent: MakeAgent) -> None:
    await agent(model(("explore",), "It has looked"), tools=[Tools(agent).explore]).run("Work")


async def wait_and_resume(agent: MakeAgent) -> None:
    careful = agent(model(("delete",), "It is gone"), output_type=[str, DeferredToolRequests])

    @careful.tool_plain(requires_approval=True)
    def delete() -> str:
        """Deletes a file."""
        return "done"

    asked = await careful.run("Delete it")
    assert isinstance(asked.output, DeferredToolRequests)
    yes = DeferredToolResults(approvals={call.tool_call_id: True for call in asked.output.approvals})
    answered = await careful.run(message_history=asked.all_messages(), deferred_tool_results=yes)
    assert answered.output == "It is gone"


async def failure(agent: MakeAgent) -> None:
    await agent(model()).run("Hello")


async def cancellation(agent: MakeAgent) -> None:
    tools = Tools(agent)
    run = asyncio.create_task(agent(model(("wait",)), tools=[tools.wait]).run("Work"))
    await tools.running.wait()
    run.cancel()
    await asyncio.wait([run])
    assert run.cancelled()


def observed(publisher: RecordingPublisher) -> MakeAgent:
    return partial(Agent, capabilities=[StatusCapability(publisher)])


def play(
    scenario: Callable[[MakeAgent], Awaitable[None]], agents: Callable[[RecordingPublisher], MakeAgent]
) -> Callable[[RecordingPublisher], None]:
    async def run(publisher: RecordingPublisher) -> None:
        await scenario(agents(publisher))

    return lambda publisher: asyncio.run(run(publisher))


def scenarios(
    agents: Callable[[RecordingPublisher], MakeAgent],
) -> dict[str, Callable[[RecordingPublisher], None]]:
    """All of the contract's, with agents that are made so."""
    return {
        "plain_run": play(plain, agents),
        "streamed_run": play(streamed, agents),
        "parallel_tools": play(parallel, agents),
        "subagent": play(subagent, agents),
        "wait_and_resume": play(wait_and_resume, agents),
        "failure": play(failure, agents),
        "cancellation": play(cancellation, agents),
    }


SCENARIOS: Final = scenarios(observed)
