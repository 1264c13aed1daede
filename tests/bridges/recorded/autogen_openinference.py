"""Records AutoGen's AgentChat: by its own spans, or by OpenInference with the argument `openinference`."""

import asyncio
import sys
from collections.abc import Sequence
from typing import Any

from autogen_agentchat.agents import AssistantAgent
from autogen_agentchat.conditions import MaxMessageTermination
from autogen_agentchat.teams import RoundRobinGroupChat
from autogen_core import FunctionCall
from autogen_core.models import ChatCompletionClient, CreateResult, ModelInfo, RequestUsage

from tests.bridges.recorded.recorder import installed, record

PACKAGES: tuple[str, ...] = ("autogen-agentchat",)


class Scripted(ChatCompletionClient):
    """A client whose answers are texts, calls of tools, or errors, one after the other."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)

    async def create(self, messages: Sequence[Any], **_: Any) -> CreateResult:
        await asyncio.sleep(0.01)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        used = RequestUsage(prompt_tokens=10, completion_tokens=5)
        if isinstance(answer, str):
            return CreateResult(finish_reason="stop", content=answer, usage=used, cached=False)
        calls = [FunctionCall(id=name, name=name, arguments=given) for name, given in answer]
        return CreateResult(finish_reason="function_calls", content=calls, usage=used, cached=False)

    def create_stream(self, messages: Sequence[Any], **_: Any) -> Any:
        raise NotImplementedError

    async def close(self) -> None:
        pass

    def actual_usage(self) -> RequestUsage:
        return RequestUsage(prompt_tokens=0, completion_tokens=0)

    total_usage = actual_usage

    def count_tokens(self, messages: Sequence[Any], **_: Any) -> int:
        return 0

    remaining_tokens = count_tokens

    @property
    def capabilities(self) -> Any:
        return self.model_info

    @property
    def model_info(self) -> ModelInfo:
        return ModelInfo(
            vision=False, function_calling=True, json_output=False, family="unknown", structured_output=False
        )


async def bash(command: str) -> str:
    """Run a command."""
    await asyncio.sleep(0.02)
    return command


CALL = [("bash", '{"command": "ls"}')]


def agent(name: str, *answers: Any, **more: Any) -> AssistantAgent:
    return AssistantAgent(name, model_client=Scripted(*answers), **more)


async def tools() -> None:
    await agent("weather", CALL, tools=[bash]).run(task="x")


async def failing() -> None:
    await agent("weather", RuntimeError("overloaded")).run(task="x")


async def team() -> None:
    agents = [agent("one", "a", "a"), agent("two", "b", "b")]
    await RoundRobinGroupChat(agents, termination_condition=MaxMessageTermination(3)).run(task="x")


async def failing_team() -> None:
    agents = [agent("one", "a"), agent("two", RuntimeError("two broke"))]
    await RoundRobinGroupChat(agents, termination_condition=MaxMessageTermination(3)).run(task="x")


if __name__ == "__main__":
    provider, recorder = installed()
    name = "autogen"
    if sys.argv[1:] == ["openinference"]:
        from openinference.instrumentation.autogen_agentchat import AutogenAgentChatInstrumentor

        AutogenAgentChatInstrumentor().instrument(tracer_provider=provider)
        name, PACKAGES = "autogen_openinference", (*PACKAGES, "openinference-instrumentation-autogen-agentchat")
    plays = (tools, failing, team, failing_team)
    asyncio.run(record(name, PACKAGES, {play.__name__: play for play in plays}, recorder))
