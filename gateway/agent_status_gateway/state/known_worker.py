"""Pure: one worker as this replica knows it: its newest report, and the moments that follow from it.

Moments are seconds on this replica's monotonic clock. A report's own moment is when it was written, as well as can be
known: its arrival on the channel or, for one that was read, its age by Redis's clock. Ages, the lease and expiries
count from there.
"""

from typing import Final, NamedTuple

from agent_status_publisher.contract.wire import Report, SessionRecord

SAME_RUN_MS: Final = 20
"""A run's start differs by up to this many milliseconds between reports: Redis stamps them a moment later."""


class Claim(NamedTuple):
    """A worker's claim to one session key: the run that it holds, or that it has ended (`record` is None).

    Attributes:
        run_started_ms: The start on Redis's clock, so that it is equal on every replica.
    """

    key: str
    run_started_ms: int
    worker_id: str
    record: SessionRecord | None


class KnownWorker:
    """One worker as this replica knows it. `is_lost` stays until a newer report comes."""

    __slots__ = (
        "arrived_at",
        "claimed_twice",
        "claims",
        "expiries",
        "grace_from",
        "is_lost",
        "is_vanished",
        "keys",
        "moment",
        "report",
    )

    def __init__(self, report: Report, moment: float, arrived_at: float) -> None:
        self.report = report
        self.moment = moment
        self.arrived_at = arrived_at
        self.is_lost = False
        self.is_vanished = False
        """True when Redis does not know the worker any more."""
        self.grace_from = float("-inf")
        """When Redis lost it before its TTL was over (a wipe, an older copy, a step of its clock)."""
        record = report.record
        self.claims: tuple[Claim, ...] = (
            *[Claim(s.key, report.at_ms - s.run_ms, record.id, s) for s in record.sessions],
            *[Claim(e.key, report.at_ms - e.run_ms, record.id, None) for e in record.ended],
        )
        self.keys = frozenset([claim.key for claim in self.claims])
        self.claimed_twice: frozenset[str] = frozenset()
        """Keys of which the worker has ended one run and holds another."""
        if len(self.keys) < len(self.claims):
            self.claimed_twice = self.keys & {run.key for run in record.ended}
        self.expiries: tuple[float, ...] = tuple(
            self.expires_at(s) for s in record.sessions if s.expires_ms is not None
        )
        """The moments at which its sessions in error vanish."""

    @property
    def has_left(self) -> bool:
        """True when its newest report is a goodbye."""
        return self.report.record.left

    @property
    def is_live(self) -> bool:
        """True when the worker is neither lost nor left."""
        return not self.is_lost and not self.report.record.left

    @property
    def heartbeat_seconds(self) -> float:
        """Seconds between two of its reports, as it promised."""
        return self.report.record.heartbeat_ms / 1000

    @property
    def lease_ends_at(self) -> float:
        """The moment until which its report counts without a new one."""
        return self.moment + self.report.record.lease_ms / 1000

    @property
    def remains_end_at(self) -> float:
        """The moment from which nothing of it counts: its error TTL is over or, if it has left, Redis forgets it.

        What a worker ended before it left still hides older runs of lost workers.
        """
        record = self.report.record
        if record.left:
            return self.hash_ends_at if self.claims else self.moment
        return self.lease_ends_at + record.error_ttl_ms / 1000

    @property
    def hash_ends_at(self) -> float:
        """The moment at which Redis forgets it."""
        return self.moment + self.report.record.ttl_ms / 1000

    def vanish(self, now: float, *, was_stored: bool) -> None:
        """Note that a reading does not have the worker; `was_stored`: the reading before had."""
        if not self.is_vanished:
            self.is_vanished = True
            if was_stored and now < self.hash_ends_at:
                self.grace_from = now

    def reappear(self) -> None:
        """Note that Redis has a report of the worker again."""
        self.is_vanished = False
        self.grace_from = float("-inf")

    def expires_at(self, session: SessionRecord) -> float:
        """The moment at which a session in error vanishes; infinity for others."""
        return float("inf") if session.expires_ms is None else self.moment + session.expires_ms / 1000

    def shows_the_same_as(self, other: "KnownWorker") -> bool:
        """True when both show the same runs of the same sessions, in the same states with the same tools."""
        return (
            self.has_left == other.has_left
            and len(self.claims) == len(other.claims)
            and all(map(_shows_the_same, self.claims, other.claims))
        )


def _shows_the_same(claim: Claim, other: Claim) -> bool:
    """False for a new run in the same state, since it may overtake another worker's run of the key."""
    if claim.key != other.key or abs(claim.run_started_ms - other.run_started_ms) > SAME_RUN_MS:
        return False
    mine, theirs = claim.record, other.record
    if mine is None or theirs is None:
        return mine is theirs
    return (mine.state, mine.tool) == (theirs.state, theirs.tool)
