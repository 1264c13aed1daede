"""Pure: one worker as this replica knows it: its newest word, and the moments that follow from it.

Moments are seconds on this replica's monotonic clock. A word's own moment is when it was said, as well as can be known:
the arrival of a message, or how long ago it was written by Redis's clock for one that was read. Ages, the lease and
expiries count from there.
"""

from typing import Final, NamedTuple

from agent_status_publisher.contract.wire import Report, SessionRecord

SAME_RUN_MS: Final = 20
"""By how much a run's start differs from word to word: ages are taken a moment before Redis stamps them."""


class Claim(NamedTuple):
    """A worker's say about one session key: the run that it holds, or that it has ended (`record` is None).

    Attributes:
        run_started_ms: On Redis's clock, so it is the same number on every replica.
    """

    key: str
    run_started_ms: int
    worker_id: str
    record: SessionRecord | None


class KnownWorker:
    """What is known of a worker. `is_lost` stays until a newer word comes."""

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
        """Redis does not know it any more."""
        self.grace_from = float("-inf")
        """When it vanished though Redis should have it still (a wipe, an older copy, a step of its clock)."""
        record = report.record
        self.claims: tuple[Claim, ...] = (
            *[Claim(s.key, report.at_ms - s.run_ms, record.id, s) for s in record.sessions],
            *[Claim(e.key, report.at_ms - e.run_ms, record.id, None) for e in record.ended],
        )
        self.keys = frozenset([claim.key for claim in self.claims])
        self.claimed_twice: frozenset[str] = frozenset()
        """Keys of which it has ended one run and holds another."""
        if len(self.keys) < len(self.claims):
            self.claimed_twice = self.keys & {run.key for run in record.ended}
        self.expiries: tuple[float, ...] = tuple(
            self.expires_at(s) for s in record.sessions if s.expires_ms is not None
        )
        """When its sessions in error vanish."""

    @property
    def has_left(self) -> bool:
        """Whether its newest word is a goodbye."""
        return self.report.record.left

    @property
    def is_live(self) -> bool:
        """Neither lost nor left."""
        return not self.is_lost and not self.report.record.left

    @property
    def heartbeat_seconds(self) -> float:
        """How often it promised to speak."""
        return self.report.record.heartbeat_ms / 1000

    @property
    def lease_ends_at(self) -> float:
        """Until when its word counts without a new one."""
        return self.moment + self.report.record.lease_ms / 1000

    @property
    def remains_end_at(self) -> float:
        """When nothing of it counts any more: a lost worker's error TTL is over, or Redis forgets one that has left.

        What that one ended still hides older runs of lost workers.
        """
        record = self.report.record
        if record.left:
            return self.hash_ends_at if self.claims else self.moment
        return self.lease_ends_at + record.error_ttl_ms / 1000

    @property
    def hash_ends_at(self) -> float:
        """When Redis forgets it, too."""
        return self.moment + self.report.record.ttl_ms / 1000

    def vanish(self, now: float, *, was_stored: bool) -> None:
        """A reading does not have it; whether the one before had."""
        if not self.is_vanished:
            self.is_vanished = True
            if was_stored and now < self.hash_ends_at:
                self.grace_from = now

    def reappear(self) -> None:
        """Redis has a word of it again."""
        self.is_vanished = False
        self.grace_from = float("-inf")

    def expires_at(self, session: SessionRecord) -> float:
        """When a session in error vanishes; never for others."""
        return float("inf") if session.expires_ms is None else self.moment + session.expires_ms / 1000

    def says_the_same(self, other: "KnownWorker") -> bool:
        """Whether a newer word shows the same runs of the same sessions, in the same states with the same tools."""
        return (
            self.has_left == other.has_left
            and len(self.claims) == len(other.claims)
            and all(map(_is_the_same, self.claims, other.claims))
        )


def _is_the_same(claim: Claim, other: Claim) -> bool:
    """A new run in the same state is news: it may overtake another worker's run of the key."""
    if claim.key != other.key or abs(claim.run_started_ms - other.run_started_ms) > SAME_RUN_MS:
        return False
    mine, theirs = claim.record, other.record
    if mine is None or theirs is None:
        return mine is theirs
    return (mine.state, mine.tool) == (theirs.state, theirs.tool)
