"""One reading: the calls of the real `Pieces`, one after another, each answered in time or not at all."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from agent_status_gateway.feed.feed import ANSWER_SECONDS
from agent_status_publisher.contract.reading import Known, Pieces, Reading
from tests.model.simulated_worker import KEYS
from tests.model.timeline import Timeline

MAX_WORKERS_A_CALL: Final = 3
"""So few that large fleets of the model are read in several calls."""
MAX_BYTES_A_CALL: Final = 400
"""So few that a fresh replica reads one or two reports a call."""

Call = tuple[list[str], list[Any]]
Took = Callable[[Sequence[Any]], None]


class SimulatedReading:
    """What happens between the first call and the last answer. `got` is called with all of it, or `lose`."""

    def __init__(
        self,
        timeline: Timeline,
        known: Known,
        *,
        ask: Callable[[Call, Took], None],
        after: Callable[[float, Callable[[], None]], None],
        got: Callable[[Reading], None],
        lose: Callable[[], None],
    ) -> None:
        self._timeline = timeline
        self._ask = ask
        self._after = after
        self._got = got
        self._lose = lose
        self._pieces = Pieces(KEYS, known, max_workers=MAX_WORKERS_A_CALL, max_bytes=MAX_BYTES_A_CALL)
        self._number = 0  # of the call
        self._next()

    def _next(self) -> None:
        asked_at = self._timeline.now
        self._number += 1
        number = self._number
        self._ask(self._pieces.next_call(), lambda reply: self._take(reply, asked_at))
        self._after(ANSWER_SECONDS, lambda: self._give_up(number))

    def _give_up(self, number: int) -> None:
        if number == self._number:
            self._lose()

    def _take(self, reply: Sequence[Any], asked_at: float) -> None:
        # asyncio.timeout's timer and the reply are there together: the timer wins
        if self._timeline.now - asked_at > ANSWER_SECONDS:
            self._lose()
            return
        self._pieces.take(reply)
        if self._pieces.is_whole:
            self._number += 1
            self._got(self._pieces.reading())
        else:
            self._next()
