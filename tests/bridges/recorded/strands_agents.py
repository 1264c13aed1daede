"""Records Strands: `python -m tests.bridges.recorded.strands_agents`, in an environment with strands-agents."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from opentelemetry import trace
from strands import Agent, tool
from strands.models import Model
from strands.multiagent import GraphBuilder, Swarm

from tests.bridges.recorded.recorder import installed, record

PACKAGES = ("strands-agents",)


class Scripted(Model):
    """A model whose answers are texts, calls of tools, or errors, one after the other."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.config = self.get_config()  # where spans find the name

    def update_config(self, **_: Any) -> None:
        """Do nothing."""

    def get_config(self) -> dict[str, Any]:
        """Return the model's name."""
        return {"model_id": "scripted"}

    async def structured_output(self, *_: Any, **__: Any) -> AsyncIterator[Any]:
        """Answer nothing."""
        for answer in self.answers[:0]:
            yield answer

    async def stream(self, *_: Any, **__: Any) -> AsyncIterator[Any]:
        """Stream the next answer."""
        await asyncio.sleep(0.01)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        yield {"messageStart": {"role": "assistant"}}
        for number, (name, given) in enumerate(() if isinstance(answer, str) else answer):
            yield {
                "contentBlockStart": {"start": {"toolUse": {"name": name, "toolUseId": f"{len(self.answers)}{number}"}}}
            }
            yield {"contentBlockDelta": {"delta": {"toolUse": {"input": json.dumps(given)}}}}
            yield {"contentBlockStop": {}}
        if isinstance(answer, str):
            yield {"contentBlockStart": {"start": {}}}
            yield {"contentBlockDelta": {"delta": {"text": answer}}}
            yield {"contentBlockStop": {}}
        yield {"messageStop": {"stopReason": "end_turn" if isinstance(answer, str) else "tool_use"}}
        usage = {"inputTokens": 10, "outputTokens": 5, "totalTokens": 15}
        yield {"metadata": {"usage": usage, "metrics": {"latencyMs": 1}}}


@tool
async def bash(command: str) -> str:
    """Run a command."""
    await asyncio.sleep(0.05)
    return command


def agent(name: str, *answers: Any, **more: Any) -> Agent:
    return Agent(name=name, model=Scripted(*answers), callback_handler=None, **more)


async def tools() -> None:
    await agent(
        "Weather", [("bash", {"command": "ls"})], "done", tools=[bash], trace_attributes={"session.id": "42"}
    ).invoke_async("x")


async def agent_as_tool() -> None:
    inner = agent("Inner", [("bash", {"command": "ls"})], "inner", tools=[bash])

    @tool
    async def ask(question: str) -> str:
        """Ask the inner agent."""
        return str(await inner.invoke_async(question))

    await agent("Outer", [("ask", {"question": "x"})], "done", tools=[ask]).invoke_async("x")


async def graph(second: Any = "b") -> None:
    builder = GraphBuilder()
    builder.add_node(agent("N1", "a"), "n1")
    builder.add_node(agent("N2", second), "n2")
    builder.add_edge("n1", "n2")
    builder.set_entry_point("n1")
    await builder.build().invoke_async("x")


async def failing_graph() -> None:
    await graph(RuntimeError("N2 broke"))


async def swarm() -> None:
    handoff = [("handoff_to_agent", {"agent_name": "S2", "message": "go"})]
    await Swarm([agent("S1", handoff, "x"), agent("S2", "b")]).invoke_async("x")


async def failing_swarm() -> None:
    await Swarm([agent("S1", RuntimeError("S1 broke"))]).invoke_async("x")


async def job() -> None:
    """Two agents under a span of the program's own; the first fails."""
    with trace.get_tracer("job").start_as_current_span("nightly job"):
        agents = agent("J0", RuntimeError("J0 broke")), agent("J1", [("bash", {"command": "ls"})], "a", tools=[bash])
        await asyncio.gather(*(one.invoke_async("x") for one in agents), return_exceptions=True)


if __name__ == "__main__":
    _, recorder = installed()
    plays = (tools, agent_as_tool, graph, failing_graph, swarm, failing_swarm, job)
    asyncio.run(record("strands_agents", PACKAGES, {play.__name__: play for play in plays}, recorder))
