"""Clients and polls that wait for what is made for them, by audience."""

import asyncio
from collections.abc import Hashable
from typing import Generic, TypeVar

from agent_status_gateway.fanout.members.poll import Member

Audience = TypeVar("Audience", bound=Hashable)


class Waiting(Generic[Audience]):
    """All that wait. `has_any` is set while there are some."""

    def __init__(self) -> None:
        self.has_any = asyncio.Event()
        self._by_audience: dict[Audience, dict[Member, None]] = {}

    def __len__(self) -> int:
        return len(self._by_audience)

    def add(self, member: Member, audience: Audience) -> None:
        """Add one; it may wait already."""
        self._by_audience.setdefault(audience, {})[member] = None
        self.has_any.set()

    def remove(self, member: Member, audience: Audience) -> None:
        """Remove one that waits, or does not."""
        self._by_audience.get(audience, {}).pop(member, None)

    def take(self) -> list[tuple[Audience, list[Member]]]:
        """Take all out, by audience."""
        waiting, self._by_audience = self._by_audience, {}
        self.has_any.clear()
        return [(audience, list(members)) for audience, members in waiting.items()]
