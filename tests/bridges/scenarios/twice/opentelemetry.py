"""OpenTelemetry: two span processors at one provider."""

from functools import partial

from opentelemetry.sdk.trace import TracerProvider
from pydantic_ai import Agent
from pydantic_ai.models.instrumented import InstrumentationSettings

from agent_status_publisher.integrations.opentelemetry import StatusSpanProcessor
from agent_status_publisher.testing import RecordingPublisher
from tests.bridges.scenarios import opentelemetry
from tests.bridges.scenarios.pydantic_ai import MakeAgent, play, subagent

PACKAGES = opentelemetry.PACKAGES


def _traced_twice(publisher: RecordingPublisher) -> MakeAgent:
    provider = TracerProvider()
    for _ in range(2):
        provider.add_span_processor(StatusSpanProcessor(publisher))
    Agent.instrument_all(InstrumentationSettings(tracer_provider=provider))
    return partial(Agent)


SCENARIOS = {"once": opentelemetry.SCENARIOS["subagent"], "twice": play(subagent, _traced_twice)}
