"""Pydantic AI's agents as they trace themselves, into OpenTelemetry's own SDK."""

from functools import partial
from typing import Final

from opentelemetry.sdk.trace import TracerProvider
from pydantic_ai import Agent
from pydantic_ai.models.instrumented import InstrumentationSettings

from agent_status_publisher.integrations.opentelemetry import StatusSpanProcessor
from agent_status_publisher.testing import RecordingPublisher
from tests.bridges.scenarios.pydantic_ai import MakeAgent, scenarios

PACKAGES = ("opentelemetry-sdk", "pydantic-ai-slim")


def instrument(publisher: RecordingPublisher) -> None:
    provider = TracerProvider()
    provider.add_span_processor(StatusSpanProcessor(publisher))
    Agent.instrument_all(InstrumentationSettings(tracer_provider=provider))


def traced(publisher: RecordingPublisher) -> MakeAgent:
    instrument(publisher)
    return partial(Agent)


SCENARIOS: Final = scenarios(traced)
