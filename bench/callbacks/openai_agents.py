"""Through the SDK's own traces and spans; tokens by a stream."""

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any, Final

from agents import (
    agent_span,
    function_span,
    generation_span,
    get_current_trace,
    set_trace_processors,
    trace,
)

from agent_status_publisher import StatusPublisher
from agent_status_publisher.integrations.openai_agents import StatusTraceProcessor
from bench.turns import Play

PACKAGE: Final = "openai-agents"
EVENTS: Final = 10
USED: Final = {"input_tokens": 500, "output_tokens": 100}
TOKEN: Final = SimpleNamespace(
    type="raw_response_event", data=SimpleNamespace(type="response.output_text.delta", delta="word")
)


class Streamed:
    """What `Runner.run_streamed` gives, as far as it is a stream."""

    interruptions = ()

    def __init__(self, tokens: int) -> None:
        self.trace = get_current_trace()
        self._tokens = tokens

    async def stream_events(self) -> AsyncIterator[Any]:
        for _ in range(self._tokens):
            yield TOKEN


def player(publisher: StatusPublisher | None) -> Play:
    status = None if publisher is None else StatusTraceProcessor(publisher)

    async def stream(tokens: int) -> None:
        streamed = Streamed(tokens)
        async for _ in streamed.stream_events() if status is None else status.stream(streamed):
            pass

    def play(turns: int, tokens: int) -> None:
        set_trace_processors([] if status is None else [status])
        for _ in range(turns):
            with trace("Agent workflow", group_id="42"), agent_span("Clerk"):
                with generation_span(usage=USED):
                    pass
                with function_span("bash"):
                    pass
                with generation_span(usage=USED):
                    if tokens:
                        asyncio.run(stream(tokens))

    return play
