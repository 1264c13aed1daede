"""What OpenTelemetry's own SDK passes on to processors."""

from collections.abc import Callable
from typing import Final

from opentelemetry.sdk.trace import TracerProvider

from agent_status_publisher.integrations.opentelemetry import StatusSpanProcessor
from agent_status_publisher.testing import RecordingPublisher
from tests.bridges.scenarios.opentelemetry_spans import CONVERSATION, PACKAGES, USED, late, operation, tracer_of

__all__ = ["PACKAGES", "SCENARIOS"]


def installed_twice(publisher: RecordingPublisher) -> None:
    provider = TracerProvider()
    provider.add_span_processor(StatusSpanProcessor(publisher))
    provider.add_span_processor(StatusSpanProcessor(publisher))
    tracer = provider.get_tracer("tests")
    with tracer.start_as_current_span("invoke_agent Clerk", attributes=CONVERSATION):
        with tracer.start_as_current_span("chat gpt", attributes={**operation("chat"), **USED}):
            pass
        with tracer.start_as_current_span("execute_tool bash"):
            pass


def said_after_its_start(publisher: RecordingPublisher) -> None:
    """What the SDK passes on: the live span of the context, whose kind came after its start."""
    tracer = tracer_of(publisher)
    with (
        late(tracer, "weather", **{"langfuse.observation.type": "agent"}),
        late(tracer, "bash", **{"langfuse.observation.type": "tool"}),
        tracer.start_as_current_span("GET /"),
    ):
        pass


SCENARIOS: Final[dict[str, Callable[[RecordingPublisher], None]]] = {
    play.__name__: play for play in (installed_twice, said_after_its_start)
}
