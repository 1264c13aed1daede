"""Pure: what is true now. Before it comes the feed, which brings reports; after it the snapshot that they make.

Rule 1. A report counts if its number is above the known one's. One that is known already moves nothing, and no late
        report revives a worker that left or vanished: its number is remembered for as long as Redis keeps it. If the
        number in Redis grows, the worker is there (then a goodbye was forged).
Rule 2. What Redis holds, when it is read, overrides a known report whatever its number, if it was written after that
        report came or that report is past its lease. So a forged number holds a worker for no longer than that.
Rule 3. A worker is lost if its lease has passed, it has not left, and a reading asked for after that knows nothing
        newer. It is shown as lost for its error TTL, counted from the lease's end, and then vanishes.
Rule 4. A worker that Redis does not know any more is kept until its lease ends and such a reading does not know it
        either. Then it is forgotten, and never shown as lost. If Redis lost it before its lease and its error TTL
        were over, it has a grace, too.
Rule 5. A report was written when it came on the channel. One that was read was written as long ago as Redis's clock
        says, but not before an older report of its worker, nor, while the feed was live all along, before the last
        reading that did not have its worker. What came during an outage (this process was stopped) may have waited:
        the reading that follows dates it again, though not before the outage.
Rule 6. During an outage no worker becomes lost, none is forgotten, and no error expires. After an outage of more than
        a second each worker has a grace in which it is not judged: a heartbeat and a second.
"""

from typing import Final

from agent_status_gateway.state.deadlines import NEVER, Deadlines
from agent_status_gateway.state.gone.kept import KeptWorkers
from agent_status_gateway.state.gone.numbers import GoneWorkers
from agent_status_gateway.state.known_worker import KnownWorker
from agent_status_gateway.state.redis_clock import RedisClock
from agent_status_gateway.state.steps import Steps, at_once
from agent_status_gateway.state.verdict import Verdict, verdict
from agent_status_publisher.contract.reading import Known, Reading
from agent_status_publisher.contract.wire import MalformedReportError, RawReport, Report, Stamp

SHORT_OUTAGE_SECONDS: Final = 1.0
"""An outage of at most this many seconds gives no grace."""
MAX_WORKERS: Final = 10_000
"""Maximum workers that are shown; one that has left makes room. Anyone who can write to Redis can invent many."""


