"""Through PocketPaw's own bus."""

import asyncio
import os
import tempfile
from collections.abc import Callable
from typing import Any, Final

from agent_status_publisher import StatusPublisher
from agent_status_publisher.integrations.pocketpaw import bridge
from bench.turns import Play

os.environ["HOME"] = tempfile.mkdtemp(prefix="pocketpaw-")  # it keeps settings there, from its import on

from pocketpaw.bus.events import SystemEvent
from pocketpaw.bus.queue import MessageBus

PACKAGE: Final = "pocketpaw"
EVENTS: Final = 9


def event(kind: str, **data: Any) -> SystemEvent:
    return SystemEvent(event_type=kind, data={"session_key": "websocket:abc", "trace_id": "t", **data})


def player(publisher: StatusPublisher | None) -> Play:
    return _player(lambda bus: None if publisher is None else bridge(bus, publisher))


def idle_player() -> Play:
    """With a subscriber that does nothing: the rest is the bus's."""

    async def nothing(event: Any) -> None:
        pass

    return _player(lambda bus: bus.subscribe_system(nothing))


def _player(listen: Callable[[Any], object]) -> Play:
    async def all_of(turns: int, tokens: int) -> None:
        bus = MessageBus()
        listen(bus)
        for _ in range(turns):
            for sent in (
                event("trace_start"),
                event("agent_start"),
                event("thinking"),
                event("token_usage", input=500, output=100),
                event("tool_start", name="bash"),
                event("tool_result", name="bash", status="success"),
                event("thinking"),
            ):
                await bus.publish_system(sent)
            for _ in range(tokens):
                await bus.publish_system(event("trace_chunk"))
            await bus.publish_system(event("agent_end"))
            await bus.publish_system(event("trace_end", status="success"))

    return lambda turns, tokens: asyncio.run(all_of(turns, tokens))
