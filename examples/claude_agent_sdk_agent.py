"""The Claude Agent SDK on the dashboard: `with_status` and `watch`. Run it beside `agent-status-gateway watch`.

Claude Code needs a model and a key, so here its side of the transport acts: in your agent leave `transport` out.
Needs `pip install claude-agent-sdk`.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from claude_agent_sdk import ClaudeAgentOptions, Transport, query

from agent_status_publisher import StatusPublisher
from agent_status_publisher.integrations.claude_agent_sdk import watch, with_status


class Acting(Transport):
    """A Claude Code that is asked once, thinks, runs a tool and is done."""

    def __init__(self) -> None:
        self.said: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.hooks: dict[str, Any] = {}

    async def connect(self) -> None:
        """Nothing to start."""

    async def write(self, data: str) -> None:
        line = json.loads(data)
        if line["type"] == "control_request":
            self.hooks = line["request"]["hooks"]
            done = {"subtype": "success", "request_id": line["request_id"], "response": {}}
            self.said.put_nowait({"type": "control_response", "response": done})

    def call_hook(self, event: str, **fields: Any) -> dict[str, Any]:
        told = {"session_id": "abc123", "hook_event_name": event, "tool_use_id": "t1", **fields}
        request = {"subtype": "hook_callback", "callback_id": self.hooks[event][0]["hookCallbackIds"][0], "input": told}
        return {"type": "control_request", "request_id": event, "request": request}

    async def read_messages(self) -> AsyncIterator[dict[str, Any]]:
        yield await self.said.get()
        yield {"type": "system", "subtype": "init", "session_id": "abc123"}
        await asyncio.sleep(2)
        yield self.call_hook("PreToolUse", tool_name="Bash")
        await asyncio.sleep(3)
        yield self.call_hook("PostToolUse", tool_name="Bash")
        await asyncio.sleep(2)
        done = {"subtype": "success", "is_error": False, "num_turns": 1, "duration_ms": 7000, "duration_api_ms": 4000}
        yield {"type": "result", "session_id": "abc123", "usage": {"input_tokens": 500, "output_tokens": 100}, **done}

    async def close(self) -> None:
        """Nothing is running."""

    def is_ready(self) -> bool:
        return True

    async def end_input(self) -> None:
        """Ignored: there is only one prompt."""


async def main() -> None:
    with StatusPublisher() as publisher:
        options = with_status(ClaudeAgentOptions(), publisher)
        async for message in watch(query(prompt="Tidy up", options=options, transport=Acting()), publisher):
            print(type(message).__name__)


if __name__ == "__main__":
    asyncio.run(main())