class Fleet:
    """All workers, as this replica knows them. Moments (`now`, `*_at`) are seconds on its monotonic clock."""

    def __init__(self) -> None:
        self._workers: dict[str, KnownWorker] = {}
        self._touched: dict[str, None] = {}
        self._deadlines = Deadlines()  # by worker: when it is due to be judged or, if it is not live, to be forgotten
        self._overdue: set[str] = set()  # workers whose deadline has come, and that a reading must confirm first
        self._left: dict[str, None] = {}  # workers that have left, first the one that did so first
        self._gone = GoneWorkers()
        self.kept = KeptWorkers(self._touched)
        self._stored: Known = {}  # in the last reading
        self.redis_clock = RedisClock()
        self._outage_since: float | None = None
        self._unread_since = NEVER  # when the outage began after which Redis has not been read yet
        self._grace_from = -NEVER
        self._read_asked_at = -NEVER
        self.has_been_read = False

    @property
    def workers(self) -> tuple[KnownWorker, ...]:
        """All workers that are shown in some way."""
        return tuple(self._workers.values())

    def worker(self, worker_id: str) -> KnownWorker | None:
        """The worker with this id; None if nothing of it is shown."""
        return self._workers.get(worker_id)

    def take_touched(self) -> str | None:
        """Take the id of a worker that has another report, was lost or was forgotten; None if there is none left."""
        return self._touched.popitem()[0] if self._touched else None

    def touch_all(self) -> None:
        """Have all workers taken again by a fold that begins anew."""
        self._touched.update(dict.fromkeys(self._workers))

    @property
    def shortest_heartbeat_seconds(self) -> float | None:
        """Shortest heartbeat of the live workers, in seconds; None without any."""
        return min((w.heartbeat_seconds for w in self._workers.values() if w.is_live), default=None)

    def hear(self, raw: RawReport, now: float) -> bool:
        """Take a report from the channel; True if it counts.

        Raises:
            MalformedReportError: The report cannot be parsed, or its worker is one too many. It does not count.
        """
        known = self._workers.get(raw.worker_id)
        if raw.seq <= self.known_seq(raw.worker_id):
            return False
        self._put(KnownWorker(self._decode(raw, known), now, now, known), now)
        return True

    def read(self, reading: Reading, asked_at: float, now: float) -> tuple[MalformedReportError, ...]:
        """Take all that Redis holds; return the errors of the reports that could not be parsed."""
        return at_once(self.read_in_steps(reading, asked_at, now))

    def read_in_steps(self, reading: Reading, asked_at: float, now: float) -> Steps[tuple[MalformedReportError, ...]]:
        """Do what `read` does, a report a step. Nothing else must reach the fleet during it."""
        self.redis_clock.tick(reading.time_ms, asked_at, now)
        malformed = list(reading.malformed)
        for raw in reading.reports:
            try:
                self._consider(raw, asked_at, now)
            except MalformedReportError as error:
                malformed.append(error)
            yield
        for worker_id in reading.same:
            self._keep(self._workers.get(worker_id), now)
        stored_before = self._stored
        self._stored = reading.stamps
        yield from self._date_again(now)
        for worker_id, known in self._workers.items():
            if worker_id not in self._stored and known.arrived_at < asked_at:
                known.vanish(now, was_stored=worker_id in stored_before)
        self._gone.not_stored(stored_before.keys() - self._stored.keys())
        self._unread_since = NEVER
        if not self.has_been_read:
            self.has_been_read = True
            self._judge_first_reading(now)
        self._read_asked_at = asked_at
        return tuple(malformed)

    def known_reports(self) -> Known:
        """The reports that a reading need not bring: they are known, or stored and would not count.

        One that could not be parsed, or had no room, is brought each time.
        """
        known = {name: stamp for name, stamp in self._stored.items() if stamp.seq <= self.known_seq(name)}
        known.update((worker_id, Stamp(w.report.seq, w.report.at_ms)) for worker_id, w in self._workers.items())
        return known

    def known_seq(self, worker_id: str) -> int:
        """Number of the newest report that is known of a worker, or remembered; -1 without any."""
        known = self._workers.get(worker_id)
        return known.report.seq if known else self._gone.seq(worker_id)

    @property
    def has_outage(self) -> bool:
        """True during an outage, when nothing is judged and nothing expires."""
        return self._outage_since is not None

    def outage_began(self, now: float) -> None:
        """Keep the last snapshot until the outage ends."""
        if self._outage_since is None:
            self._outage_since = now

    def outage_ended(self, now: float, outage_seconds: float) -> None:
        """End an outage that took this long. A reading follows."""
        if self._outage_since is not None and outage_seconds > SHORT_OUTAGE_SECONDS:
            self._grace_from = now
        self._unread_since = now - outage_seconds
        self._outage_since = None

    def judge(self, now: float) -> None:
        """Mark workers as lost and forget gone ones. Each snapshot begins here."""
        at_once(self.judge_in_steps(now))

    def judge_in_steps(self, now: float) -> Steps[None]:
        """Do what `judge` does, a worker a step: a fleet may be gone at once. What is not done yet stays overdue."""
        if self.has_outage:
            return
        self._find_overdue(now)
        for worker_id in tuple(self._overdue):
            self._judge(worker_id, self._workers[worker_id], now)
            yield
        self._gone.pass_(now, self._stored)
        self.kept.pass_(now)

    def wants_reading(self, now: float) -> bool:
        """True when a worker is due to be judged, and Redis must be read first."""
        if self.has_outage:
            return False
        self._find_overdue(now)
        overdue = map(self._workers.__getitem__, self._overdue)
        return any(known.is_live and self._read_asked_at < known.judged_at(self._grace_from) for known in overdue)

    def shown_at(self, now: float) -> float:
        """The moment by which errors expire: now, or the beginning of the outage."""
        return now if self._outage_since is None else self._outage_since

    def next_deadline(self, now: float) -> float:
        """The first moment after `now` at which a worker is due to be judged or forgotten; infinity if none."""
        if self._outage_since is not None:
            return NEVER
        self._find_overdue(now)
        return self._deadlines.earliest

    def _decode(self, raw: RawReport, known: KnownWorker | None) -> Report:
        if known is None and len(self._workers) >= MAX_WORKERS and not self._left:
            raise MalformedReportError("workers", f"there are {MAX_WORKERS} already")
        return raw.decode(known.report.record if known else None)

    def _consider(self, raw: RawReport, asked_at: float, now: float) -> None:
        """Act on one report of a reading, as its verdict demands."""
        known = self._workers.get(raw.worker_id)
        seq, stored = self.known_seq(raw.worker_id), self._stored.get(raw.worker_id)
        has_grown = stored is not None and raw.seq > stored.seq  # its worker writes: a late copy never grows
        match verdict(known, raw, asked_at, now, known_seq=seq, has_grown=has_grown, clock=self.redis_clock):
            case Verdict.SAME:
                self._keep(known, now)
            case Verdict.OLDER:
                if known:
                    raw.decode()  # one that cannot be parsed is reported, though it would not count
                self._keep(known, now)
            case Verdict.NEWER:
                self._take_read(raw, self._not_written_before(raw.worker_id, known), now, known)
            case Verdict.OVERRIDES:
                self._take_read(raw, -NEVER, now, known)

    def _keep(self, known: KnownWorker | None, now: float) -> None:
        if known and known.is_vanished:
            known.reappear()
            self._watch(known, now)

    def _take_read(self, raw: RawReport, not_before: float, now: float, known: KnownWorker | None) -> None:
        report = self._decode(raw, known)
        self._put(KnownWorker(report, self._written_at(report, not_before, now), now, known), now)

    def _put(self, known: KnownWorker, now: float) -> None:
        worker_id = known.report.record.id
        self._left.pop(worker_id, None)
        if worker_id not in self._workers and len(self._workers) >= MAX_WORKERS:
            left = next(iter(self._left))
            self._forget(left, self._workers[left], now)
        self._workers[worker_id] = known
        self._touched[worker_id] = None
        if known.has_left:
            self._left[worker_id] = None
        self._gone.forget(worker_id)
        self.kept.forget(worker_id)
        self._watch(known, now)

    def _not_written_before(self, worker_id: str, known: KnownWorker | None) -> float:
        """The earliest moment at which a newer report can have been written, whatever Redis's clock says."""
        if known:
            return min(known.moment, self._unread_since)
        is_newcomer = worker_id not in self._stored and self._unread_since == NEVER
        return self._read_asked_at if is_newcomer else -NEVER

    def _written_at(self, report: Report, not_before: float, now: float) -> float:
        """The moment at which a report that was read was written, between its whole TTL ago and now.

        When several are possible the latest counts, so that no worker is lost too early. After an outage each worker
        has a grace, so the likeliest counts: that of the newest era.
        """
        moments = self.redis_clock.moments(report.at_ms, not_before, now)
        has_grace = now - self._unread_since > SHORT_OUTAGE_SECONDS
        return max(moments[0] if has_grace else max(moments), now - report.record.ttl_ms / 1000)

    def _date_again(self, now: float) -> Steps[None]:
        for known in () if self._unread_since == NEVER else tuple(self._workers.values()):
            if known.arrived_at > self._unread_since and not known.is_lost:
                moment = self._written_at(known.report, self._unread_since, now)
                if moment < known.moment:
                    self._put(KnownWorker(known.report, moment, known.arrived_at, known), now)
                    yield

    def _judge_first_reading(self, now: float) -> None:
        """Give a grace if every report is past its lease: then it was Redis that was away."""
        present = [known for known in self._workers.values() if not known.has_left]
        if present and all(now >= known.lease_ends_at for known in present):
            self._grace_from = now

    def _judge(self, worker_id: str, known: KnownWorker, now: float) -> None:
        if known.is_live and self._read_asked_at >= known.judged_at(self._grace_from):
            if known.is_vanished:
                self._forget(worker_id, known, now)
                return
            known.is_lost = True
            self._touched[worker_id] = None
        if not known.is_live and now >= known.remains_end_at:
            self._forget(worker_id, known, now)
        else:
            self._watch(known, now)

    def _watch(self, known: KnownWorker, now: float) -> None:
        """Set when a worker is looked at again; that moment may be over."""
        worker_id = known.report.record.id
        deadline = known.judged_at(self._grace_from) if known.is_live else known.remains_end_at
        if deadline <= now:
            self._overdue.add(worker_id)
            self._deadlines.remove(worker_id)
        else:
            self._overdue.discard(worker_id)
            self._deadlines.set(worker_id, deadline)

    def _find_overdue(self, now: float) -> None:
        """Look again at each worker that is overdue, since it may have a grace now, or whose deadline has come."""
        for worker_id in tuple(self._overdue):
            self._watch(self._workers[worker_id], now)
        while (due := self._deadlines.take_due(now)) is not None:
            self._watch(self._workers[due], now)

    def _forget(self, worker_id: str, known: KnownWorker, now: float) -> None:
        del self._workers[worker_id]
        self._left.pop(worker_id, None)
        self._overdue.discard(worker_id)
        self._deadlines.remove(worker_id)
        self._touched[worker_id] = None
        self._gone.remember(worker_id, known.report.seq, known.hash_ends_at)
        self.kept.keep(known, now)
