"""The hooks of a capability, in the order of a run; without the bridge those of one that does nothing."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Final

from pydantic_ai import AgentRunResult, RunContext
from pydantic_ai.capabilities import AbstractCapability
from pydantic_ai.messages import ModelResponse, PartDeltaEvent, PartStartEvent, TextPart, TextPartDelta, ToolCallPart
from pydantic_ai.models.test import TestModel
from pydantic_ai.usage import RequestUsage, RunUsage

from agent_status_publisher import StatusPublisher
from agent_status_publisher.integrations.pydantic_ai import StatusCapability
from bench.turns import Play

PACKAGE: Final = "pydantic-ai-slim"
EVENTS: Final = 8
ANSWER: Final = ModelResponse(parts=[TextPart("Hello")], usage=RequestUsage(input_tokens=500, output_tokens=100))
CALL: Final = ToolCallPart("bash", {}, tool_call_id="call")
FIRST: Final = PartStartEvent(index=0, part=TextPart("word"))
NEXT: Final = PartDeltaEvent(index=0, delta=TextPartDelta("word"))


async def written(tokens: int) -> AsyncIterator[Any]:
    yield FIRST
    for _ in range(tokens - 1):
        yield NEXT


def player(publisher: StatusPublisher | None) -> Play:
    hooks: Any = AbstractCapability() if publisher is None else StatusCapability(publisher)

    async def run_tool(_: Any) -> str:
        return "done"

    async def run(number: int, tokens: int) -> None:
        context = RunContext(
            deps=None, model=TestModel(), usage=RunUsage(), run_id=f"run {number}", conversation_id="42"
        )

        async def body() -> AgentRunResult[str]:
            await hooks.before_model_request(context, None)
            await hooks.after_model_request(context, request_context=None, response=ANSWER)
            await hooks.wrap_tool_execute(context, call=CALL, tool_def=None, args={}, handler=run_tool)
            await hooks.before_model_request(context, None)
            if tokens:
                async for _ in hooks.wrap_run_event_stream(context, stream=written(tokens)):
                    pass
            await hooks.after_model_request(context, request_context=None, response=ANSWER)
            return AgentRunResult("Hello")

        await hooks.wrap_run(context, handler=body)

    async def all_of(turns: int, tokens: int) -> None:
        for number in range(turns):
            await run(number, tokens)

    return lambda turns, tokens: asyncio.run(all_of(turns, tokens))
