"""A worker: the real outbox and the real pace, round them what session.py and flusher.py do, without a thread."""

import random
from collections.abc import Callable
from enum import Enum
from typing import Any, Final

from agent_status_publisher.contract.wire import (
    Keys,
    Remembered,
    SessionState,
    WorkerRecord,
    WriteAnswer,
    answered_keys,
    encode_record,
    remembered_by,
    write_arguments,
)
from agent_status_publisher.settings import Settings
from agent_status_publisher.worker.flusher import GOODBYE_RETRY_SECONDS
from agent_status_publisher.worker.pace import Pace
from agent_status_publisher.worker.redis_writer import SOCKET_TIMEOUT_SECONDS
from agent_status_publisher.worker.sessions.outbox import Draft, Identity, Outbox
from agent_status_publisher.worker.sessions.run import Run
from agent_status_publisher.worker.worker import CLOSE_SECONDS
from tests.model.notes import Answer, LetGo, Taken, Whole
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
        self.ended: dict[str, float] = {}
        """Keys that its agent has ended and not opened again, and when."""
        self.let_go: list[LetGo] = []
        self.wholes: list[Whole] = []
        self.drafted: list[WorkerRecord] = []
        self.last_arrival_at = timeline.now
        self.is_leaving = False
        self._redis = redis
        # Every machine's monotonic clock shows something else.
        self._clock_ahead = 100.0 * len(name) + sum(name.encode())
        self.outbox = Outbox(Identity(id=name, host="host", pid=1), settings, self.clock, self._wake)
        self._pace = Pace(settings.heartbeat_seconds, random.Random(name).random)
        self._try = 0
        self._remembered: Remembered | None = None
        self._names_all = False
        self._last_answer: Answer | None = None
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
        run = self.outbox.run(key)
        if run and not run.is_let_go:
            self.ended[key] = self.timeline.now
        self.outbox.end(key)

    def do_much(self, jobs: int) -> None:
        """Run many short sessions of other keys: more than a report names as ended by their number alone."""
        for number in range(jobs):
            self.outbox.open(f"job:{number}", None)
            self.outbox.end(f"job:{number}")

    def leave(self) -> None:
        """Say goodbye, for three seconds at most."""
        self._goodbye_until = self.clock() + CLOSE_SECONDS
        self.is_leaving = True
        self._wake()

    def _name(self, run: Run) -> None:
        """A run is known from every other by its title: when it began, by the time that all share."""
        self.ended.pop(run.key, None)
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
        remembered, names_all, last_answer = self._remembered, self._names_all, self._last_answer
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
                lambda: self._write(
                    *(draft, remembered, last_answer, started_at, number, server),
                    names_all=names_all,
                    is_answered=fate is not Fate.ANSWER_LOST,
                ),
                delay,
            )

    def _write(
        self,
        draft: Draft,
        remembered: Remembered | None,
        last_answer: Answer | None,
        started_at: float,
        number: int,
        server: int,
        *,
        names_all: bool,
        is_answered: bool,
    ) -> None:
        """What happens in Redis."""
        if server != self._redis.server:
            self._answer(number, self._failed)
            return
        encoded, now = encode_record(draft.record), self.timeline.now
        try:
            reply = self._redis.write(
                *write_arguments(
                    KEYS,
                    draft.record,
                    draft.seq,
                    encoded,
                    sharded=False,
                    drafted_at=draft.drafted_at,
                    remembered=remembered,
                    names_all=names_all,
                )
            )
        except RefusedError:
            self._answer(number, self._failed)
            return
        is_taken = reply[0] == WriteAnswer.TAKEN
        if is_taken:
            self._note(draft)
        if last_answer is not None and names_all and reply[0] in {WriteAnswer.TAKEN, WriteAnswer.ANSWERED}:
            self.wholes.append(Whole(now, draft.drafted_at - self._clock_ahead, last_answer))
        if is_answered and is_taken:
            self._answer(number, lambda: self._took(draft, reply, now, started_at, len(encoded)))
        elif is_answered:
            self._answer(number, lambda: self._refused(draft, reply, now))

    def _note(self, draft: Draft) -> None:
        record = draft.record
        keys = frozenset([*[session.key for session in record.sessions], *[run.key for run in record.ended]])
        self.taken.append(
            Taken(self.timeline.now, draft.drafted_at - self._clock_ahead, draft.seq, record, keys, self._redis.is_mute)
        )
        self.has_said_last_before = draft.seq <= self.highest_seq
        self.highest_seq = max(self.highest_seq, draft.seq)
        self.claimed |= keys

    def _answer(self, number: int, after: Callable[[], None]) -> None:
        self.receive(lambda: self._end_try(number, after))

    def _end_try(self, number: int, after: Callable[[], None]) -> None:
        if self._is_telling and number == self._try:
            self._is_telling = False
            after()

    def _took(self, draft: Draft, reply: list[Any], at: float, started_at: float, size_bytes: int) -> None:
        self._is_away = self._names_all = False
        self._remembered = remembered_by(reply, draft.seq, draft.drafted_at, self.clock())
        self._last_answer = Answer(at, self.timeline.now)
        self._pace.took(started_at, size_bytes)
        self.outbox.confirmed(draft)
        if draft.record.left:
            self._has_ended = True
        self._look()

    def _refused(self, draft: Draft, reply: list[Any], at: float) -> None:
        if reply[0] == WriteAnswer.OUTNUMBERED:
            self.outbox.refused(reply[1])
        elif reply[0] == WriteAnswer.ANSWERED:
            held = {run.key: run for run in self.outbox.runs()}
            self.outbox.answered(answered_keys(reply), draft)
            given_up = [run for run in held.values() if run.is_let_go]
            self.let_go += [LetGo(at, run.key, run.changed_at - self._clock_ahead) for run in given_up]
        else:
            self._names_all = True
        self._pace.refused(self.clock())
        self._go_on_leaving()

    def _failed(self) -> None:
        self._is_away = self._names_all = True
        self._pace.failed(self.clock())
        self._go_on_leaving()

    def _go_on_leaving(self) -> None:
        if self.drafted[-1].left:
            self._has_ended = self._tries_goodbye_once or self.clock() >= self._goodbye_until
            self.after(GOODBYE_RETRY_SECONDS, self._look)
        else:
            self._look()
