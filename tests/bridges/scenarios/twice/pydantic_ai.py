"""Pydantic AI: two capabilities of one publisher."""

from functools import partial

from pydantic_ai import Agent

from agent_status_publisher.integrations.pydantic_ai import StatusCapability
from agent_status_publisher.testing import RecordingPublisher
from tests.bridges.scenarios import pydantic_ai
from tests.bridges.scenarios.pydantic_ai import MakeAgent, play, subagent

PACKAGES = pydantic_ai.PACKAGES


def _observed_twice(publisher: RecordingPublisher) -> MakeAgent:
    return partial(Agent, capabilities=[StatusCapability(publisher), StatusCapability(publisher)])


SCENARIOS = {"once": pydantic_ai.SCENARIOS["subagent"], "twice": play(subagent, _observed_twice)}
