"""A worker: the real outbox and the real pace, round them what session.py and flusher.py do, without a thread."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from agent_status_publisher.contract.wire import Keys, SessionState, WorkerRecord, encode_record, write_arguments
from agent_status_publisher.settings import Settings
from agent_status_publisher.worker.flusher import GOODBYE_RETRY_SECONDS
from agent_status_publisher.worker.outbox import Draft, Identity, Outbox
from agent_status_publisher.worker.pace import Pace
from agent_status_publisher.worker.redis_writer import SOCKET_TIMEOUT_SECONDS
from agent_status_publisher.worker.run import Run
from agent_status_publisher.worker.worker import CLOSE_SECONDS
from tests.model.simulated_link import LATENCY_SECONDS, SimulatedLink, SimulatedProcess
from tests.model.simulated_redis import RefusedError, SimulatedRedis
from tests.model.timeline import Timeline

KEYS: Final = Keys("model")


class Fate(Enum):
    """What becomes of one request."""

    ARRIVES = "arrives"
    LOST = "lost"
    ANSWER_LOST = "answer lost"
    LATE = "late"
    TWICE = "twice"


@dataclass(frozen=True)
class Taken:
    """A report that Redis has taken, and when, by the time that all share."""

    at: float
    seq: int
    record: WorkerRecord
    keys: frozenset[str]
    """Keys of the sessions that its worker holds or has ended."""
    is_unpublished: bool
    """True when it was not published on the channel."""


class SimulatedWorker(SimulatedProcess):
    """One worker, from its start to its end."""

    def __init__(self, name: str, timeline: Timeline, redis: SimulatedRedis, settings: Settings) -> None:
        super().__init__(timeline, SimulatedLink(timeline))
        self.name = name
        self.settings = settings
        self.fate = Fate.ARRIVES
        self.fate_seconds = 0.0
        self.taken: list[Taken] = []
        self.highest_seq = 0
        self.has_said_last_before = False
        """What Redis took last is a late copy: a wipe or a failover had made it forget the number."""
        self.claimed: set[str] = set()
        """Every key of any report that was taken."""
        self.ended: set[str] = set()
        """Keys that its agent has ended and not opened again."""
        self.drafted: list[WorkerRecord] = []
        self.last_arrival_at = timeline.now
        self.is_leaving = False
        self._redis = redis
        # Every machine's monotonic clock shows something else.
        self._clock_ahead = 100.0 * len(name) + sum(name.encode())
        self.outbox = Outbox(Identity(id=name, host="host", pid=1), settings, self.clock, self._wake)
        self._pace = Pace(settings.heartbeat_seconds, random.Random(name).random)
        self._try = 0
        self._is_telling = False
        self._is_away = False
        self._tries_goodbye_once = False
        self._goodbye_until = 0.0
        self._has_ended = False
        self._wake()

    def clock(self) -> float:
        return self.timeline.now + self._clock_ahead

    @property
    def is_live(self) -> bool:
        """Neither killed nor leaving."""
        return not self.is_dead and not self.is_leaving

    # What its agent does

    def set_state(self, key: str, state: SessionState, tool: str | None) -> None:
        if run := self.outbox.run(key) or self.outbox.open(key, None):
            self.outbox.say(run, state, tool)
            self._name(run)

    def open(self, key: str) -> None:
        if run := self.outbox.open(key, None):
            self._name(run)

    def fail(self, key: str, message: str) -> None:
        if run := self.outbox.run(key) or self.outbox.open(key, None):
            self.outbox.fail(run, message)
            self._name(run)

    def end(self, key: str) -> None:
        if self.outbox.run(key):
            self.ended.add(key)
        self.outbox.end(key)

    def leave(self) -> None:
        """Say goodbye, for three seconds at most."""
        self._goodbye_until = self.clock() + CLOSE_SECONDS
        self.is_leaving = True
        self._wake()

    def _name(self, run: Run) -> None:
        """A run is known from every other by its title: when it began, by the time that all share."""
        self.ended.discard(run.key)
        self.outbox.rename(run, f"{run.started_at - self._clock_ahead:.6f}")

    # What its thread does

    def _wake(self) -> None:
        self.after(0.0, self._look)

    def _look(self) -> None:
        if self._is_telling or self._has_ended:
            return
        if self.is_leaving:
            self._tell()
            return
        wait_seconds = self._pace.due_at(has_news=self.outbox.has_news) - self.clock()
        if wait_seconds <= 0:
            self._tell()
        else:
            self.after(wait_seconds, self._look)

    def _tell(self) -> None:
        self._is_telling = True
        self._try += 1
        started_at = self.clock()
        if self.is_leaving and not (self.drafted and self.drafted[-1].left):
            self._tries_goodbye_once = self._is_away
        draft = self.outbox.draft(left=self.is_leaving)
        self.drafted.append(draft.record)
        number, fate, seconds, server = self._try, self.fate, self.fate_seconds, self._redis.server
        self.fate = Fate.ARRIVES
        self.after(SOCKET_TIMEOUT_SECONDS, lambda: self._end_try(number, self._failed))
        delays = {
            Fate.LOST: [],
            Fate.LATE: [seconds],
            Fate.TWICE: [LATENCY_SECONDS, seconds],
        }.get(fate, [LATENCY_SECONDS])
        for delay in delays:
            self.last_arrival_at = max(self.last_arrival_at, self.timeline.now + delay)
            self.link.carry(
                lambda: self._write(draft, started_at, number, server, is_answered=fate is not Fate.ANSWER_LOST), delay
            )

    def _write(self, draft: Draft, started_at: float, number: int, server: int, *, is_answered: bool) -> None:
        """What happens in Redis."""
        if server != self._redis.server:
            self._answer(number, self._failed)
            return
        encoded = encode_record(draft.record)
        try:
            taken, value, _ = self._redis.write(*write_arguments(KEYS, draft.record, draft.seq, encoded, sharded=False))
        except RefusedError:
            self._answer(number, self._failed)
            return
        if taken:
            self._note(draft)
        if is_answered:
            after = (lambda: self._took(draft, started_at, len(encoded))) if taken else (lambda: self._refused(value))
            self._answer(number, after)

    def _note(self, draft: Draft) -> None:
        record = draft.record
        keys = frozenset([*[session.key for session in record.sessions], *[run.key for run in record.ended]])
        self.taken.append(Taken(self.timeline.now, draft.seq, record, keys, self._redis.is_mute))
        self.has_said_last_before = draft.seq <= self.highest_seq
        self.highest_seq = max(self.highest_seq, draft.seq)
        self.claimed |= keys

    def _answer(self, number: int, after: Callable[[], None]) -> None:
        self.receive(lambda: self._end_try(number, after))

    def _end_try(self, number: int, after: Callable[[], None]) -> None:
        if self._is_telling and number == self._try:
            self._is_telling = False
            after()

    def _took(self, draft: Draft, started_at: float, size_bytes: int) -> None:
        self._is_away = False
        self._pace.took(started_at, size_bytes)
        self.outbox.confirmed(draft)
        if draft.record.left:
            self._has_ended = True
        self._look()

    def _refused(self, stored_seq: int) -> None:
        self.outbox.refused(stored_seq)
        self._pace.refused(self.clock())
        self._go_on_leaving()

    def _failed(self) -> None:
        self._is_away = True
        self._pace.failed(self.clock())
        self._go_on_leaving()

    def _go_on_leaving(self) -> None:
        if self.drafted[-1].left:
            self._has_ended = self._tries_goodbye_once or self.clock() >= self._goodbye_until
            self.after(GOODBYE_RETRY_SECONDS, self._look)
        else:
            self._look()
