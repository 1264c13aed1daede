"""Two folds of one history of reports, and the truth: everything that may reach a replica, without I/O.

The first fold is brought up to date after each step, the second one seldom. Both must come to what the whole snapshot
of their fleet shows, and to one id.
"""

from collections.abc import Container, Iterable
from dataclasses import replace
from typing import Any, Final

import orjson

from agent_status_gateway.state.fleet import Fleet
from agent_status_gateway.state.fold.fold import Fold
from agent_status_gateway.state.fold.folded_rows import FoldedRows
from agent_status_gateway.state.fold.row import row_hash
from agent_status_gateway.state.fold.schema import SessionStatus, Snapshot, split_key
from agent_status_gateway.state.steps import at_once
from agent_status_publisher.contract.details.end import Outcome
from agent_status_publisher.contract.wire import EndedRecord, RawReport, SessionRecord, SessionState, WorkerRecord
from chaos.workers.reports import reading, report
from tests.model.kept_summaries import KeptSummaries
from tests.model.scanning_fleet import ScanningFleet
from tests.support.whole_snapshot import Truth, truth_of, whole_snapshot

INSTANT_SECONDS: Final = 0.001
"""How long before and after a deadline it is looked at."""


class FoldHistory:
    """Reports, readings, outages and time, for two folds. Each change is followed by `settle`."""

    def __init__(self) -> None:
        self.now = 0.0
        self.stored: dict[str, RawReport] = {}
        self.sent: list[RawReport] = []
        """Every report that was ever written, for late ones and doubles."""
        self.is_away = False
        """True during an outage."""
        self._away_since = 0.0
        self._ahead_seconds = 0.0
        self._numbers: dict[str, int] = {}
        self._fleet, self._fold = Fleet(), Fold()
        self._seldom_fleet, self._seldom_fold = Fleet(), Fold()
        self._scanning = ScanningFleet()
        self._summaries = KeptSummaries()
        self._seen: dict[str, list[tuple[Any, ...]]] = {}  # snapshot's id → its rows' keys, states and tools
        self._fleets = (self._fleet, self._seldom_fleet, self._scanning)

    # What comes

    def write(self, record: WorkerRecord, *, skipped: int = 0) -> RawReport:
        """Have a worker write its next report, after this many that came nowhere."""
        seq = self._numbers[record.id] = self._numbers.get(record.id, 0) + 1 + skipped
        raw = report(seq, record, at=self.now + self._ahead_seconds)
        self.stored[record.id] = raw
        self.sent.append(raw)
        return raw

    def write_again(
        self, worker_id: str, *others: SessionRecord, ends: str | None = None, is_held: bool = False
    ) -> RawReport:
        """Have a worker report what it reported last, older by now, but for a few sessions and the key that it ends.

        A forger may hold that session as it was, too (`is_held`), though a run of it that began since is over.
        """
        old = self.stored[worker_id]
        age_ms = max(0, reading(at=self.now + self._ahead_seconds).time_ms - old.at_ms)
        worker = old.decode().record
        held = {known.key: older(known, age_ms) for known in worker.sessions} | {other.key: other for other in others}
        ended = {run.key: run.run_ms + age_ms for run in worker.ended}
        if ends in held:
            ended[ends] = 0 if is_held else held.pop(ends).run_ms
        return self.write(
            replace(
                worker,
                uptime_ms=worker.uptime_ms + age_ms,
                sessions=tuple(held.values()),
                ended=tuple(EndedRecord(key, run_ms) for key, run_ms in ended.items()),
            )
        )

    def hear(self, raw: RawReport) -> None:
        """Have a report come on the channel."""
        for fleet in self._fleets:
            fleet.hear(raw, self.now)

    def read(
        self, *, without: Container[str] = (), asked_seconds_ago: float = 0.0, is_by_difference: bool = False
    ) -> None:
        """Have a reading come that does not have some workers. Redis showed its clock when it was asked.

        By difference, it only names the reports that are stored as the replica knew them when it asked.
        """
        stored = {worker_id: raw for worker_id, raw in self.stored.items() if worker_id not in without}
        known = self._fleet.known_reports()
        assert known == self._seldom_fleet.known_reports() == self._scanning.known_reports()
        same = {}
        if is_by_difference:
            same = {worker_id: raw.stamp for worker_id, raw in stored.items() if known.get(worker_id) == raw.stamp}
        asked_at = self.now - asked_seconds_ago
        differing = [raw for worker_id, raw in stored.items() if worker_id not in same]
        whole = reading(*differing, at=asked_at + self._ahead_seconds, same=same)
        for fleet in self._fleets:
            fleet.read(whole, asked_at, self.now)

    def begin_outage(self) -> None:
        """Lose the feed."""
        self.is_away, self._away_since = True, self.now
        for fleet in self._fleets:
            fleet.outage_began(self.now)

    def end_outage(self) -> None:
        """Have the feed again, with a reading."""
        self.is_away = False
        for fleet in self._fleets:
            fleet.outage_ended(self.now, self.now - self._away_since)
        self.read()

    def step_clock(self, seconds: float) -> None:
        """Step Redis's clock."""
        self._ahead_seconds += seconds
        for fleet in self._fleets:
            fleet.redis_clock.tick(reading(at=self.now + self._ahead_seconds).time_ms, self.now, self.now)

    def pass_(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds

    def pass_to_deadline(self) -> None:
        """Let time pass to just before the next deadline, and look; then to just after it."""
        deadline = min(self._fleet.next_deadline(self.now), self._next_expiry())
        if deadline == float("inf"):
            return
        if deadline - INSTANT_SECONDS > self.now:
            self.now = deadline - INSTANT_SECONDS
            self.settle()
        self.now = deadline + INSTANT_SECONDS

    # What must be true

    def settle(self, *, steps: int | None = None, seconds: float = 0.0, is_ended: bool = True) -> None:
        """Bring the first fold up to date, and hold it to the truth.

        With a number of `steps` the update waits for some seconds after so many, and then goes on, or ends there.
        """
        self._judge()
        update = self._fold.update(self._fleet, self.now)
        if steps is not None:
            shown_at = self._fleet.shown_at(self.now)
            for _ in zip(range(steps), update, strict=False):
                pass
            self.now += seconds
            if is_ended:
                at_once(update)
                self._check(self._fold, whole_snapshot(self._fleet.workers, shown_at, self.now))
            update.close()
            self._judge()
            update = self._fold.update(self._fleet, self.now)
        at_once(update)
        true = self._truth(self._fleet)
        self._check(self._fold, true)
        self._summaries.take(self._fold.rows)
        whole = truth_of(self._fleet.workers, self._fleet.shown_at(self.now), self.now)
        self._summaries.check(self._fold.rows, whole, self.now)
        _check_details(self._fold.rows, whole)
        assert self._next_expiry() == self._scanning.next_expiry(self.now)

    def settle_seldom(self) -> None:
        """Bring the second fold up to date, and hold it to the first."""
        at_once(self._seldom_fold.update(self._seldom_fleet, self.now))
        self._check(self._seldom_fold, self._truth(self._seldom_fleet))
        assert self._seldom_fold.rows.id == self._fold.rows.id

    def _judge(self) -> None:
        self._check_what_is_due()
        for fleet in self._fleets:
            fleet.judge(self.now)
        verdicts = [
            {known.report.record.id: (known.report.seq, known.moment, known.is_lost) for known in fleet.workers}
            for fleet in self._fleets
        ]
        assert verdicts[0] == verdicts[1] == verdicts[2]
        for worker_id in self._numbers:
            assert self._fleet.known_seq(worker_id) == self._scanning.known_seq(worker_id)
        self._check_what_is_due()

    def _check_what_is_due(self) -> None:
        assert self._fleet.wants_reading(self.now) == self._scanning.wants_reading(self.now)
        assert self._fleet.next_deadline(self.now) <= self._scanning.next_deadline(self.now)

    def _truth(self, fleet: Fleet) -> Snapshot:
        return whole_snapshot(fleet.workers, fleet.shown_at(self.now), self.now)

    def _next_expiry(self) -> float:
        return float("inf") if self._fleet.has_outage else self._fold.next_expiry

    def _check(self, fold: Fold, true: Snapshot) -> None:
        assert [row.json(self.now) for row in fold.rows] == [orjson.dumps(row) for row in true["sessions"]]
        assert fold.global_status(fold.rows, self.now) == true["global"]
        news = [(row["session_key"], row["state"], row["tool_name"]) for row in true["sessions"]]
        assert self._seen.setdefault(fold.rows.id, news) == news, "another snapshot has another id"
        _check_indexes(fold.rows, true["sessions"])


def still_counting(reports: Iterable[RawReport], now: float) -> list[RawReport]:
    """The reports that a reading finds in the index of workers: those of which something counts."""
    now_ms = reading(at=now).time_ms
    return [raw for raw in reports if raw.at_ms + raw.decode().record.ttl_ms >= now_ms]


def cancelled(session: SessionRecord) -> EndedRecord:
    """The end of a session that is cancelled just now."""
    return EndedRecord(session.key, session.run_ms, 0, Outcome.CANCELLED)


def older_end(run: EndedRecord, age_ms: int) -> EndedRecord:
    """An end as its worker reports it so much later."""
    ended_ms = None if run.ended_ms is None else run.ended_ms + age_ms
    return run._replace(run_ms=run.run_ms + age_ms, ended_ms=ended_ms)


def older(session: SessionRecord, age_ms: int) -> SessionRecord:
    left_ms = None if session.expires_ms is None else max(0, session.expires_ms - age_ms)
    return session._replace(changed_ms=session.changed_ms + age_ms, run_ms=session.run_ms + age_ms, expires_ms=left_ms)


def _check_details(rows: FoldedRows, true: Truth) -> None:
    """Check that the details are those of the rows, and the index by label and parent as well."""
    by_label: dict[tuple[str, str], set[str]] = {}
    by_parent: dict[str, set[str]] = {}
    for key, details in true.details.items():
        one = rows.by_key[key].details
        assert [dict(one.labels), *one[1:4], one.cost_usd] == [
            *(details[name] for name in ("labels", "parent", "link", "waiting_for", "cost_usd"))
        ]
        assert [one.context, one.progress] == [
            details[name] and (*details[name].values(),) for name in ("context", "progress")
        ]
        for label in details["labels"].items():
            by_label.setdefault(label, set()).add(key)
        if details["parent"] is not None:
            by_parent.setdefault(details["parent"], set()).add(key)
    assert (rows.families.by_label, rows.families.by_parent) == (by_label, by_parent)


def _check_indexes(rows: FoldedRows, shown: list[SessionStatus]) -> None:
    """Check that the counts, the index by channel and the id are those of the rows."""
    assert len(rows) == len(shown)
    assert rows.by_key.keys() == {row["session_key"] for row in shown}
    assert rows.in_error == sum(row["state"] == "error" for row in shown)
    by_channel: dict[str, set[str]] = {}
    for row in shown:
        by_channel.setdefault(split_key(row["session_key"])[0], set()).add(row["session_key"])
    assert rows.by_channel == by_channel
    hashes = [row_hash(row["session_key"], SessionState(row["state"]), row["tool_name"]) for row in shown]
    assert rows.id == f"{sum(hashes) % 2**128:032x}"
