"""Pure: one worker as this replica knows it: its newest report, and the moments that follow from it.

Moments are seconds on this replica's monotonic clock. A report's own moment is when it was written, as well as can be
known: its arrival on the channel or, for one that was read, its age by Redis's clock. Ages, the lease and expiries
count from there.
"""

from operator import itemgetter
from typing import Final

from agent_status_publisher.contract.wire import EndedRecord, Report, SessionRecord, SessionState

_KEY: Final = itemgetter(0)
"""A function that gives a session's key. It is one call in C, since each report has up to a thousand."""

MIN_GRACE_HEARTBEAT_SECONDS: Final = 4.0
"""A heartbeat counts as at least this many seconds in a grace."""
GRACE_MARGIN_SECONDS: Final = 1.0
"""A grace is this many seconds longer than a heartbeat."""


class KnownWorker:
    """One worker as this replica knows it. `is_lost` stays until a newer report comes."""

    __slots__ = (
        "ages_ms",
        "arrived_at",
        "ended",
        "expiring",
        "grace_from",
        "held",
        "is_lost",
        "is_vanished",
        "moment",
        "places",
        "report",
    )

    def __init__(self, report: Report, moment: float, arrived_at: float, before: "KnownWorker | None" = None) -> None:
        self.report = report
        self.moment = moment
        self.arrived_at = arrived_at
        self.is_lost = False
        self.is_vanished = False
        """True when Redis does not know the worker any more."""
        self.grace_from = float("-inf")
        """When Redis lost it while something of it counted (a wipe, an older copy, a step of its clock)."""
        record = report.record
        self.held = record.held
        """Its sessions as they are but for their ages, which must not be read here."""
        self.ages_ms = record.all_changed_ms
        """Milliseconds since each session had changed when it reported, each at its session's place."""
        self.expiring = record.expiring
        """Its sessions that expire."""
        self.places: dict[str, int]
        """The place of each session in its report, by key. It is the same object as before if no place has changed."""
        if before is not None and _has_same_keys(self, before):
            self.places = before.places
        else:
            self.places = {session.key: place for place, session in enumerate(self.held)}
        self.ended: dict[str, EndedRecord] = {run.key: run for run in record.ended}
        """The ends that it reports, by key."""

    @property
    def has_left(self) -> bool:
        """True when its newest report is a goodbye."""
        return self.report.record.left

    @property
    def is_live(self) -> bool:
        """True when the worker is neither lost nor left."""
        return not self.is_lost and not self.report.record.left

    @property
    def started_at(self) -> float:
        """The moment at which it started."""
        return self.moment - self.report.record.uptime_ms / 1000

    @property
    def late_seconds(self) -> float:
        """How much later its report was written by our clock than by Redis's: a number that means nothing by itself."""
        return self.moment - self.report.at_ms / 1000

    @property
    def heartbeat_seconds(self) -> float:
        """Seconds between two of its reports, as it promised."""
        return self.report.record.heartbeat_ms / 1000

    @property
    def lease_ends_at(self) -> float:
        """The moment until which its report counts without a new one."""
        return self.moment + self.report.record.lease_ms / 1000

    def judged_at(self, grace_from: float) -> float:
        """The moment from which it may be judged: its lease is over, and so are its grace and that of all workers."""
        heartbeat_seconds = max(self.heartbeat_seconds, MIN_GRACE_HEARTBEAT_SECONDS)
        grace_ends_at = max(grace_from, self.grace_from) + heartbeat_seconds + GRACE_MARGIN_SECONDS
        return max(self.lease_ends_at, grace_ends_at)

    @property
    def remains_end_at(self) -> float:
        """The moment from which nothing of it counts: its error TTL is over or, if it has left, Redis forgets it.

        What a worker ended before it left still hides older runs of lost workers.
        """
        record = self.report.record
        if record.left:
            return self.hash_ends_at if record.sessions or record.ended else self.moment
        return self.lease_ends_at + record.error_ttl_ms / 1000

    @property
    def hash_ends_at(self) -> float:
        """The moment at which Redis forgets it."""
        return self.moment + self.report.record.ttl_ms / 1000

    def vanish(self, now: float, *, was_stored: bool) -> None:
        """Note that a reading does not have the worker; `was_stored`: the reading before had.

        Its moment may be seconds late, if this process was stopped for as long. So its hash may end sooner than it
        seems, though not before its remains.
        """
        if not self.is_vanished:
            self.is_vanished = True
            if was_stored and now < self.remains_end_at:
                self.grace_from = now

    def reappear(self) -> None:
        """Note that Redis has a report of the worker again."""
        self.is_vanished = False
        self.grace_from = float("-inf")

    def session(self, key: str) -> SessionRecord | None:
        """The session that it holds with this key; None if it holds none."""
        place = self.places.get(key)
        return None if place is None else self.report.record.sessions[place]

    def began_at(self, key: str) -> float:
        """The moment at which what is shown of a session began: its state or, if the worker was lost, its loss."""
        place = self.places[key]
        if self.is_lost and self.held[place].state is not SessionState.ERROR:
            return self.lease_ends_at
        return self.moment - self.ages_ms[place] / 1000

    def called_at(self, key: str) -> float:
        """The moment of the agent's last call for a session, as its worker reported it, lost since or not."""
        place = self.places[key]
        return self.moment + (self.held[place].called_ms - self.ages_ms[place]) / 1000

    def expires_at(self, session: SessionRecord) -> float:
        """The moment at which a session in error, or a question, vanishes; infinity for others."""
        return float("inf") if session.expires_ms is None else self.moment + session.expires_ms / 1000


def _has_same_keys(known: KnownWorker, before: KnownWorker) -> bool:
    """Test whether a worker's newest report has the keys of the one before, each at its place."""
    texts = known.report.record.texts
    if texts and texts is before.report.record.texts:
        return True
    return [*map(_KEY, known.held)] == [*before.places]
