"""Records smolagents by OpenInference, with smolagents and openinference-instrumentation-smolagents."""

import asyncio
from contextlib import suppress
from typing import Any

import smolagents
from openinference.instrumentation.smolagents import SmolagentsInstrumentor
from smolagents import ChatMessage, CodeAgent, MessageRole, Model, ToolCallingAgent, tool
from smolagents.models import ChatMessageToolCall, ChatMessageToolCallFunction
from smolagents.monitoring import TokenUsage

from tests.bridges.recorded.recorder import installed, record

PACKAGES = ("smolagents", "openinference-instrumentation-smolagents")


class Scripted(Model):
    """A model whose answers are texts, calls of tools, or errors, one after the other."""

    def __init__(self, *answers: Any) -> None:
        super().__init__(model_id="scripted")
        self.answers = list(answers)

    def generate(self, *_: Any, **__: Any) -> ChatMessage:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        used = TokenUsage(input_tokens=10, output_tokens=5)
        if isinstance(answer, str):
            return ChatMessage(role=MessageRole.ASSISTANT, content=answer, token_usage=used)
        calls = [
            ChatMessageToolCall(
                id=f"{name}{len(self.answers)}",
                type="function",
                function=ChatMessageToolCallFunction(name=name, arguments=given),
            )
            for name, given in answer
        ]
        return ChatMessage(role=MessageRole.ASSISTANT, content="", token_usage=used, tool_calls=calls)


@tool
def bash(command: str) -> str:
    """Run a command.

    Args:
        command: The command.
    """
    return command


DONE = [("final_answer", {"answer": "done"})]


def agent(*answers: Any, **more: Any) -> ToolCallingAgent:
    return ToolCallingAgent(model=Scripted(*answers), verbosity_level=0, **more)


def tools() -> None:
    agent([("bash", {"command": "ls"})], DONE, tools=[bash], name="weather").run("x")


def nameless() -> None:
    agent(DONE, tools=[]).run("x")


def code() -> None:
    answers = "Thought\n<code>\nprint(bash('ls'))\n</code>", "<code>\nfinal_answer('x')\n</code>"
    CodeAgent(tools=[bash], model=Scripted(*answers), name="coder", verbosity_level=0).run("x")


def managed() -> None:
    inner = agent([("bash", {"command": "ls"})], DONE, tools=[bash], name="helper", description="helps")
    agent([("helper", {"task": "x"})], DONE, tools=[], managed_agents=[inner], name="boss").run("x")


def failing_then_another() -> None:
    """The second run must not join the one that failed."""
    with suppress(Exception):
        agent(RuntimeError("overloaded"), tools=[], name="fails").run("x")
    agent(DONE, tools=[], name="works").run("x")


if __name__ == "__main__":
    provider, recorder = installed()
    smolagents.Scripted = Scripted  # OpenInference traces the models that the package itself has
    SmolagentsInstrumentor().instrument(tracer_provider=provider)
    plays = (tools, nameless, code, managed, failing_then_another)
    asyncio.run(record("smolagents_openinference", PACKAGES, {play.__name__: play for play in plays}, recorder))
