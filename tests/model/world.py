"""Workers, one Redis and replicas in one virtual time; all that can befall them; and what must be true all the same."""

from typing import Final

from agent_status_gateway.feed.feed import PROBE_SECONDS, READ_SECONDS_WITHOUT_WORKERS
from agent_status_gateway.state.fold.schema import Snapshot
from agent_status_gateway.state.known_worker import KnownWorker
from agent_status_publisher.settings import Settings
from agent_status_publisher.worker.sessions.ends import MINUTE_SECONDS
from tests.model.notes import Taken
from tests.model.simulated_link import SimulatedProcess
from tests.model.simulated_redis import SimulatedRedis
from tests.model.simulated_replica import SimulatedReplica
from tests.model.simulated_worker import SimulatedWorker
from tests.model.timeline import Timeline
from tests.model.truth import Row, Truth, showable

DEFAULT_TERMS: Final = Settings(namespace="model")
CALM_SECONDS: Final = 5.0
"""With a heartbeat, how long after the last fault every replica is right."""
STEP_SECONDS: Final = 0.01
"""Seconds between two steps, so that no two runs begin together: which of those counts is not defined."""


class World:
    """Each step takes ten milliseconds."""

    def __init__(self) -> None:
        self.timeline = Timeline()
        self.redis = SimulatedRedis(self.timeline)
        self.truth = Truth()
        self.workers = self.truth.workers
        self.replicas: list[SimulatedReplica] = []
        self.steps: list[float] = []
        self.moves: list[float] = []
        """When Redis's clock was stepped (those are `steps`, too), or the name led to an older copy."""
        self._newest: dict[tuple[SimulatedReplica, str], KnownWorker] = {}
        self._live: dict[SimulatedReplica, set[str]] = {}
        self._called_lost: set[tuple[SimulatedReplica, SimulatedWorker, int]] = set()
        self._showable: set[tuple[str, Row]] = set()

    def start_worker(self, terms: Settings = DEFAULT_TERMS) -> SimulatedWorker:
        worker = SimulatedWorker(f"w{len(self.workers) + 1}", self.timeline, self.redis, terms)
        self.workers.append(worker)
        self.pass_(STEP_SECONDS)
        return worker

    def start_replica(self) -> SimulatedReplica:
        replica = SimulatedReplica(self.timeline, self.redis, self._shows)
        self.replicas.append(replica)
        self.pass_(STEP_SECONDS)
        return replica

    def pass_(self, seconds: float) -> None:
        self.timeline.pass_(seconds)

    # What befalls Redis

    def wipe(self) -> None:
        self.redis.wipe()
        self.truth.upsets.append(self.timeline.now)
        self.pass_(STEP_SECONDS)

    def fail_over(self) -> None:
        """To the copy of when `redis.replicate` was last called."""
        self.redis.fail_over()
        self.truth.upsets.append(self.timeline.now)
        self.moves.append(self.timeline.now)
        self.pass_(STEP_SECONDS)

    def step_clock(self, seconds: float) -> None:
        """A second after the last one at the earliest: replicas ask for it once a second."""
        if self.steps:
            self.pass_(max(0.0, self.steps[-1] + PROBE_SECONDS + 0.1 - self.timeline.now))
        self.redis.step_clock(seconds)
        self.truth.upsets.append(self.timeline.now)
        self.moves.append(self.timeline.now)
        self.steps.append(self.timeline.now)
        self.truth.steps.append((self.timeline.now, seconds))
        self.pass_(STEP_SECONDS)

    # Faults stop

    def calm_redis(self) -> None:
        """No more faults of Redis and of replicas: from a heartbeat and five seconds on, all see what Redis took."""
        self.redis.takes_writes, self.redis.is_mute = True, False
        self._heal(self.replicas)
        self.pass_(self._calm_seconds())
        self.check()

    def calm(self) -> None:
        """No more faults at all: a heartbeat and five seconds after the last late command, all see what workers do."""
        self.redis.takes_writes, self.redis.is_mute = True, False
        self._heal([*self.replicas, *self.workers])
        last_arrival_at = max((worker.last_arrival_at for worker in self.workers), default=0.0)
        self.pass_(max(0.0, last_arrival_at - self.timeline.now) + self._calm_seconds())
        self.check()
        for worker in self.workers:
            if worker.is_live:
                self._check_what_it_holds(worker)

    def end(self) -> None:
        """After that, and until nothing is left of who is gone, too."""
        self.calm()
        until = self.truth.unknown_until()
        while self.timeline.now < until:
            self.pass_(5.0)
            self.check()
        for replica in self.replicas:
            if not replica.is_dead:
                known = {worker.report.record.id for worker in replica.fleet.workers}
                assert known == {worker.name for worker in self.workers if worker.is_live}

    def _heal(self, processes: "list[SimulatedReplica] | list[SimulatedProcess]") -> None:
        for process in processes:
            process.link.heal()
            if process.is_frozen:
                process.thaw()

    def _calm_seconds(self) -> float:
        """A heartbeat counts as a second at least: the grace is five, after the moment that going live again takes.

        What was not published is found by the next reading only, if its worker reports no more.
        """
        heartbeat_seconds = max([1.0, *(worker.settings.heartbeat_seconds for worker in self.workers)])
        seconds = CALM_SECONDS + heartbeat_seconds
        if any(report.is_unpublished for worker in self.workers for report in worker.taken[-1:]):
            seconds = max(seconds, 2 * heartbeat_seconds + 1.0, READ_SECONDS_WITHOUT_WORKERS + 1.0)
        return seconds

    # What must be true

    def check(self) -> None:
        """Every replica shows what Redis has taken, and so all of them the same."""
        while any(self.timeline.now - worker.taken[-1].at < STEP_SECONDS for worker in self.workers if worker.taken):
            self.pass_(STEP_SECONDS)  # a report is on its way to the replicas
        now = self.timeline.now
        for worker in self.workers:
            self._check_its_questions(worker)
        for replica in self.replicas:
            if replica.is_dead:
                continue
            assert replica.is_fresh
            shown = rows_of(replica.snapshot())
            for key in self.truth.keys() | set(shown):
                allowed = self.truth.rows(key, now)
                assert shown.get(key) in allowed, (key, shown.get(key), allowed)

    def _check_its_questions(self, worker: SimulatedWorker) -> None:
        """Redis has taken no question that was answered before, and its worker gave up no other one."""
        for report in worker.taken:
            for session in report.record.sessions:
                assert not self.truth.is_answered(worker, report, session.key), (worker.name, report.at, session.key)
        for let_go in worker.let_go:
            assert self.truth.may_be_answered(worker, let_go), (worker.name, let_go)

    def _check_what_it_holds(self, worker: SimulatedWorker) -> None:
        """What Redis took last is what the worker holds, and durations count from when it changed."""
        last = worker.taken[-1]
        held = {run.key: run for run in worker.outbox.runs()}
        reported_now = {
            session.key: (session.state, session.tool, session.title)
            for session in last.record.sessions
            if session.expires_ms is None or last.at + session.expires_ms / 1000 > self.timeline.now
        }
        assert reported_now == {key: (run.state, run.tool, run.title) for key, run in held.items()}
        lately = {key for key, ended_at in worker.ended.items() if last.at - ended_at < MINUTE_SECONDS}
        assert lately <= {run.key for run in last.record.ended}
        for replica in self.replicas:
            if replica.is_dead:
                continue
            for row in replica.snapshot()["sessions"]:
                run = held.get(row["session_key"])
                if run is not None and run.title == row["title"] and run.state == row["state"]:
                    assert abs(worker.clock() - run.changed_at - row["duration_seconds"]) < 0.3

    def _shows(self, replica: SimulatedReplica, snapshot: Snapshot) -> None:
        """No replica shows what no worker reported, or shows one as lost whose report Redis took within its lease."""
        for row in rows_of(snapshot).items():
            if row not in self._showable:
                self._showable = showable(self.workers)
            assert row in self._showable, row
        workers = {worker.name: worker for worker in self.workers}
        for known in replica.fleet.workers:
            worker = workers[known.report.record.id]
            self._check_that_nothing_is_taken_back(replica, known)
            if known.is_lost and (replica, worker, known.report.seq) not in self._called_lost:
                self._called_lost.add((replica, worker, known.report.seq))
                self._check_that_it_may_be_lost(replica, worker, "called lost")
        names = {known.report.record.id for known in replica.fleet.workers}
        for name in self._live.get(replica, set()) - names:
            if not workers[name].taken[-1].record.left:
                self._check_that_it_may_be_lost(replica, workers[name], "forgotten")
        self._live[replica] = {known.report.record.id for known in replica.fleet.workers if known.is_live}

    def _check_that_it_may_be_lost(self, replica: SimulatedReplica, worker: SimulatedWorker, verdict: str) -> None:
        now = self.timeline.now
        last = _last_that_came(worker, replica, now)
        idle_seconds = now - last.at
        if idle_seconds < worker.settings.lease_seconds - 0.05:
            is_excused = self._is_excused(replica, worker, last)
            is_excused |= self._is_right_by_what_it_knows(replica, worker, last, now)
            assert is_excused, f"{worker.name} is {verdict} after {idle_seconds:.3f} s"

    def _check_that_nothing_is_taken_back(self, replica: SimulatedReplica, known: KnownWorker) -> None:
        """A worker's older report comes back only if it was written later, or the newer one is past its lease.

        Unless Redis's clock was stepped since either: by that clock a replica judges which was written later. With a
        failover to an older copy it may then be wrong until the worker's next report.
        """
        newest = self._newest.setdefault((replica, known.report.record.id), known)
        if known.report.seq < newest.report.seq:
            worker = next(worker for worker in self.workers if worker.name == known.report.record.id)
            written_at = max(report.at for report in worker.taken if report.seq == known.report.seq)
            is_right = written_at >= newest.arrived_at - 0.1 or self.timeline.now >= newest.lease_ends_at
            assert is_right or any(step >= min(written_at, newest.arrived_at) for step in self.steps)
        self._newest[replica, known.report.record.id] = known

    def _is_excused(self, replica: SimulatedReplica, worker: SimulatedWorker, last: Taken) -> bool:
        """The known limit (docs/explanation/state-rules.md): a replica that starts within a heartbeat of a step of
        Redis's clock, or of a failover to an older copy, may show a live worker as lost until its next report comes.

        A worker whose very last report was taken back by Redis (its goodbye, perhaps) has none that could make up for
        it; nor, in time, has one whose lease is two heartbeats and no more.
        """
        has_slack = worker.settings.lease_seconds > 2 * worker.settings.heartbeat_seconds
        is_taken_back = last.at <= self.truth.upset_at and not (worker.is_live and has_slack)
        return is_taken_back or any(last.at <= move <= replica.live_since for move in self.moves)

    def _is_right_by_what_it_knows(
        self, replica: SimulatedReplica, worker: SimulatedWorker, last: Taken, now: float
    ) -> bool:
        """The same chapter: if Redis has lost a report that a replica did not get, it goes by an older one.

        It may have started within a heartbeat of a step of the clock, and have misjudged when that one was written.
        """
        goes_by = self._newest[replica, worker.name].report.seq
        reported_at = max(report.at for report in worker.taken if report.seq == goes_by)
        was_missed = last.is_unpublished or last.at <= replica.live_since
        is_lost = last.at <= self.truth.upset_at and goes_by < last.seq
        is_misdated = any(reported_at <= move <= replica.live_since for move in self.moves)
        is_over = is_misdated or now >= reported_at + worker.settings.lease_seconds - 0.05
        return is_lost and was_missed and is_over


def _last_that_came(worker: SimulatedWorker, replica: SimulatedReplica, now: float) -> Taken:
    """A report is on its way for a moment; one that was not published, until the next reading."""
    for report in reversed(worker.taken):
        if report.at <= (replica.read_asked_at if report.is_unpublished else now - STEP_SECONDS):
            return report
    return worker.taken[0]


def rows_of(snapshot: Snapshot) -> dict[str, Row]:
    return {
        row["session_key"]: (row["state"], row["tool_name"], row["error_message"], row["title"])
        for row in snapshot["sessions"]
    }
