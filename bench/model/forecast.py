"""Pure: what a plan will take of each replica, of Redis and of the network, what its next limit is, and what helps.

A plan says how many sessions, workers, changes and viewers there are, and the settings. What comes of it is a load
(load.py), whose parts have the stored coefficients (fit.py).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from operator import mul
from typing import Final

from bench.model.fit import Coefficients
from bench.model.load import CPU_PARTS, Load

MOST_SHARE: Final = 80.0
"""Percent of a core that a replica, or Redis, is planned to take at most."""
MOST_REPORTS: Final = 10.0
"""Reports a second of a worker, at most: the publisher's pace."""
MOST_REPORT_BYTES: Final = 256 * 1024.0
"""Bytes of reports a second of a worker, at most: the publisher's pace."""
NETWORK_BYTES: Final = 100e6
"""Bytes a second of one server's network: 1 Gbit/s at 80 %."""
SNAPSHOT_ROW_BYTES: Final = 240.0
SNAPSHOT_HEAD_BYTES: Final = 120.0
REPORT_ROW_BYTES: Final = 140.0
GZIP_SHARE: Final = 1 / 6.5
"""The share of an event's bytes that is left of it, with titles of real use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Sizes and settings, by the names of the settings. `replicas` of 0 is as few as can serve the clients."""

    sessions: int = 1000
    workers: int = 50
    changes: float = 10.0
    clients: int = 100
    replicas: int = 0
    debounce_seconds: float = 1.0
    heartbeat_seconds: float = 5.0
    max_clients: int = 10_000
    memory_mib: float = 2048.0
    accept_gzip: bool = True

    @property
    def reports(self) -> float:
        """Reports of all workers in a second: one a change, as far as their pace lets them, and one a heartbeat."""
        rows_bytes = max(1.0, REPORT_ROW_BYTES * self.sessions / self.workers)
        most = min(MOST_REPORTS, MOST_REPORT_BYTES / rows_bytes)
        return self.workers * min(most, max(self.changes / self.workers, 1 / self.heartbeat_seconds))

    @property
    def events(self) -> float:
        """Snapshots that each client is sent in a second."""
        return min(self.changes, 1 / self.debounce_seconds) if self.debounce_seconds else self.changes

    @property
    def event_bytes(self) -> float:
        """Bytes of one event to a client, on the wire."""
        size = SNAPSHOT_HEAD_BYTES + SNAPSHOT_ROW_BYTES * self.sessions
        return size * GZIP_SHARE if self.accept_gzip else size

    def load(self, replicas: int) -> Load:
        """A second of one of so many replicas, which share the clients evenly."""
        # One report of a worker is taken in by its own look while all is quiet, and one in each window.
        most_taken = self.workers * (1 / self.debounce_seconds if self.debounce_seconds else MOST_REPORTS)
        return Load(
            clients=self.clients / replicas,
            events=self.events,
            sessions=self.sessions,
            workers=self.workers,
            reports=self.reports,
            taken=min(self.reports, most_taken),
            changes=self.changes,
            replicas=replicas,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """How much of something a plan uses, of how much there is, and what to do when it is used up."""

    what: str
    used: float
    limit: float
    unit: str
    answer: str

    @property
    def share(self) -> float:
        return self.used / self.limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What a plan takes, the use that is nearest to its limit first."""

    plan: Plan
    replicas: int
    load: Load
    uses: tuple[Use, ...]

    @property
    def next_limit(self) -> Use:
        return self.uses[0]

    @property
    def holds(self) -> bool:
        """True when nothing is used up."""
        return self.next_limit.share <= 1


REPLICAS: Final = "add replicas"
NAMESPACES: Final = (
    "divide the fleet over namespaces (AGENT_STATUS_NAMESPACE) with replicas of their own: more replicas of one "
    "namespace do not help, since each takes in every report"
)
REDIS_SHARDS: Final = "divide the fleet over namespaces on several Redis servers (a Cluster keeps each on one)"
CHANGES: Final = "have clients read changes, views or summaries"
"""The model's clients read whole snapshots of the fleet."""
DEBOUNCE: Final = "raise AGENT_STATUS_DEBOUNCE_SECONDS"
HEARTBEAT: Final = "raise AGENT_STATUS_HEARTBEAT_SECONDS of the publishers, or "
WORKERS: Final = "spread the sessions over more workers"
OF_THE_FLEET: Final = frozenset(
    {"a session in a snapshot that is read", "a report", "a session in a report that is taken in", "a change"}
)
"""Parts that every replica has, however many there are."""


def forecast(plan: Plan, coefficients: Coefficients) -> Forecast:
    """What the plan will take, with its replicas or with as few as serve its clients."""
    replicas = plan.replicas or _fewest(plan, coefficients)
    uses = sorted(_uses(plan, replicas, coefficients), key=lambda use: use.share, reverse=True)
    return Forecast(plan=plan, replicas=replicas, load=plan.load(replicas), uses=tuple(uses))


def _fewest(plan: Plan, coefficients: Coefficients) -> int:
    """The fewest replicas that have room for the clients, in what more replicas can help with."""
    fewest = max(1, ceil(plan.clients / plan.max_clients))
    one = plan.load(1)
    costs = zip(CPU_PARTS, coefficients.cpu, one.cpu, strict=True)
    of_clients = sum(cost * count for part, cost, count in costs if part not in OF_THE_FLEET) / 1e4
    of_all = coefficients.predict(one).cpu - of_clients
    if of_all < MOST_SHARE:
        fewest = max(fewest, ceil(of_clients / (MOST_SHARE - of_all)))
    sent_bytes = plan.clients * plan.events * plan.event_bytes
    return max(fewest, ceil(sent_bytes / NETWORK_BYTES))


def _uses(plan: Plan, replicas: int, coefficients: Coefficients) -> Iterator[Use]:
    load = plan.load(replicas)
    taken = coefficients.predict(load)
    parts = dict(zip(CPU_PARTS, map(mul, coefficients.cpu, load.cpu), strict=True))
    largest = max(parts, key=parts.__getitem__)
    if largest in {"an event of a client", "a session in an event of a client"}:
        cpu_answer = f"{REPLICAS}, {DEBOUNCE}, or {CHANGES}"
    elif largest == "a session in a snapshot that is read":
        cpu_answer = f"{CHANGES}, {DEBOUNCE}, or {NAMESPACES}"
    elif plan.changes / plan.workers < 1 / plan.heartbeat_seconds:
        cpu_answer = HEARTBEAT + NAMESPACES
    else:
        cpu_answer = NAMESPACES
    yield Use(what="CPU of a replica", used=taken.cpu, limit=MOST_SHARE, unit="% of a core", answer=cpu_answer)
    of_clients = taken.memory - coefficients.predict(Load(sessions=plan.sessions, workers=plan.workers)).memory
    memory_answer = REPLICAS if of_clients > taken.memory / 2 else NAMESPACES
    yield Use(what="memory of a replica", used=taken.memory, limit=plan.memory_mib, unit="MiB", answer=memory_answer)
    yield Use(
        what="clients of a replica",
        used=load.clients,
        limit=float(plan.max_clients),
        unit="",
        answer=f"{REPLICAS}, or raise AGENT_STATUS_MAX_CLIENTS and `ulimit -n`",
    )
    yield Use(
        what="a replica's output to its clients",
        used=load.clients * plan.events * plan.event_bytes / 1e6,
        limit=NETWORK_BYTES / 1e6,
        unit="MB/s",
        answer=f"{CHANGES}, {DEBOUNCE}, or {REPLICAS} on servers of their own",
    )
    yield Use(what="CPU of Redis", used=taken.redis, limit=MOST_SHARE, unit="% of a core", answer=REDIS_SHARDS)
    yield Use(
        what="Redis's output",
        used=taken.output / 1e6,
        limit=NETWORK_BYTES / 1e6,
        unit="MB/s",
        answer=f"use fewer replicas with more clients each, or {REDIS_SHARDS}",
    )
    yield Use(
        what="reports of a worker",
        used=max(plan.changes, plan.workers / plan.heartbeat_seconds) / plan.workers,
        limit=plan.reports / plan.workers if plan.reports < plan.changes else MOST_REPORTS,
        unit="1/s",
        answer=f"{WORKERS}: else a change waits for its worker's next report",
    )
