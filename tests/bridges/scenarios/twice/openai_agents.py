"""OpenAI Agents SDK: two trace processors."""

from agents import Runner, add_trace_processor

from agent_status_publisher.integrations.openai_agents import StatusTraceProcessor
from agent_status_publisher.testing import RecordingPublisher
from tests.bridges.scenarios import openai_agents
from tests.bridges.scenarios.openai_agents import agent, installed, look

PACKAGES = openai_agents.PACKAGES


def _run(publisher: RecordingPublisher, times: int) -> None:
    with installed(publisher):
        for _ in range(times - 1):
            add_trace_processor(StatusTraceProcessor(publisher))
        Runner.run_sync(agent(["look"], "It has looked", tools=(look,)), "Go on")


SCENARIOS = {"once": lambda publisher: _run(publisher, 1), "twice": lambda publisher: _run(publisher, 2)}
