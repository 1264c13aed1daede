"""A replica: the real fleet, inbox, snapshot and debounce, with the rules of feed.py and pipeline.py, without I/O.

It shows every snapshot that it takes: those that it would broadcast, and those that a client asks for.
"""

from collections.abc import Callable

from agent_status_gateway.feed.feed import (
    ANSWER_SECONDS,
    LATE_SECONDS,
    PING_SECONDS,
    PROBE_SECONDS,
    READ_SECONDS_WITHOUT_WORKERS,
    RETRY_SECONDS,
)
from agent_status_gateway.feed.inbox import Inbox
from agent_status_gateway.state.deadlines import NEVER
from agent_status_gateway.state.debounce import Debounce
from agent_status_gateway.state.fleet import Fleet
from agent_status_gateway.state.fold.schema import Snapshot
from agent_status_publisher.contract.reading import Reading
from agent_status_publisher.contract.wire import decode_message
from tests.model.simulated_link import SimulatedLink, SimulatedProcess
from tests.model.simulated_reading import Call, SimulatedReading, Took
from tests.model.simulated_redis import SimulatedRedis
from tests.model.timeline import Timeline
from tests.support.builders.fleets import id_of, next_deadline, take_snapshot

Shown = Callable[["SimulatedReplica", Snapshot], None]


