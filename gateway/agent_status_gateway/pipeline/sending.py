"""The two loops that send: what is due, and what clients and polls wait for. The settling comes before, the hub after.

Rule 1. Reports that wait are read when some view could send news of them: at once while it is quiet, else when its
        window closes. With several views some are nearly always quiet; then the inbox is read, and what is due is
        sent, a few dozen times a second at most: to wake up costs more than to look.
Rule 2. The more reports wait, the longer before the window closes they are read, as far as half a window. Those that
        come during that are fewer, and are read later. So the close is in time.
Rule 3. Who joins while an update is made is sent it too, unless it has these rows already.
"""

import asyncio
from collections.abc import Callable, Collection
from itertools import chain
from math import ceil
from typing import Final

from agent_status_gateway.fanout.audience import Audience
from agent_status_gateway.fanout.audiences import Audiences
from agent_status_gateway.fanout.hub import Hub
from agent_status_gateway.fanout.members.poll import Member
from agent_status_gateway.pipeline.settling import Settling
from agent_status_gateway.state.fleet import Fleet
from agent_status_gateway.tasks import Turns, in_steps
from agent_status_gateway.telemetry.metrics import Metrics

BEAT_SECONDS: Final = 0.04
"""Seconds between two looks at the inbox, where there are views: a change after a quiet window is sent within 50 ms."""
LEAD_SHARE: Final = 1.5
"""The inbox is read this many times as long before a window closes as that takes."""
LEAD_STEP_SECONDS: Final = 0.01
"""A lead is a number of such steps: nobody notices so short a delay, and not each report moves the moment."""
NEVER: Final = float("inf")


class Sending:
    """The loops. `clock` gives monotonic seconds; `want_reading` asks for all reports from Redis."""

    def __init__(
        self,
        settling: Settling,
        audiences: Audiences,
        hub: Hub,
        fleet: Fleet,
        metrics: Metrics,
        clock: Callable[[], float],
        want_reading: Callable[[], None],
    ) -> None:
        self._settling = settling
        self._current = settling.current
        self._audiences = audiences
        self._hub = hub
        self._fleet = fleet
        self._metrics = metrics
        self._clock = clock
        self._want_reading = want_reading
        self._wakes_at = -NEVER  # the moment at which the loop that sends looks again, if it waits
        self._report_seconds = 0.0  # that a report of the last long reading of the inbox took
        self._loop: asyncio.AbstractEventLoop
        self._timer: asyncio.TimerHandle | None = None

    def reads_at(self, now: float) -> float:
        """The moment from which reports that wait are read."""
        if self._settling.inbox.is_full:
            return now
        steps = LEAD_SHARE * self._report_seconds * len(self._settling.inbox) // LEAD_STEP_SECONDS
        lead_seconds = min(steps * LEAD_STEP_SECONDS, self._audiences.window_seconds / 2)
        return max(self._audiences.wanted_from - lead_seconds, self._next_beat(now))

    def look_by(self, moment: float) -> None:
        """Have the loop that sends look again at this moment, or before it."""
        if moment >= self._wakes_at:
            return
        self._stop_timer()
        self._wakes_at = moment
        # Not `asyncio.timeout`, which costs more than most looks. In whole milliseconds, as uvloop's timers are: it
        # rounds them, and a look a moment too early would be for nothing.
        seconds = ceil(1000 * max(0.0, moment - self._clock())) / 1000
        self._timer = self._loop.call_later(seconds, self._settling.has_earlier.set)

    async def send_when_due(self) -> None:
        """Send what is due, for ever."""
        self._loop = asyncio.get_running_loop()
        await self._look_again()
        for audience in list(self._audiences):
            await self._send(audience, to_all=True)  # after a restart, some may not have got the last one
        turns = Turns()
        while True:
            now = self._clock()
            if now >= self.reads_at(now):
                await self._look_again()
            while (due := self._audiences.take_due(self._clock())) is not None:
                await self._send(due)
                await turns.next()
            await self._wait()

    async def serve_waiting(self, current_feed_event: Callable[[], bytes]) -> None:
        """Serve the clients that wait for an event that is made for them, for ever."""
        while True:
            await self._hub.waiting.has_any.wait()
            await self._look_again()
            for audience, clients in self._hub.waiting.take():
                update = await self._settling.update(audience, [clients], may_serve=True)
                await self._hub.serve(update, clients, current_feed_event)

    def _next_beat(self, now: float) -> float:
        """The first moment for a look, `now` or later; without views and change events every moment is one."""
        has_beat = len(self._audiences) or self._audiences.plain.change_readers
        return max(now, self._current.looked_at + BEAT_SECONDS) if has_beat else now

    async def _look_again(self) -> None:
        if self._settling.is_settled:
            return
        async with self._settling.lock:
            began_at, reports = self._clock(), len(self._settling.inbox)
            await in_steps(self._settling.settle())
            seconds = self._clock() - began_at
        if reports and seconds >= LEAD_STEP_SECONDS:
            self._report_seconds = seconds / reports

    async def _send(self, audience: Audience, *, to_all: bool = False) -> None:
        """Send the rows of now to the readers that they are due for."""
        now = self._clock()
        closes, changes = audience.debounce.is_due(now), audience.cadence.is_due(now)
        changed_at = min(audience.debounce.opened_at, audience.cadence.changed_at)

        groups: list[Collection[Member]] = []
        if closes or to_all:
            groups += [audience.readers, audience.polls]
        if changes or to_all:
            groups.append(audience.change_readers)
        if any(groups):
            update = await self._settling.update(audience, groups, may_serve=False)
            began_at, snapshot_id = self._clock(), update.id
            is_news = any(reader.base(snapshot_id) is not None for reader in audience.change_readers)
        else:
            update, began_at, snapshot_id, is_news = None, now, audience.rows.id, False
        if closes:
            audience.debounce.sent(snapshot_id)
        if changes:
            audience.cadence.sent(snapshot_id, began_at, is_news=is_news)
        self._audiences.schedule(audience)
        if update is not None:
            await self._hub.broadcast(update, chain.from_iterable(groups))
            if changed_at != NEVER:
                self._metrics.observe_broadcast(changed_at=changed_at, began_at=began_at, ended_at=self._clock())

    async def _wait(self) -> None:
        """Wait until something is due, or may change."""
        self._settling.has_earlier.clear()  # all that it said is looked at here
        now = self._clock()
        is_quiet = self._audiences.wanted_from <= now
        # While some view is quiet, what has become due since the last look is looked at now.
        looked_at = self._current.looked_at if is_quiet else now
        if self._fleet.wants_reading(looked_at):
            self._want_reading()
        reads_at = self.reads_at(now)
        deadline = self._current.next_deadline(looked_at)
        if is_quiet:
            deadline = max(deadline, reads_at)
        due_at = max(self._audiences.due_at, self._next_beat(now))
        must_look = self._settling.inbox or not self._current.has_looked
        self._wakes_at = NEVER
        self.look_by(min(due_at, deadline, reads_at if must_look else NEVER))
        try:
            await self._settling.has_earlier.wait()
        finally:
            self._wakes_at = -NEVER
            self._stop_timer()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
