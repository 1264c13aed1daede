"""The large fleet in the background of a soak: it changes all day, and nothing of it comes or goes."""

from contextlib import ExitStack
from typing import Final

from bench.fleets.process import FleetProcess

SESSIONS_OF_A_WORKER: Final = 100
CHANGES_PER_SECOND: Final = 100


class Background:
    """So many sessions, none at all included; it goes on whatever becomes of Redis."""

    def __init__(self, redis_url: str, sessions: int, stack: ExitStack) -> None:
        workers = sessions // SESSIONS_OF_A_WORKER
        self.sessions = workers * SESSIONS_OF_A_WORKER
        self._fleet: FleetProcess | None = None
        if workers:
            self._fleet = stack.enter_context(
                FleetProcess(redis_url, workers=workers, sessions=SESSIONS_OF_A_WORKER, is_patient=True)
            )
        self.work()

    def work(self) -> None:
        """Sessions change, and workers report."""
        if self._fleet is not None:
            self._fleet.go_on(changes_per_second=CHANGES_PER_SECOND)

    def rest(self) -> None:
        """Workers report, and nothing changes."""
        if self._fleet is not None:
            self._fleet.go_on()