class SimulatedReplica(SimulatedProcess):
    """One replica, from its start to its end. `shown` is called with every snapshot."""

    def __init__(self, timeline: Timeline, redis: SimulatedRedis, shown: Shown) -> None:
        super().__init__(timeline, SimulatedLink(timeline))
        self.fleet = Fleet()
        self.first_read_at: float | None = None
        self.live_since = timeline.now
        """The moment since which its feed is live, or was when it is lost."""
        self.broadcast: Snapshot | None = None
        """What its clients have got last."""
        self._redis = redis
        self._shown = shown
        self._inbox = Inbox()
        self._debounce = Debounce(1.0)
        self._connection = 0  # its number; what belongs to another one is late
        self._is_live, self._is_lost = False, True  # the connection, and what the pipeline knows of it
        self._answered_at = self._awake_at = self._since = timeline.now
        self._is_reading = self._wants_reading = False
        self._look_number = self._read_number = 0
        self.read_asked_at = timeline.now
        """When its last reading was."""
        self._connect()

    @property
    def is_fresh(self) -> bool:
        """True while it serves its snapshot as fresh."""
        return not self._is_lost and not self.is_frozen and not self.is_dead

    def die(self) -> None:
        super().die()
        self._unsubscribe()

    def snapshot(self) -> Snapshot:
        """Do what pipeline.frame does, for a client that joins too."""
        self._shown(self, snapshot := self._settle())
        return snapshot

    def _settle(self) -> Snapshot:
        self._read_inbox()
        was_open = self._debounce.is_open
        snapshot = take_snapshot(self.fleet, self.timeline.now)
        self._debounce.note(id_of(self.fleet), self.timeline.now)
        if self._debounce.is_open and not was_open:
            self.after(0.0, self._look)
        return snapshot

    # The feed

    def _connect(self) -> None:
        self._connection += 1
        number = self._connection
        self._is_reading = False
        self._on(number, ANSWER_SECONDS, lambda: self._lose_unless(is_well=self._is_live))
        self._send(lambda: self._subscribe(number))

    def _send(self, do: Callable[[], None]) -> None:
        """A command; it comes to nothing if the server is another one by then."""
        server = self._redis.server
        self.link.carry(lambda: do() if server == self._redis.server else None)

    def _answer(self, number: int, do: Callable[[], object]) -> None:
        def come() -> None:
            if number == self._connection:
                do()

        self.receive(come)

    def _on(self, number: int, seconds: float, do: Callable[[], object]) -> None:
        def go_off() -> None:
            if number == self._connection:
                do()

        self.after(seconds, go_off)

    def _subscribe(self, number: int) -> None:
        if number != self._connection or self.is_dead:
            return

        def publish(message: bytes) -> None:
            self._answer(number, lambda: self._listen(message))

        self._redis.subscribers[self] = publish
        self._redis.closers[self] = lambda: self._answer(number, self._lose)
        self._answer(number, lambda: self._probe(number, lambda: self._read(number)))

    def _unsubscribe(self) -> None:
        self._redis.subscribers.pop(self, None)
        self._redis.closers.pop(self, None)

    def _probe(self, number: int, then: Callable[[], None]) -> None:
        asked_at = self.timeline.now

        def write() -> None:
            time_ms = self._redis.time_ms
            self._answer(number, (lambda: took(time_ms)) if self._redis.takes_writes else self._lose)

        def took(time_ms: int) -> None:
            if self._is_live and self._was_stopped:
                self._lose()
                return
            if self._is_live:
                self.fleet.redis_clock.tick(time_ms, asked_at, self.timeline.now)
            then()

        self._send(write)

    def _read(self, number: int) -> None:
        asked_at = self.timeline.now
        self._is_reading = True
        self._wants_reading = False
        self._read_number += 1

        def ask(call: Call, took: Took) -> None:
            def read() -> None:
                reply = self._redis.read(*call)
                self._answer(number, lambda: took(reply))

            self._send(read)

        SimulatedReading(
            self.timeline,
            {**self.fleet.known_reports(), **self._inbox.newer_reports(self.fleet.known_seq)},
            ask=ask,
            after=lambda seconds, do: self._on(number, seconds, do),
            got=lambda reading: self._got(reading, asked_at, number),
            lose=self._lose,
        )

    def _got(self, reading: Reading, asked_at: float, number: int) -> None:
        if self._is_live and self._was_stopped:
            self._lose()
            return
        self._is_reading = False
        self.read_asked_at = asked_at
        if self._is_live:
            self._read_inbox()
            self.fleet.read(reading, asked_at, self.timeline.now)
            self._look_unless_open()
        else:
            self._answered_at = self.timeline.now
            self._is_live = True
            self._go_live(reading, asked_at)
            self._watch(number)
            self._on(number, PROBE_SECONDS, lambda: self._probe_again(number))
        if self._wants_reading:
            self._read(number)
        else:
            self._read_later(number)

    def _read_later(self, number: int) -> None:
        reading_number = self._read_number

        def wait() -> None:
            heartbeat_seconds = self.fleet.shortest_heartbeat_seconds
            seconds = READ_SECONDS_WITHOUT_WORKERS if heartbeat_seconds is None else 2 * heartbeat_seconds
            left = self.read_asked_at + seconds - self.timeline.now
            self._on(number, max(0.0, min(left, PROBE_SECONDS)), is_due if left <= PROBE_SECONDS else look_again)

        def look_again() -> None:
            if not self._is_reading and reading_number == self._read_number:
                wait()

        def is_due() -> None:
            if not self._is_reading and reading_number == self._read_number:
                self._read(number)

        wait()

    def want_reading(self) -> None:
        self._wants_reading = True
        if self._is_live and not self._is_reading:
            self._read(self._connection)

    def _listen(self, message: bytes) -> None:
        self._answered_at = self.timeline.now
        self._inbox.put(decode_message(message), self.timeline.now)
        if not self._debounce.is_open and self.first_read_at is not None:
            before = id_of(self.fleet)
            self._settle()
            if id_of(self.fleet) != before:
                self._look_unless_open()

    @property
    def _was_stopped(self) -> bool:
        return self.timeline.now - self._awake_at > PING_SECONDS + LATE_SECONDS

    def _watch(self, number: int) -> None:
        self._awake_at = self.timeline.now

        def wake() -> None:
            if self._was_stopped or self.timeline.now - self._answered_at > ANSWER_SECONDS:
                self._lose()
            else:
                self._send(lambda: self._answer(number, self._pong))
                self._watch(number)

        self._on(number, PING_SECONDS, wake)

    def _pong(self) -> None:
        self._answered_at = self.timeline.now

    def _probe_again(self, number: int) -> None:
        is_answered = False

        def took() -> None:
            nonlocal is_answered
            is_answered = True
            self._on(number, PROBE_SECONDS, lambda: self._probe_again(number))

        self._probe(number, took)
        self._on(number, ANSWER_SECONDS, lambda: self._lose_unless(is_well=is_answered))

    def _lose_unless(self, *, is_well: bool) -> None:
        if not is_well:
            self._lose()

    def _lose(self) -> None:
        self._unsubscribe()
        self._connection += 1
        self._is_live = False
        self._read_inbox()
        if not self._is_lost:
            self._is_lost = True
            self._since = min(self._answered_at, self._awake_at) if self._was_stopped else self._answered_at
            self.fleet.outage_began(self.timeline.now)
        self.after(RETRY_SECONDS, self._connect)

    # The pipeline

    def _go_live(self, reading: Reading, asked_at: float) -> None:
        now = self.timeline.now
        self._read_inbox()
        if self.first_read_at is None:
            self.first_read_at = now
        else:
            self.fleet.outage_ended(now, now - self._since)
        self._is_lost = False
        self._since = self.live_since = now
        self.fleet.read(reading, asked_at, now)
        self._look_unless_open()

    def _read_inbox(self) -> None:
        while (unread := self._inbox.take()) is not None:
            self.fleet.hear(unread.report, unread.came_at)

    def _look_unless_open(self) -> None:
        if not self._debounce.is_open:
            self._look()

    def _look(self) -> None:
        """Do one turn of pipeline._send_when_due."""
        if self.first_read_at is None:
            return
        now = self.timeline.now
        if not self._debounce.is_open or self._debounce.is_due(now):
            snapshot = self.snapshot()
            if self.broadcast is None:
                self.broadcast = snapshot
            if self._debounce.is_due(now):
                self._debounce.sent(id_of(self.fleet))
                self.broadcast = snapshot
        if self.fleet.wants_reading(now):
            self.want_reading()
        wake_at = min(self._debounce.closes_at, next_deadline(self.fleet, now))
        self._look_number += 1
        number = self._look_number
        if wake_at != NEVER:
            self.after(max(0.0, wake_at - now), lambda: self._look() if number == self._look_number else None)
