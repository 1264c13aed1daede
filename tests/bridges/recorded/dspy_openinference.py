"""Records DSPy by OpenInference, in an environment with dspy and openinference-instrumentation-dspy."""

import asyncio
from typing import Any

import dspy
from dspy.utils import DummyLM
from openinference.instrumentation.dspy import DSPyInstrumentor

from tests.bridges.recorded.recorder import installed, record

PACKAGES = ("dspy", "openinference-instrumentation-dspy")


def bash(command: str) -> str:
    """Run a command."""
    return command


class Failing(DummyLM):
    """A model that is overloaded."""

    def forward(self, *_: Any, **__: Any) -> Any:
        raise RuntimeError("overloaded")

    async def aforward(self, *_: Any, **__: Any) -> Any:
        raise RuntimeError("overloaded")


ANSWERS = [
    {"next_thought": "look", "next_tool_name": "bash", "next_tool_args": {"command": "ls"}},
    {"next_thought": "done", "next_tool_name": "finish", "next_tool_args": {}},
    {"reasoning": "because", "answer": "done"},
]


def react(model: Any) -> None:
    with dspy.context(lm=model):
        dspy.ReAct("question -> answer", tools=[bash])(question="x")


def tools() -> None:
    react(DummyLM(ANSWERS))


def failing() -> None:
    react(Failing(ANSWERS))


if __name__ == "__main__":
    provider, recorder = installed()
    DSPyInstrumentor().instrument(tracer_provider=provider)
    asyncio.run(record("dspy_openinference", PACKAGES, {"tools": tools, "failing": failing}, recorder))
