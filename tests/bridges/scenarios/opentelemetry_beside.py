"""The same agents with both bridges on: each sees every run."""

from typing import Final

from agent_status_publisher.testing import RecordingPublisher
from tests.bridges.scenarios import opentelemetry
from tests.bridges.scenarios.pydantic_ai import MakeAgent, observed, scenarios

PACKAGES = opentelemetry.PACKAGES


def both(publisher: RecordingPublisher) -> MakeAgent:
    opentelemetry.instrument(publisher)
    return observed(publisher)


SCENARIOS: Final = scenarios(both)
