"""OpenAI's agents, with the model that their SDK ships for tests."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from agents import Agent, RunConfig, Runner, Usage, function_tool, set_trace_processors
from agents.testing import ScriptedModel, assistant_message, function_call

from agent_status_publisher.integrations.openai_agents import StatusHooks, StatusTraceProcessor
from agent_status_publisher.testing import RecordingPublisher

PACKAGES = ("openai-agents",)
SECONDS: Final = 20
THREAD: Final = RunConfig(group_id="42")
USAGE: Final = Usage(requests=1, input_tokens=500, output_tokens=100, total_tokens=600)


@function_tool
async def bash() -> str:
    """Runs a command."""
    await asyncio.wait_for(both.wait(), SECONDS)
    return "done"


@function_tool
async def read() -> str:
    """Reads a file."""
    await asyncio.wait_for(both.wait(), SECONDS)
    return "done"


@function_tool
def look() -> str:
    """Looks."""
    return "done"


@function_tool(needs_approval=True)
def deploy() -> str:
    """Asks first."""
    return "done"


@function_tool
async def wait() -> str:
    """Takes long."""
    running.set()
    await asyncio.sleep(SECONDS)
    return "done"


both = asyncio.Barrier(2)
running = asyncio.Event()


def agent(*script: "str | list[str] | Exception", tools: tuple[Any, ...] = (), name: str = "Clerk") -> Agent[Any]:
    """Says its script: an answer, tools to call, or an error."""
    steps = [_step(said) for said in script]
    return Agent(name=name, model=ScriptedModel(steps, default_usage=USAGE), tools=list(tools))


def _step(said: "str | list[str] | Exception") -> Any:
    if isinstance(said, str):
        return [assistant_message(said)]
    return said if isinstance(said, Exception) else [function_call(name, {}, call_id=f"call-{name}") for name in said]


@contextmanager
def installed(publisher: RecordingPublisher) -> Iterator[StatusTraceProcessor]:
    """For all of the process, and without OpenAI's exporter."""
    status = StatusTraceProcessor(publisher)
    set_trace_processors([status])
    try:
        yield status
    finally:
        set_trace_processors([])


def _plain(publisher: RecordingPublisher) -> None:
    with installed(publisher):
        assert Runner.run_sync(agent("Hello to you"), "Go on").final_output == "Hello to you"


def _streamed(publisher: RecordingPublisher) -> None:
    async def run(status: StatusTraceProcessor) -> None:
        async for _ in status.stream(Runner.run_streamed(agent("Hello to you"), "Go on", run_config=THREAD)):
            pass

    with installed(publisher) as status:
        asyncio.run(run(status))


class Named(ScriptedModel):
    """One that has a name, as those of providers have."""

    model = "large-5"


def _tools(publisher: RecordingPublisher) -> None:
    """By hooks, in a session of the agent's own, and no processor."""

    async def run() -> None:
        calls = [_step(["bash", "read"]), _step("Both are done")]
        clerk = Agent(name="Clerk", model=Named(calls, default_usage=USAGE), tools=[bash, read])
        with publisher.session("chat:42") as session:
            await Runner.run(clerk, "Go on", hooks=StatusHooks(session))

    set_trace_processors([])
    asyncio.run(run())


def _subagent(publisher: RecordingPublisher) -> None:
    inner = agent(["look"], "I have looked", tools=(look,))
    call = function_call("explore", {"input": "Look"}, call_id="call-explore")
    outer = Agent(
        name="Chief",
        model=ScriptedModel([[call], [assistant_message("It has looked")]]),
        tools=[inner.as_tool("explore", "Asks another agent.")],
    )
    with installed(publisher):
        asyncio.run(Runner.run(outer, "Go on"))


def _wait(publisher: RecordingPublisher) -> None:
    async def run(status: StatusTraceProcessor) -> None:
        asking = await status.run(Runner.run(agent(["deploy"], "It is out", tools=(deploy,)), "Go on"))
        state = asking.to_state()
        state.approve(asking.interruptions[0])
        await status.run(Runner.run(asking.last_agent, state))

    with installed(publisher) as status:
        asyncio.run(run(status))


def _fail(publisher: RecordingPublisher) -> None:
    with installed(publisher):
        asyncio.run(Runner.run(agent(ValueError("boom")), "Go on"))


def _cancel(publisher: RecordingPublisher) -> None:
    async def run() -> None:
        task = asyncio.create_task(Runner.run(agent(["wait"], tools=(wait,)), "Go on"))
        await asyncio.wait_for(running.wait(), SECONDS)
        task.cancel()
        await asyncio.wait([task])

    with installed(publisher):
        asyncio.run(run())


SCENARIOS: Final[dict[str, Callable[[RecordingPublisher], None]]] = {
    "plain_run": _plain,
    "streamed_run": _streamed,
    "parallel_tools": _tools,
    "subagent": _subagent,
    "wait_and_resume": _wait,
    "failure": _fail,
    "cancellation": _cancel,
}
