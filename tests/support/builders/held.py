"""Held polls of a hub, without requests."""

import asyncio
from collections.abc import Container

from agent_status_gateway.fanout.client import Peer
from agent_status_gateway.fanout.hub import Hub
from agent_status_gateway.fanout.members.poll import Poll
from agent_status_gateway.state.views.view import WHOLE, View
from tests.support.builders.lines import PEER


class Held:
    """A request that is held, and how often it was to be answered. It needs a running event loop."""

    def __init__(
        self,
        hub: Hub,
        ids: Container[str] = frozenset(),
        *,
        view: View = WHOLE,
        seconds: float = 60.0,
        asks: bool = False,
        peer: Peer = PEER,
    ) -> None:
        self.answers = 0
        self.is_answered = asyncio.Event()
        self.poll: Poll = hub.hold(hub._audiences.of(view), ids, self._answer, peer=peer, seconds=seconds, asks=asks)

    def _answer(self) -> None:
        self.answers += 1
        self.is_answered.set()


async def turns(number: int = 5) -> None:
    """Let this many turns of the event loop pass."""
    for _ in range(number):
        await asyncio.sleep(0)
