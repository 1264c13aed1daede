"""What the bridge to OpenAI's agents does beyond the scenarios of all bridges; each is a rule, and asserts it."""

import asyncio
import threading
from collections.abc import AsyncIterator
from types import FunctionType, SimpleNamespace
from typing import Any, Final

from agents import Agent, RunConfig, Runner, Usage, function_tool, set_trace_processors, trace
from agents.testing import ScriptedModel, assistant_message, function_call
from agents.tracing import get_trace_provider
from opentelemetry.instrumentation.genai.openai_agents import OpenAIAgentsInstrumentor
from opentelemetry.sdk.trace import TracerProvider

from agent_status_publisher.integrations import status_key
from agent_status_publisher.integrations.openai_agents import StatusHooks, StatusTraceProcessor
from agent_status_publisher.integrations.opentelemetry import StatusSpanProcessor
from agent_status_publisher.integrations.runs import Runs
from agent_status_publisher.testing import RecordingPublisher
from tests.bridges.scenarios import openai_agents
from tests.bridges.scenarios.openai_agents import agent, deploy, installed, look, running, wait

PACKAGES = openai_agents.PACKAGES
ASKS: Final = ["thinking", "tool_running", "streaming", "thinking", "waiting_for_user"]
GOES_ON: Final = ["thinking", "tool_running", "streaming", "thinking", None]


def _is_empty(status: StatusTraceProcessor) -> bool:
    return not (status._seen or status._runs._by_run or status._runs._outermost)


def _keys(publisher: RecordingPublisher) -> set[str]:
    return {change.session_key for change in publisher.changes}


def a_key_is_the_group_or_the_trace_or_what_the_agents_code_says(publisher: RecordingPublisher) -> None:
    trace_id = f"trace_{'0' * 32}"
    with installed(publisher):
        Runner.run_sync(agent("Hello"), "Go on", run_config=RunConfig(group_id="42"))
        Runner.run_sync(agent("Hello"), "Go on", run_config=RunConfig(trace_id=trace_id))
        with status_key("chat:7"):
            Runner.run_sync(agent("Hello"), "Go on")
    assert _keys(publisher) == {"openai_agents:42", f"openai_agents:{trace_id}", "chat:7"}


def a_streamed_run_that_asks_waits_and_is_resumed(publisher: RecordingPublisher) -> None:
    async def run(status: StatusTraceProcessor) -> None:
        asking = Runner.run_streamed(agent(["deploy"], "It is out", tools=(deploy,)), "Go on")
        async for _ in status.stream(asking):
            pass
        assert [change.state for change in publisher.sessions.values()] == ["waiting_for_user"]
        state = asking.to_state()
        state.approve(asking.interruptions[0])
        async for _ in status.stream(Runner.run_streamed(asking.last_agent, state)):
            pass

    with installed(publisher) as status:
        asyncio.run(run(status))
        assert _is_empty(status)
    (key,) = _keys(publisher)
    assert publisher.states(key) == [*ASKS, *GOES_ON[:-1], "streaming", None]


def runs_in_one_trace_are_one_session_that_waits_while_one_of_them_asks(publisher: RecordingPublisher) -> None:
    async def run(status: StatusTraceProcessor) -> None:
        with trace("Deploy", group_id="42"):
            asking = await status.run(Runner.run(agent(["deploy"], "It is out", tools=(deploy,)), "Go on"))
            assert publisher.sessions["openai_agents:42"].state == "waiting_for_user"
            state = asking.to_state()
            state.approve(asking.interruptions[0])
            await status.run(Runner.run(asking.last_agent, state))
            await Runner.run(agent("Hello"), "Go on")

    with installed(publisher) as status:
        asyncio.run(run(status))
        assert _is_empty(status)
    assert publisher.changes[0].title == "Deploy"
    assert publisher.states("openai_agents:42") == [*ASKS, *GOES_ON]


def a_trace_inside_another_is_no_session(publisher: RecordingPublisher) -> None:
    with installed(publisher), trace("Outer", group_id="42"), trace("Inner", group_id="43"):
        Runner.run_sync(agent("Hello"), "Go on")
    assert publisher.states("openai_agents:42") == ["thinking", None]
    assert _keys(publisher) == {"openai_agents:42"}


