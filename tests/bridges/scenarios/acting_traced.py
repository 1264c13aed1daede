"""An agent of Pydantic AI that traces itself, and goes on at each line it reads: it runs a tool, and is done."""

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import set_tracer_provider
from pydantic_ai import Agent
from pydantic_ai.models.test import TestModel

from agent_status_publisher import StatusPublisher
from agent_status_publisher.integrations.opentelemetry import StatusSpanProcessor


def read() -> str:
    """Reads a file."""
    return input()


def main() -> None:
    with StatusPublisher() as publisher:
        provider = TracerProvider()
        provider.add_span_processor(StatusSpanProcessor(publisher))
        set_tracer_provider(provider)
        Agent.instrument_all()
        Agent(TestModel(), tools=[read]).run_sync("Go on", conversation_id="abc123")
        input()


if __name__ == "__main__":
    main()
