"""PocketPaw on the dashboard: one line, `bridge(bus, publisher)`. Run it beside `agent-status-gateway watch`.

PocketPaw's real loop and bus, and a backend that needs no model and no key. Needs `pip install pocketpaw`.
"""

import asyncio
from collections.abc import AsyncIterator

from pocketpaw.agents.backend import BackendInfo, Capability
from pocketpaw.agents.loop import AgentLoop
from pocketpaw.agents.protocol import AgentEvent
from pocketpaw.agents.registry import register_backend
from pocketpaw.bus import get_message_bus
from pocketpaw.bus.events import Channel, InboundMessage
from pocketpaw.config import Settings

from agent_status_publisher import StatusPublisher
from agent_status_publisher.integrations.pocketpaw import bridge


class Pretending:
    """A backend that thinks, runs a tool and answers."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @staticmethod
    def info() -> BackendInfo:
        return BackendInfo("pretending", "Pretending", Capability.STREAMING)

    async def run(self, message: str, **_: object) -> AsyncIterator[AgentEvent]:
        await asyncio.sleep(2)
        yield AgentEvent(type="tool_use", content="", metadata={"name": "bash", "input": {"command": "ls"}})
        await asyncio.sleep(2)
        yield AgentEvent(type="tool_result", content="notes.txt", metadata={"name": "bash"})
        for word in f"You said: {message}".split():
            await asyncio.sleep(0.5)
            yield AgentEvent(type="message", content=f"{word} ")
        yield AgentEvent(type="done", content="")

    async def stop(self) -> None:
        """Nothing is running."""


async def main() -> None:
    register_backend("claude_agent_sdk", __name__, "Pretending")  # in the default backend's place
    with StatusPublisher() as publisher:
        bridge(get_message_bus(), publisher)
        loop = asyncio.create_task(AgentLoop().start())
        message = InboundMessage(channel=Channel.WEBSOCKET, sender_id="user", chat_id="abc123", content="Good morning")
        await get_message_bus().publish_inbound(message)
        await asyncio.wait([loop], timeout=10)


if __name__ == "__main__":
    asyncio.run(main())