def without_run_or_stream_one_that_asks_looks_like_an_end(publisher: RecordingPublisher) -> None:
    with installed(publisher):
        asking = Runner.run_sync(agent(["deploy"], "It is out", tools=(deploy,)), "Go on")
        state = asking.to_state()
        state.approve(asking.interruptions[0])
        Runner.run_sync(asking.last_agent, state)
    (key,) = _keys(publisher)
    assert publisher.states(key) == [*ASKS[:-1], None, *GOES_ON]


def what_is_recovered_from_is_no_error(publisher: RecordingPublisher) -> None:
    @function_tool
    def bad() -> str:
        """Fails, which the model is told."""
        raise ValueError("told to the model")

    with installed(publisher):
        Runner.run_sync(agent(["bad"], "It has failed", tools=(bad,)), "Go on")
        Runner.run_sync(
            agent(["look"], ["look"], tools=(look,)),
            "Go on",
            max_turns=1,
            error_handlers={"max_turns": lambda _: "That is enough"},
        )
        try:
            raise ValueError("the agent's own")
        except ValueError:
            Runner.run_sync(agent("Hello"), "Go on")
    assert publisher.sessions == {}
    assert "error" not in [change.state for change in publisher.changes]


def a_streamed_run_that_fails_is_an_error_and_one_that_is_left_is_an_end(publisher: RecordingPublisher) -> None:
    async def fail(status: StatusTraceProcessor) -> None:
        async for _ in status.stream(Runner.run_streamed(agent(ValueError("boom")), "Go on")):
            pass

    async def leave(status: StatusTraceProcessor) -> None:
        result = Runner.run_streamed(agent(["wait"], tools=(wait,)), "Go on", run_config=RunConfig(group_id="42"))
        events = status.stream(result)
        await anext(events)
        assert "openai_agents:42" in publisher.sessions
        result.cancel()
        async for _ in events:
            pass
        assert result.run_loop_task is not None
        await asyncio.wait([result.run_loop_task])

    with installed(publisher) as status:
        try:
            asyncio.run(fail(status))
        except ValueError:
            assert [change.error_message for change in publisher.sessions.values()] == ["boom"]
        asyncio.run(leave(status))
        assert _is_empty(status)
    assert publisher.states("openai_agents:42")[-1] is None


def tokens_count_once_with_spans_of_models_and_without_and_those_of_subagents_too(
    publisher: RecordingPublisher,
) -> None:
    def chief(*, has_spans: bool) -> Agent[Any]:
        usage = Usage(requests=1, input_tokens=500, output_tokens=100, total_tokens=600)
        steps = [[function_call("look", {}, call_id="1")], [assistant_message("I have looked")]]
        inner = Agent(
            name="Inner",
            model=ScriptedModel(steps, emit_traces=has_spans, default_usage=usage),
            tools=[look],
        )
        call = function_call("explore", {"input": "Look"}, call_id="2")
        model = ScriptedModel([[call], [assistant_message("Yes")]], emit_traces=has_spans, default_usage=usage)
        return Agent(name="Chief", model=model, tools=[inner.as_tool("explore", "Asks another agent.")])

    with installed(publisher):
        for has_spans in (True, False):
            group = RunConfig(group_id=str(has_spans))
            Runner.run_sync(chief(has_spans=has_spans), "Go on", run_config=group)
    for key in ("openai_agents:True", "openai_agents:False"):
        published = [change for change in publisher.changes if change.session_key == key]
        assert max((change.input_tokens, change.output_tokens) for change in published) == (2000, 400), key


def runs_at_the_same_time_are_sessions_of_their_own(publisher: RecordingPublisher) -> None:
    async def run() -> None:
        clerks = [(RunConfig(group_id=str(number)), agent(["look"], "Done", tools=(look,))) for number in range(50)]
        await asyncio.gather(*(Runner.run(clerk, "Go on", run_config=config) for config, clerk in clerks))

    with installed(publisher) as status:
        asyncio.run(run())
        assert _is_empty(status)
    assert len(_keys(publisher)) == 50
    assert publisher.sessions == {}
    assert all(publisher.states(key) == GOES_ON for key in _keys(publisher))


