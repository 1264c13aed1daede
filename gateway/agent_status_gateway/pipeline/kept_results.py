"""Pure: results that took long to make, each with the moment until which it serves those that ask for the same.

So a storm of such questions costs a small share of the time, as a storm of joins does (fanout/events/served_frame.py).
"""

from collections.abc import Callable, Hashable
from typing import Any, Final, TypeVar

from agent_status_gateway.fanout.events.served_frame import MAX_SERVING_SECONDS, SERVING_SHARE
from agent_status_gateway.state.steps import Steps, timed

MAX_RESULTS: Final = 100
"""The most results that are kept. The oldest goes first."""
Result = TypeVar("Result")


class KeptResults:
    """Results by name. `clock` gives monotonic seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._results: dict[Hashable, tuple[Any, float]] = {}  # name → (result, until when it serves)

    def __len__(self) -> int:
        return len(self._results)

    def get(self, name: Hashable) -> Any:
        """Return a result while it serves; otherwise None."""
        result, serves_until = self._results.get(name, (None, 0.0))
        return result if self._clock() < serves_until else None

    def make(self, name: Hashable, steps: Steps[Result]) -> Steps[Result]:
        """Make a result, and keep it for twenty times as long as that takes, but a second at most."""
        result, seconds = yield from timed(steps, self._clock)
        now = self._clock()
        self._results.pop(name, None)
        for outdated in [one for one, (_, serves_until) in self._results.items() if serves_until <= now]:
            del self._results[outdated]
        if len(self._results) >= MAX_RESULTS:
            del self._results[next(iter(self._results))]
        self._results[name] = result, now + min(MAX_SERVING_SECONDS, SERVING_SHARE * seconds)
        return result
