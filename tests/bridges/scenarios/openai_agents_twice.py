"""The line of the bridge to OpenAI's agents run twice, as in a notebook; each is a rule, and asserts it."""

import asyncio
from types import FunctionType
from typing import Final

from agents import Runner, add_trace_processor, set_trace_processors

from agent_status_publisher.integrations.openai_agents import StatusTraceProcessor
from agent_status_publisher.testing import RecordingPublisher
from tests.bridges.scenarios import openai_agents
from tests.bridges.scenarios.openai_agents import agent, deploy, installed, look

PACKAGES = openai_agents.PACKAGES


def _run(status: StatusTraceProcessor) -> None:
    """A run that may ask, and one that streams, by the methods of this processor."""

    async def run() -> None:
        await status.run(Runner.run(agent(["deploy"], "It is out", tools=(deploy,)), "Go on"))
        async for _ in status.stream(Runner.run_streamed(agent(["look"], "Hello", tools=(look,)), "Go on")):
            pass

    asyncio.run(run())


def either_of_two_processors_shows_what_it_runs_and_streams_once(publisher: RecordingPublisher) -> None:
    with installed(publisher) as first:
        second = StatusTraceProcessor(publisher)
        add_trace_processor(second)
        alone: list[object] = []
        for status in (first, second):
            before = len(publisher.changes)
            _run(status)
            keys = list(dict.fromkeys(change.session_key for change in publisher.changes[before:]))
            asked, streamed = ([c for c in publisher.changes if c.session_key == key] for key in keys)
            assert publisher.states(keys[0])[-1] == "waiting_for_user"
            assert publisher.states(keys[1])[-2:] == ["streaming", None]
            alone.append([(c.state, c.tool_name, c.input_tokens) for c in (*asked, *streamed)])
            assert not second._seen
        assert alone[0] == alone[1]


def the_second_processor_follows_when_the_first_one_is_not_installed_any_more(publisher: RecordingPublisher) -> None:
    with installed(publisher) as first:
        second = StatusTraceProcessor(publisher)
        set_trace_processors([second])
        Runner.run_sync(agent("Hello"), "Go on")
        assert not first._seen
    (key,) = {change.session_key for change in publisher.changes}
    assert publisher.states(key) == ["thinking", None]


SCENARIOS: Final = {
    name: rule
    for name, rule in list(globals().items())
    if isinstance(rule, FunctionType) and rule.__module__ == __name__ and not name.startswith("_")
}
