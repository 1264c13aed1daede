"""What hooks count, and what is said where tracing is disabled; each is a rule, and asserts it."""

import asyncio
from types import FunctionType
from typing import Any, Final

from agents import Agent, RunConfig, Runner, Usage, set_trace_processors, set_tracing_disabled
from agents.testing import ScriptedModel, assistant_message, function_call

from agent_status_publisher.integrations.openai_agents import StatusHooks, StatusTraceProcessor
from agent_status_publisher.testing import RecordingPublisher
from tests.bridges.scenarios import openai_agents
from tests.bridges.scenarios.openai_agents import agent, installed, look

PACKAGES = openai_agents.PACKAGES
USED: Final = Usage(requests=1, input_tokens=500, output_tokens=100, total_tokens=600)


def _chief(hooks: StatusHooks | None = None) -> Agent[Any]:
    """Its tool is an agent that calls its model twice."""
    inner = agent(["look"], "I have looked", tools=(look,))
    call = function_call("explore", {"input": "Look"}, call_id="call-explore")
    model = ScriptedModel([[call], [assistant_message("It has looked")]], default_usage=USED)
    return Agent(name="Chief", model=model, tools=[inner.as_tool("explore", "Asks another agent.", hooks=hooks)])


def _tokens(publisher: RecordingPublisher) -> tuple[int, int]:
    return max((change.input_tokens, change.output_tokens) for change in publisher.changes)


def hooks_count_the_tokens_of_agents_that_are_tools(publisher: RecordingPublisher) -> None:
    with publisher.session("chat:42") as session:
        asyncio.run(Runner.run(_chief(), "Go on", hooks=StatusHooks(session)))
    assert _tokens(publisher) == (2000, 400)


def hooks_that_the_inner_agent_has_as_well_count_once(publisher: RecordingPublisher) -> None:
    with publisher.session("chat:42") as session:
        hooks = StatusHooks(session)
        asyncio.run(Runner.run(_chief(hooks), "Go on", hooks=hooks))
    assert _tokens(publisher) == (2000, 400)


def hooks_count_a_streamed_run(publisher: RecordingPublisher) -> None:
    async def run() -> None:
        with publisher.session("chat:42") as session:
            async for _ in Runner.run_streamed(_chief(), "Go on", hooks=StatusHooks(session)).stream_events():
                pass

    asyncio.run(run())
    assert _tokens(publisher) == (2000, 400)


def tracing_that_is_disabled_in_the_process_is_one_warning(publisher: RecordingPublisher) -> None:
    set_tracing_disabled(True)
    try:
        status = StatusTraceProcessor(publisher)
        set_trace_processors([status])
        for _ in range(2):
            asyncio.run(status.run(Runner.run(agent("Hello"), "Go on")))
    finally:
        set_tracing_disabled(False)
        set_trace_processors([])
    (warning,) = publisher.errors
    assert "OPENAI_AGENTS_DISABLE_TRACING" in str(warning)
    assert "StatusHooks" in str(warning)
    assert publisher.changes == []
    publisher.errors.clear()


def tracing_that_is_disabled_later_is_a_warning_where_a_run_is_to_be_shown(publisher: RecordingPublisher) -> None:
    with installed(publisher) as status:
        assert publisher.errors == []
        set_tracing_disabled(True)
        try:
            asyncio.run(status.run(Runner.run(agent("Hello"), "Go on")))
        finally:
            set_tracing_disabled(False)
    assert len(publisher.errors) == 1
    publisher.errors.clear()


def a_run_that_disables_its_own_tracing_is_no_warning(publisher: RecordingPublisher) -> None:
    with installed(publisher) as status:
        config = RunConfig(tracing_disabled=True)
        asyncio.run(status.run(Runner.run(agent("Hello"), "Go on", run_config=config)))
    assert publisher.errors == []


SCENARIOS: Final = {
    name: rule
    for name, rule in list(globals().items())
    if isinstance(rule, FunctionType) and rule.__module__ == __name__ and not name.startswith("_")
}