def threads_at_the_same_time_are_sessions_of_their_own(publisher: RecordingPublisher) -> None:
    def thread(number: int) -> None:
        for turn in range(5):
            config = RunConfig(group_id=f"{number}.{turn}")
            asyncio.run(Runner.run(agent(["look"], "Done", tools=(look,)), "Go on", run_config=config))

    with installed(publisher) as status:
        threads = [threading.Thread(target=thread, args=(number,)) for number in range(4)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        assert _is_empty(status)
    assert len(_keys(publisher)) == 20
    assert publisher.sessions == {}


def a_run_inside_one_that_another_bridge_has_seen_is_no_session(publisher: RecordingPublisher) -> None:
    async def run(status: StatusTraceProcessor) -> None:
        other = Runs(publisher, "opentelemetry")
        other.begin("span", session_id="trace")
        await status.run(Runner.run(agent(["deploy"], tools=(deploy,)), "Go on"))
        other.end("span")

    with installed(publisher) as status:
        asyncio.run(run(status))
    assert _keys(publisher) == {"opentelemetry:trace"}
    assert publisher.sessions["opentelemetry:trace"].state == "waiting_for_user"
    assert publisher.sessions["opentelemetry:trace"].title is None


def beside_opentelemetry_it_is_one_session_that_sees_what_both_do(publisher: RecordingPublisher) -> None:
    """Whichever of the two is registered first."""

    async def run(status: StatusTraceProcessor, group: str) -> None:
        config = RunConfig(group_id=group)
        await Runner.run(agent(["look"], "Done", tools=(look,)), "Go on", run_config=config)
        asking = agent(["deploy"], tools=(deploy,))
        await status.run(Runner.run(asking, "Go on", run_config=RunConfig(group_id=f"{group} asks")))

    provider = TracerProvider()
    provider.add_span_processor(StatusSpanProcessor(publisher))
    instrumentor = OpenAIAgentsInstrumentor()
    for is_first in (True, False):
        with installed(publisher) as status:
            instrumentor.instrument(tracer_provider=provider)
            if not is_first:
                set_trace_processors([*get_trace_provider()._multi_processor._processors[::-1]])
            try:
                asyncio.run(run(status, str(is_first)))
            finally:
                instrumentor.uninstrument()
    asks = {key for key, change in publisher.sessions.items() if change.state == "waiting_for_user"}
    assert len(_keys(publisher)) == 4
    assert len(asks) == len(publisher.sessions) == 2
    published = [change for change in publisher.changes if change.session_key not in asks]
    assert max((change.input_tokens, change.output_tokens) for change in published) == (1000, 200)
    assert {"openai_agents:True", "openai_agents:True asks"} <= _keys(publisher)


def a_run_without_tracing_is_not_seen(publisher: RecordingPublisher) -> None:
    async def run(status: StatusTraceProcessor) -> None:
        config = RunConfig(tracing_disabled=True)
        await status.run(Runner.run(agent("Hello"), "Go on", run_config=config))
        async for _ in status.stream(Runner.run_streamed(agent("Hello"), "Go on", run_config=config)):
            pass

    with installed(publisher) as status:
        asyncio.run(run(status))
    assert publisher.changes == []


def a_cancelled_run_leaves_nothing_behind(publisher: RecordingPublisher) -> None:
    async def run(status: StatusTraceProcessor) -> None:
        running.clear()
        task = asyncio.create_task(status.run(Runner.run(agent(["wait"], tools=(wait,)), "Go on")))
        await running.wait()
        task.cancel()
        await asyncio.wait([task])
        await asyncio.sleep(0)  # the tool's own end comes after the run's
        assert _is_empty(status)

    with installed(publisher) as status:
        asyncio.run(run(status))
    assert publisher.sessions == {}


def what_has_another_shape_than_we_know_reaches_no_agent(publisher: RecordingPublisher) -> None:
    async def events() -> AsyncIterator[str]:
        yield "event"

    async def run() -> None:
        assert await status.run(asyncio.sleep(0, "no result")) == "no result"
        streamed = SimpleNamespace(stream_events=events)
        assert [event async for event in status.stream(streamed)] == ["event"]
        hooks = StatusHooks(publisher.session("chat:42"))
        await hooks.on_llm_end(None, None, None)
        await hooks.on_tool_start(None, None, None)
        await hooks.on_tool_end(None, None, None, None)

    status = StatusTraceProcessor(publisher)
    for call in (status.on_trace_start, status.on_trace_end, status.on_span_start, status.on_span_end):
        call(SimpleNamespace())
    asyncio.run(run())
    assert [str(error).partition("(")[0].partition(".")[2] for error in publisher.errors] == [
        *("on_trace_start", "on_trace_end", "on_span_start", "on_span_end"),
        *("_expect", "_hear", "_use", "_start_tool"),
    ]
    publisher.errors.clear()


SCENARIOS: Final = {
    name: rule
    for name, rule in list(globals().items())
    if isinstance(rule, FunctionType) and rule.__module__ == __name__ and not name.startswith("_")
}
