"""Pure: what is true now. Before it comes the feed, which brings words; after it the picture that they make.

Rule 1. A word counts if its number is above the known one's. One already known moves nothing, and no late word revives
        a worker that left or vanished: its number is remembered for as long as Redis keeps it, unless the one in Redis
        grows (then a goodbye was forged).
Rule 2. What Redis holds, when it is read, wins over a known word whatever its number, if it was written after that
        word came or that word is past its lease: so a forged number holds nobody for longer than that.
Rule 3. Lost is a worker whose lease has passed, who has not left, and of whom a reading asked for after that knows
        nothing newer. It is shown as lost for its error TTL, counted from the lease's end, and then vanishes.
Rule 4. A worker that Redis does not know any more is kept until its lease ends and such a reading does not know it
        either, then forgotten without a word. If Redis had it and lost it before its TTL was over, it has a grace, too.
Rule 5. A word was said when it came; one that was read, as long ago as Redis's clock says, but not before an older word
        of its worker, nor, while Redis was heard all along, before the last reading that did not have its worker.
        What came in a deafness (this process was stopped) may have waited: the reading that follows dates it again,
        though not before the deafness.
Rule 6. Deaf (Redis cannot be heard), nobody is called lost, nothing is forgotten, no error expires. When more than a
        second of it is over, each worker has a grace in which it is still not judged: a heartbeat and a second.
"""

from typing import Final

from agent_status_gateway.state.known_worker import KnownWorker
from agent_status_gateway.state.redis_clock import NEVER, RedisClock
from agent_status_gateway.state.verdict import Verdict, verdict
from agent_status_publisher.contract.wire import MalformedReportError, RawReport, Reading, Report

SHORT_OUTAGE_SECONDS: Final = 1.0
MIN_GRACE_HEARTBEAT_SECONDS: Final = 4.0
GRACE_MARGIN_SECONDS: Final = 1.0
MAX_WORKERS: Final = 10_000
"""That are shown; whoever may write to Redis could make up any number."""
MAX_REMEMBERED: Final = 10 * MAX_WORKERS


