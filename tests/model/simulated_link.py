"""The way between one process and Redis: whole, or cut; and a process that may be stopped while things arrive.

What is sent while the way is cut is not lost but late, as with TCP: it arrives when the way is whole again. So a report
that its worker has long given up can still be written then.
"""

from collections.abc import Callable
from typing import Final

from tests.model.timeline import Timeline

LATENCY_SECONDS: Final = 0.001


class SimulatedLink:
    """Carries both ways."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._held: list[Callable[[], None]] = []
        self.is_cut = False

    def carry(self, do: Callable[[], None], seconds: float = LATENCY_SECONDS) -> None:
        """Have it happen at the other end."""
        self._timeline.after(seconds, lambda: self._arrive(do))

    def heal(self) -> None:
        self.is_cut = False
        held, self._held = self._held, []
        for do in held:
            self.carry(do)

    def _arrive(self, do: Callable[[], None]) -> None:
        if self.is_cut:
            self._held.append(do)
        else:
            do()


class SimulatedProcess:
    """A process that can be stopped: what arrives and the timers that go off then wait until it goes on.

    Then what has arrived comes first, as in asyncio's own loop. That is the worse order: reports are taken before
    the process notices that it was stopped.
    """

    def __init__(self, timeline: Timeline, link: SimulatedLink) -> None:
        self.timeline = timeline
        self.link = link
        self.is_frozen = False
        self.is_dead = False
        self._arrived: list[Callable[[], None]] = []
        self._went_off: list[Callable[[], None]] = []

    def freeze(self) -> None:
        self.is_frozen = True

    def thaw(self) -> None:
        self.is_frozen = False
        waiting = self._arrived + self._went_off
        self._arrived, self._went_off = [], []
        for do in waiting:
            self._do(do, [])

    def die(self) -> None:
        """Killed: nothing of it happens any more, but what it has sent is on its way."""
        self.is_dead = True

    def receive(self, do: Callable[[], None]) -> None:
        """Something for this process is sent by Redis."""
        self.link.carry(lambda: self._do(do, self._arrived))

    def after(self, seconds: float, do: Callable[[], None]) -> None:
        """A timer of this process's."""
        self.timeline.after(seconds, lambda: self._do(do, self._went_off))

    def _do(self, do: Callable[[], None], waiting: list[Callable[[], None]]) -> None:
        if self.is_frozen:
            waiting.append(do)
        elif not self.is_dead:
            do()
