"""Pure: what a replica and its Redis have to do in a second, as the parts that cost something.

`bench growth` measures loads, the fit says what each part costs, and a forecast adds the parts up for another load.
"""

from dataclasses import dataclass
from typing import Final

CPU_PARTS: Final = (
    "a second of being there",
    "an event of a client",
    "a session in an event of a client",
    "a session in a snapshot that is read",
    "a report",
    "a session in a report that is taken in",
    "a change",
)
REDIS_PARTS: Final = (
    "a second of being there",
    "a report",
    "a session in a report",
    "a report to one replica",
    "a session in a report to one replica",
)
MEMORY_PARTS: Final = ("being there", "a client", "a session", "a session in a snapshot that is read")
OUTPUT_PARTS: Final = ("a second of being there", "a report to one replica", "a session in a report to one replica")


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """A second of one replica, and of the Redis that it and others read.

    Attributes:
        events: Snapshots that each client is sent in a second.
        reports: That workers write in a second.
        taken: Of these, those that the replica takes in. While a window is open, a newer report of the same worker
            takes the place of one that waits.
        replicas: That Redis sends each report to.
    """

    clients: float = 0.0
    events: float = 0.0
    sessions: float = 0.0
    workers: float = 1.0
    reports: float = 0.0
    taken: float = 0.0
    changes: float = 0.0
    replicas: float = 1.0

    @property
    def sessions_of_a_worker(self) -> float:
        return self.sessions / self.workers

    @property
    def cpu(self) -> tuple[float, ...]:
        """How much there is of each of the replica's `CPU_PARTS`."""
        written = self.clients * self.events
        read = self.events if self.clients else 0.0
        return (
            1.0,
            written,
            written * self.sessions,
            read * self.sessions,
            self.reports,
            self.taken * self.sessions_of_a_worker,
            self.changes,
        )

    @property
    def redis(self) -> tuple[float, ...]:
        """Likewise of Redis's `REDIS_PARTS`."""
        rows = self.reports * self.sessions_of_a_worker
        return 1.0, self.reports, rows, self.reports * self.replicas, rows * self.replicas

    @property
    def memory(self) -> tuple[float, ...]:
        """Likewise of the replica's `MEMORY_PARTS`."""
        return 1.0, self.clients, self.sessions, self.sessions if self.clients else 0.0

    @property
    def output(self) -> tuple[float, ...]:
        """Likewise of the `OUTPUT_PARTS` of the bytes that Redis sends."""
        return self.replicas, self.reports * self.replicas, self.reports * self.sessions_of_a_worker * self.replicas
