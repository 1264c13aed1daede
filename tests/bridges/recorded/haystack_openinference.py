"""Records Haystack by OpenInference, in an environment with haystack-ai and openinference-instrumentation-haystack."""

import asyncio
from typing import Any

from haystack import Pipeline, component
from haystack.components.agents import Agent
from haystack.dataclasses import ChatMessage, ToolCall
from haystack.tools import tool
from openinference.instrumentation.haystack import HaystackInstrumentor

from tests.bridges.recorded.recorder import installed, record

PACKAGES = ("haystack-ai", "openinference-instrumentation-haystack")


@component
class ScriptedChatGenerator:
    """A generator whose answers are texts, calls of tools, or errors, one after the other."""

    def __init__(self, answers: list[Any]) -> None:
        self.answers = answers

    @component.output_types(replies=list[ChatMessage])
    def run(self, messages: list[ChatMessage], tools: Any = None, **_: Any) -> dict[str, list[ChatMessage]]:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        meta = {"model": "scripted", "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}}
        if isinstance(answer, str):
            return {"replies": [ChatMessage.from_assistant(answer, meta=meta)]}
        calls = [ToolCall(name, given) for name, given in answer]
        return {"replies": [ChatMessage.from_assistant(None, meta=meta, tool_calls=calls)]}


@tool
def bash(command: str) -> str:
    """Run a command."""
    return command


CALL = [("bash", {"command": "ls"})]


def tools() -> None:
    Agent(chat_generator=ScriptedChatGenerator([CALL, "done"]), tools=[bash]).run(messages=[ChatMessage.from_user("x")])


def pipeline(answers: Any = (CALL, "done")) -> None:
    whole = Pipeline()
    whole.add_component("clerk", Agent(chat_generator=ScriptedChatGenerator(list(answers)), tools=[bash]))
    whole.run({"clerk": {"messages": [ChatMessage.from_user("x")]}})


def failing() -> None:
    pipeline([RuntimeError("overloaded")])


if __name__ == "__main__":
    provider, recorder = installed()
    HaystackInstrumentor().instrument(tracer_provider=provider)
    asyncio.run(
        record("haystack_openinference", PACKAGES, {p.__name__: p for p in (tools, pipeline, failing)}, recorder)
    )
