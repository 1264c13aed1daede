"""The SDK's messages in the order of a turn, and the hooks that Claude Code would call between them."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Final

from claude_agent_sdk import (
    AssistantMessage,
    ResultMessage,
    StreamEvent,
    SystemMessage,
    TextBlock,
    ToolResultBlock,
    ToolUseBlock,
    UserMessage,
)

from agent_status_publisher import StatusPublisher
from agent_status_publisher.integrations.claude_agent_sdk import status_hooks, watch
from bench.turns import Play

PACKAGE: Final = "claude-agent-sdk"
EVENTS: Final = 7
SESSION: Final = "3f2a"
USED: Final = {"input_tokens": 500, "output_tokens": 100}
INIT: Final = SystemMessage(subtype="init", data={"session_id": SESSION})
CALLS: Final = AssistantMessage(
    content=[ToolUseBlock("call", "bash", {})], model="claude", usage=USED, message_id="1", session_id=SESSION
)
RESULT_OF_TOOL: Final = UserMessage(content=[ToolResultBlock("call", "done")])
ANSWER: Final = AssistantMessage(
    content=[TextBlock("Hello")], model="claude", usage=USED, message_id="2", session_id=SESSION
)
DONE: Final = ResultMessage(
    subtype="success",
    duration_ms=1,
    duration_api_ms=1,
    is_error=False,
    num_turns=1,
    session_id=SESSION,
    usage=USED,
)
START: Final = {"type": "content_block_start", "content_block": {"type": "text"}}
TOKEN: Final = {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "word"}}


def player(publisher: StatusPublisher | None) -> Play:
    hooks = {} if publisher is None else status_hooks(publisher)

    async def call_hooks(event: str) -> None:
        for matcher in hooks.get(event, ()):
            for hook in matcher.hooks:
                sent = {"session_id": SESSION, "hook_event_name": event, "tool_name": "bash", "tool_use_id": "call"}
                await hook(sent, "call", None)

    async def messages(tokens: int) -> AsyncIterator[Any]:
        yield INIT
        yield CALLS
        await call_hooks("PreToolUse")
        await call_hooks("PostToolUse")
        yield RESULT_OF_TOOL
        for number in range(tokens):
            yield StreamEvent(uuid="u", session_id=SESSION, event=TOKEN if number else START)
        yield ANSWER
        yield DONE

    async def all_of(turns: int, tokens: int) -> None:
        for _ in range(turns):
            heard = messages(tokens)
            async for _message in heard if publisher is None else watch(heard, publisher):
                pass

    return lambda turns, tokens: asyncio.run(all_of(turns, tokens))
