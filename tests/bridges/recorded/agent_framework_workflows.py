"""Records Microsoft Agent Framework, in an environment with agent-framework-core."""

import asyncio
from typing import Any

from agent_framework import Agent, BaseChatClient, ChatResponse, Content, Message, WorkflowBuilder, tool
from agent_framework._middleware import ChatMiddlewareLayer
from agent_framework._tools import FunctionInvocationLayer
from agent_framework.observability import ChatTelemetryLayer, enable_instrumentation
from opentelemetry import trace

from tests.bridges.recorded.recorder import installed, record

PACKAGES = ("agent-framework-core",)


class Scripted(FunctionInvocationLayer, ChatMiddlewareLayer, ChatTelemetryLayer, BaseChatClient):
    """A client whose answers are texts, calls of tools, or errors, one after the other."""

    OTEL_PROVIDER_NAME = "scripted"
    model = "scripted"

    def __init__(self, *answers: Any) -> None:
        super().__init__()
        self.answers = list(answers)

    def _inner_get_response(self, **_: Any) -> Any:
        async def whole() -> ChatResponse:
            await asyncio.sleep(0.01)
            answer = self.answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            calls = () if isinstance(answer, str) else answer
            contents = [Content.from_function_call(name, name, arguments=given) for name, given in calls] or [answer]
            usage = {"input_token_count": 10, "output_token_count": 5, "total_token_count": 15}
            return ChatResponse(messages=[Message(role="assistant", contents=contents)], usage_details=usage)

        return whole()


@tool(approval_mode="never_require")
async def bash(command: str) -> str:
    """Run a command."""
    await asyncio.sleep(0.05)
    return command


def agent(name: str, *answers: Any, **more: Any) -> Agent:
    return Agent(Scripted(*answers), name=name, id=name.lower(), **more)


async def tools() -> None:
    await agent("Weather", [("bash", {"command": "ls"})], "done", tools=[bash]).run("x")


async def failing_agent() -> None:
    await agent("Weather", RuntimeError("overloaded")).run("x")


async def workflow() -> None:
    one, two = agent("One", "a"), agent("Two", "b")
    await WorkflowBuilder(start_executor=one).add_edge(one, two).build().run("x")


async def failing_branch() -> None:
    start, one, two = agent("Start", "go"), agent("F1", "a"), agent("F2", RuntimeError("F2 broke"))
    await WorkflowBuilder(start_executor=start).add_edge(start, one).add_edge(start, two).build().run("x")


async def failing_agent_under_job() -> None:
    """Two agents under a span of the program's own; the first fails."""
    with trace.get_tracer("job").start_as_current_span("POST /research"):
        agents = agent("J0", RuntimeError("J0 broke")), agent("J1", [("bash", {"command": "ls"})], "a", tools=[bash])
        await asyncio.gather(*(one.run("x") for one in agents), return_exceptions=True)


if __name__ == "__main__":
    _, recorder = installed()
    enable_instrumentation()
    plays = (tools, failing_agent, workflow, failing_branch, failing_agent_under_job)
    asyncio.run(record("agent_framework_workflows", PACKAGES, {play.__name__: play for play in plays}, recorder))
