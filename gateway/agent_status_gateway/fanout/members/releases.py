"""Held requests whose seconds are over, or for which there is news: a few are answered in each turn of the event loop.

To answer a request takes a task and a fraction of a millisecond. A change may be news for thousands of them at once,
and thousands may have come in the same instant, so that their seconds are over in the same instant, too.
"""

import asyncio
import logging
from collections import OrderedDict
from typing import Final

from agent_status_gateway.fanout.members.poll import Poll

logger = logging.getLogger(__name__)

RELEASES_A_TURN: Final = 4
"""The most requests that are answered in one turn of the event loop: about two milliseconds."""


class Releases:
    """All polls that are held, each with its timer, and those among them that are released next."""

    def __init__(self) -> None:
        self._timers: dict[Poll, asyncio.TimerHandle] = {}
        self._next: OrderedDict[Poll, None] = OrderedDict()
        self._is_going_on = False

    def __len__(self) -> int:
        return len(self._timers)

    def hold(self, poll: Poll, seconds: float) -> None:
        """Release a poll after this many seconds at the latest."""
        self._timers[poll] = asyncio.get_running_loop().call_later(seconds, self.add, poll)

    def add(self, poll: Poll) -> None:
        """Release a poll soon, unless it has gone."""
        if poll not in self._timers:
            return
        self._next[poll] = None
        if not self._is_going_on:
            self._is_going_on = True
            asyncio.get_running_loop().call_soon(self._go_on)

    def remove(self, poll: Poll) -> None:
        """Forget a poll: it has left."""
        self._timers.pop(poll).cancel()
        self._next.pop(poll, None)

    def _go_on(self) -> None:
        for _ in range(min(RELEASES_A_TURN, len(self._next))):
            poll, _ = self._next.popitem(last=False)
            try:
                poll.release()
            except Exception:
                logger.exception("a held request could not be answered")
        self._is_going_on = bool(self._next)
        if self._is_going_on:
            asyncio.get_running_loop().call_soon(self._go_on)
