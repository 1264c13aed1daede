"""Records Langfuse's own observations, in an environment with langfuse. Nothing is exported."""

import asyncio

from langfuse import Langfuse
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from tests.bridges.recorded.recorder import Play, installed, record

PACKAGES = ("langfuse",)


def play(client: Langfuse, *, fails: bool = False) -> None:
    with client.start_as_current_observation(name="weather", as_type="agent"):
        with client.start_as_current_observation(name="model", as_type="generation", model="scripted") as model:
            model.update(usage_details={"input": 10, "output": 5})
        with (
            client.start_as_current_observation(name="bash", as_type="tool"),
            client.start_as_current_observation(name="GET /", as_type="span"),
        ):
            pass
        if fails:
            raise RuntimeError("overloaded")


if __name__ == "__main__":
    provider, recorder = installed()
    exporter = InMemorySpanExporter()
    langfuse = Langfuse(public_key="pk", secret_key="sk", tracer_provider=provider, span_exporter=exporter)
    plays: dict[str, Play] = {"tools": lambda: play(langfuse), "failing": lambda: play(langfuse, fails=True)}
    asyncio.run(record("langfuse_observations", PACKAGES, plays, recorder))
