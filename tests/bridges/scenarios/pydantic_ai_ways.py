"""All ways to drive one of Pydantic AI's runs, and what may happen to it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Final

from pydantic_ai import Agent, ApprovalRequired, CallDeferred, DeferredToolRequests, DeferredToolResults
from pydantic_ai.capabilities import HandleDeferredToolCalls
from pydantic_ai.messages import ModelMessage
from pydantic_ai.models.function import AgentInfo, DeltaToolCall, DeltaToolCalls, FunctionModel

from agent_status_publisher.integrations import status_key
from agent_status_publisher.integrations.pydantic_ai import StatusCapability
from agent_status_publisher.testing import RecordingPublisher
from tests.bridges.scenarios.pydantic_ai import MakeAgent, Tools, model, observed, play, words

PACKAGES = ("pydantic-ai-slim",)


def streaming_model(tool: str) -> FunctionModel:
    """One that calls this tool first, and then answers; it streams both."""

    async def answer(messages: list[ModelMessage], info: AgentInfo) -> AsyncIterator[str | DeltaToolCalls]:  # noqa: ARG001 - the framework's form
        if len(messages) == 1:
            yield {0: DeltaToolCall(name=tool, json_args="{}")}
        else:
            yield "It has "
            yield "looked"

    return FunctionModel(stream_function=answer)


def delegating(agent: MakeAgent) -> Agent[None, Any]:
    return agent(streaming_model("explore"), tools=[Tools(agent).explore])


async def run_stream(agent: MakeAgent) -> None:
    async with delegating(agent).run_stream("Work") as stream:
        assert await stream.get_output() == "It has looked"


async def run_stream_events(agent: MakeAgent) -> None:
    async with delegating(agent).run_stream_events("Work") as events:
        async for _ in events:
            pass


async def event_stream_handler(agent: MakeAgent) -> None:
    async def handle(_: Any, events: Any) -> None:
        async for _event in events:
            pass

    await delegating(agent).run("Work", event_stream_handler=handle)


async def iterated(agent: MakeAgent) -> None:
    outer = delegating(agent)
    async with outer.iter("Work") as run:
        async for node in run:
            if Agent.is_model_request_node(node):
                async with node.stream(run.ctx) as stream:
                    async for _ in stream:
                        pass


async def left_in_the_middle(agent: MakeAgent) -> None:
    async with agent(model(("bash",), "Done"), tools=[Tools(agent).bash]).iter("Work") as run:
        async for _ in run:
            break


async def abandoned(agent: MakeAgent) -> None:
    async with agent(FunctionModel(stream_function=words)).run_stream_events("Work") as events:
        async for _ in events:
            break


async def one_after_the_other(agent: MakeAgent) -> None:
    """In one task: what the first leaves behind in its context is not around the second."""
    for conversation in ("1", "2"):
        await agent(model("Hello")).run("Hello", conversation_id=conversation)


async def at_once(agent: MakeAgent) -> None:
    runs = [agent(model("Hello"), name=f"agent {n}").run("Hello", conversation_id=str(n)) for n in range(5)]
    await asyncio.gather(*runs)


async def named(agent: MakeAgent) -> None:
    with status_key("chat:7"):
        await agent(model("Hello")).run("Hello", conversation_id="42")


async def outlived(agent: MakeAgent) -> None:
    """A run that a tool starts and nobody waits for: what it does after the outer one shows nothing."""
    started: list[asyncio.Task[Any]] = []
    over = asyncio.Event()

    async def late() -> str:
        """Waits until the outer run is over."""
        await over.wait()
        return "done"

    async def begin() -> str:
        """Starts another agent."""
        other = agent(model(("late",), "Late"), tools=[late])
        started.append(asyncio.create_task(other.run("Look")))
        return "started"

    await agent(model(("begin",), "Done"), tools=[begin]).run("Work")
    over.set()
    await started[0]


async def asked_inside(agent: MakeAgent) -> None:
    """Another capability asks the human while the run goes on."""

    async def approve(_: Any, requests: DeferredToolRequests) -> DeferredToolResults:
        await asyncio.sleep(0)
        return requests.build_results(approve_all=True)

    careful = agent(model(("delete",), "It is gone"))
    careful = Agent(
        careful.model,
        capabilities=[HandleDeferredToolCalls(handler=approve), *agent.keywords["capabilities"]],  # type: ignore[attr-defined]
    )

    @careful.tool_plain(requires_approval=True)
    def delete() -> str:
        """Deletes a file."""
        return "done"

    assert (await careful.run("Delete it")).output == "It is gone"


async def tool_that_fails(agent: MakeAgent) -> None:
    def bash() -> str:
        """Runs a command."""
        raise ValueError("boom")

    await agent(model(("bash",)), tools=[bash]).run("Work")


def in_a_script(publisher: RecordingPublisher) -> None:
    observed(publisher)(model("Hello")).run_sync("Hello")


def sync_stream(publisher: RecordingPublisher) -> None:
    """The result object lives on when the session must have ended."""
    outer = delegating(observed(publisher))
    streamed = outer.run_stream_sync("Work", conversation_id="42")
    assert "".join(streamed.stream_text(delta=True)) == "It has looked"
    assert publisher.sessions == {}
    assert streamed.get_output() == "It has looked"


def sync_stream_in_a_block(publisher: RecordingPublisher) -> None:
    with delegating(observed(publisher)).run_stream_sync("Work", conversation_id="42") as streamed:
        assert streamed.get_output() == "It has looked"


def _deferring(publisher: RecordingPublisher, *tools: str) -> Agent[None, Any]:
    def later() -> str:
        """Is done by another service."""
        raise CallDeferred

    def careful() -> str:
        """Is done when a person has agreed."""
        raise ApprovalRequired

    return Agent(
        model(tools, "Done"),
        tools=[later, careful],
        output_type=[str, DeferredToolRequests],
        capabilities=[StatusCapability(publisher)],
    )


def deferred_to_a_service(publisher: RecordingPublisher) -> None:
    """The run ends with a request, but not to a person."""
    result = asyncio.run(_deferring(publisher, "later").run("Work", conversation_id="42"))
    assert isinstance(result.output, DeferredToolRequests)


def deferred_to_a_service_and_a_person(publisher: RecordingPublisher) -> None:
    asyncio.run(_deferring(publisher, "later", "careful").run("Work", conversation_id="42"))


def twice(publisher: RecordingPublisher) -> None:
    """The capability is given to the agent and to the run, and one is another's."""
    capability = StatusCapability(publisher)
    agent = Agent(model("Hello"), capabilities=[capability, StatusCapability(publisher)])
    asyncio.run(agent.run("Hello", capabilities=[capability]))


def on_two_boards(publisher: RecordingPublisher) -> None:
    with RecordingPublisher() as other:
        agent = Agent(model("Hello"), capabilities=[StatusCapability(publisher), StatusCapability(other)])
        asyncio.run(agent.run("Hello", conversation_id="42"))
        assert other.states("pydantic_ai:42") == ["thinking", None]


SCENARIOS: Final = {
    **{
        scenario.__name__: play(scenario, observed)
        for scenario in (
            run_stream,
            run_stream_events,
            event_stream_handler,
            iterated,
            left_in_the_middle,
            abandoned,
            one_after_the_other,
            at_once,
            named,
            outlived,
            asked_inside,
            tool_that_fails,
        )
    },
    "in_a_script": in_a_script,
    "sync_stream": sync_stream,
    "sync_stream_in_a_block": sync_stream_in_a_block,
    "deferred_to_a_service": deferred_to_a_service,
    "deferred_to_a_service_and_a_person": deferred_to_a_service_and_a_person,
    "twice": twice,
    "on_two_boards": on_two_boards,
}