class Fleet:
    """All workers, as this replica knows them. Moments (`now`, `*_at`) are seconds on its monotonic clock."""

    def __init__(self) -> None:
        self._workers: dict[str, KnownWorker] = {}
        self._remembered: dict[str, tuple[int, float]] = {}  # worker id → (seq, until when)
        self._stored: dict[str, int] = {}  # worker id → seq, in the last reading
        self._redis_clock = RedisClock()
        self._outage_since: float | None = None
        self._unheard_since = NEVER  # when the deafness began that the next reading ends
        self._grace_from = -NEVER
        self._read_asked_at = -NEVER
        self.has_been_read = False

    @property
    def workers(self) -> tuple[KnownWorker, ...]:
        """Everyone who is shown in some way."""
        return tuple(self._workers.values())

    @property
    def shortest_heartbeat_seconds(self) -> float | None:
        """Of all live workers; None without any."""
        return min((w.heartbeat_seconds for w in self._workers.values() if w.is_live), default=None)

    def hear(self, raw: RawReport, now: float) -> bool:
        """A word came on the channel; True if it changes who shows what.

        Raises:
            MalformedReportError: It cannot be parsed, or its worker is one too many, so it does not count.
        """
        known = self._workers.get(raw.worker_id)
        if raw.seq <= self.known_seq(raw.worker_id):
            return False
        self._check_room(known)
        return self._take(raw.decode(), now, now, known)

    def tick(self, time_ms: int, asked_at: float, came_at: float) -> None:
        """Redis's clock said that, at some moment between the two."""
        self._redis_clock.tick(time_ms, asked_at, came_at)

    def read(self, reading: Reading, asked_at: float, now: float) -> tuple[MalformedReportError, ...]:
        """All that Redis holds; gives back the words that could not be parsed."""
        self.tick(reading.time_ms, asked_at, now)
        malformed = list(reading.malformed)
        for raw in reading.reports:
            try:
                self._consider(raw, asked_at, now)
            except MalformedReportError as error:
                malformed.append(error)
        stored_before, self._stored = self._stored, {raw.worker_id: raw.seq for raw in reading.reports}
        self._date_again(now)
        for worker_id, known in self._workers.items():
            if worker_id not in self._stored and known.arrived_at < asked_at:
                known.vanish(now, was_stored=worker_id in stored_before)
        self._unheard_since = NEVER
        if not self.has_been_read:
            self.has_been_read = True
            self._judge_first_reading(now)
        self._read_asked_at = asked_at
        return tuple(malformed)

    def known_seq(self, worker_id: str) -> int:
        """The number of the newest word that is known of a worker, or remembered; -1 without any."""
        known = self._workers.get(worker_id)
        return known.report.seq if known else self._remembered.get(worker_id, (-1, 0.0))[0]

    def outage_began(self, now: float) -> None:
        """Redis cannot be heard from now on: keep the last picture."""
        if self._outage_since is None:
            self._outage_since = now

    def outage_ended(self, now: float, outage_seconds: float) -> None:
        """Redis can be heard again, after that long; a reading follows."""
        if self._outage_since is not None and outage_seconds > SHORT_OUTAGE_SECONDS:
            self._grace_from = now
        self._unheard_since = now - outage_seconds
        self._outage_since = None

    def judge(self, now: float) -> None:
        """Call lost who is lost, and forget who is gone. Whoever looks at the picture comes through here."""
        if self._outage_since is not None:
            return
        for known in tuple(self._workers.values()):
            if known.is_live and self._read_asked_at >= self._judged_at(known):
                if known.is_vanished:
                    self._forget(known)
                else:
                    known.is_lost = True
            if not known.is_live and now >= known.remains_end_at:
                self._forget(known)
        for worker_id, (_, until) in tuple(self._remembered.items()):
            if until <= now and worker_id not in self._stored:
                del self._remembered[worker_id]

    def wants_reading(self, now: float) -> bool:
        """Whether somebody would be called lost, were Redis asked first."""
        return self._outage_since is None and any(
            known.is_live and self._read_asked_at < self._judged_at(known) <= now for known in self._workers.values()
        )

    def shown_at(self, now: float) -> float:
        """By which moment errors expire: now, or when Redis could last be heard."""
        return now if self._outage_since is None else self._outage_since

    def next_deadline(self, now: float) -> float:
        """The first moment after `now` at which the picture changes by itself; infinity if none."""
        if self._outage_since is not None:
            return NEVER
        moments = [NEVER]
        for known in self._workers.values():
            moments.append(self._judged_at(known) if known.is_live else known.remains_end_at)
            moments += known.expiries
        return min(moment for moment in moments if moment > now)

    def _check_room(self, known: KnownWorker | None) -> None:
        if known is None and len(self._workers) >= MAX_WORKERS:
            raise MalformedReportError("workers", f"there are {MAX_WORKERS} already")

    def _consider(self, raw: RawReport, asked_at: float, now: float) -> None:
        """Act on one report of a reading, as its verdict demands."""
        known = self._workers.get(raw.worker_id)
        seq, has_grown = self.known_seq(raw.worker_id), self._has_grown(raw)
        match verdict(known, raw, asked_at, now, known_seq=seq, has_grown=has_grown, clock=self._redis_clock):
            case Verdict.SAME:
                self._keep(known)
            case Verdict.OLDER:
                if known:
                    raw.decode()  # one that cannot be parsed is reported, though it would not count
                self._keep(known)
            case Verdict.NEWER:
                self._take_read(raw, self._not_said_before(raw.worker_id, known), now, known)
            case Verdict.OVERRIDES:
                self._take_read(raw, -NEVER, now, known)

    def _keep(self, known: KnownWorker | None) -> None:
        if known:
            known.reappear()

    def _take_read(self, raw: RawReport, not_before: float, now: float, known: KnownWorker | None) -> None:
        self._check_room(known)
        report = raw.decode()
        self._take(report, self._said_at(report, not_before, now), now, known)

    def _take(self, report: Report, moment: float, now: float, known: KnownWorker | None) -> bool:
        newer = self._workers[report.record.id] = KnownWorker(report, moment, now)
        self._remembered.pop(report.record.id, None)
        return known is None or known.is_lost or not known.says_the_same(newer)

    def _has_grown(self, raw: RawReport) -> bool:
        """Since the last reading: it is there, whatever number of it is remembered. A late copy is one word only."""
        return raw.seq > self._stored.get(raw.worker_id, raw.seq)

    def _not_said_before(self, worker_id: str, known: KnownWorker | None) -> float:
        """What is sure of a word that is new here, whatever Redis's clock says."""
        if known:
            return min(known.moment, self._unheard_since)
        is_newcomer = worker_id not in self._stored and self._unheard_since == NEVER
        return self._read_asked_at if is_newcomer else -NEVER

    def _said_at(self, report: Report, not_before: float, now: float) -> float:
        """When a word that was read was said, kept between its whole TTL ago and now.

        If that is not sure, the latest moment, so that nobody is called lost early; after a deafness everybody has a
        grace anyhow, and the newest is the likely one.
        """
        moments = self._redis_clock.moments(report.at_ms, not_before, now)
        has_grace = now - self._unheard_since > SHORT_OUTAGE_SECONDS
        return max(moments[0] if has_grace else max(moments), now - report.record.ttl_ms / 1000)

    def _date_again(self, now: float) -> None:
        for worker_id, known in self._workers.items():
            if known.arrived_at > self._unheard_since and not known.is_lost:
                moment = self._said_at(known.report, self._unheard_since, now)
                if moment < known.moment:
                    self._workers[worker_id] = KnownWorker(known.report, moment, known.arrived_at)

    def _judge_first_reading(self, now: float) -> None:
        """A fresh replica judges at once, unless every word is past its lease: then it was Redis that was away."""
        speaking = [known for known in self._workers.values() if not known.has_left]
        if speaking and all(now >= known.lease_ends_at for known in speaking):
            self._grace_from = now

    def _judged_at(self, known: KnownWorker) -> float:
        heartbeat_seconds = max(known.heartbeat_seconds, MIN_GRACE_HEARTBEAT_SECONDS)
        grace_from = max(self._grace_from, known.grace_from)
        return max(known.lease_ends_at, grace_from + heartbeat_seconds + GRACE_MARGIN_SECONDS)

    def _forget(self, known: KnownWorker) -> None:
        del self._workers[known.report.record.id]
        if len(self._remembered) >= MAX_REMEMBERED:
            del self._remembered[next(iter(self._remembered))]
        self._remembered[known.report.record.id] = (known.report.seq, known.hash_ends_at)
