"""Pure: this worker's sessions, and the next report that they make.

Before it come the session handles, which record what happens; after it the flusher, which asks for reports.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from agent_status_publisher.contract.details.details import NO_DETAILS, Details, WaitingFor
from agent_status_publisher.contract.details.end import Outcome
from agent_status_publisher.contract.report import MAX_SESSIONS, SessionState, WorkerRecord
from agent_status_publisher.settings import Settings
from agent_status_publisher.worker.sessions.ends import End, Ends, end_of, ended_records
from agent_status_publisher.worker.sessions.run import Run, RunCopy, copy_of, record_of, to_ms

FULL: Final = (
    f"this worker holds {MAX_SESSIONS} sessions: those that waited or were in error for longest were ended for new ones"
)
"""The sentence to report when `Outbox.has_evicted`."""
NEEDS_A_PERSON: Final = frozenset({SessionState.WAITING_FOR_USER, SessionState.ERROR})


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The identity of a worker. `id` is new at every start, and has neither a colon nor a space."""

    id: str
    host: str
    pid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A report to be written: its number, its record, the newest change in it, and its moment on the worker's clock."""

    seq: int
    record: WorkerRecord
    change: int
    drafted_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BegunDraft:
    """A report of which all is known: its record is still to be made, which takes longer.

    Attributes:
        runs: The open runs that are reported, as they were at `drafted_at`.
        ends: The ends that are reported, by key.
    """

    seq: int
    change: int
    drafted_at: float
    left: bool
    runs: list[RunCopy]
    ends: dict[str, End]


class Outbox:
    """The sessions of this worker. The outbox is not thread-safe: callers that share it hold a lock.

    The outbox is reentrant, since a finalizer may call it in the middle of a call. So loops here run over copies.

    Args:
        identity: This worker's identity.
        settings: The terms that its reports carry.
        clock: A function that returns monotonic seconds.
        on_news: A function that is called at the first change since the last draft. It must not block.
    """

    def __init__(
        self, identity: Identity, settings: Settings, clock: Callable[[], float], on_news: Callable[[], None]
    ) -> None:
        self.identity = identity
        self.settings = settings
        self.clock = clock
        self._on_news = on_news
        self._started_at = clock()
        self._runs: dict[str, Run] = {}
        self._ends = Ends()
        self._seq = 0
        self.has_evicted = False
        """True once a session that needed a person made room for a new one."""
        self._change = 1  # the worker's start is the first change
        self._drafted_change = 0
        self._confirmed_change = 0

    @property
    def has_news(self) -> bool:
        """True when something has changed since the last report was drafted."""
        return self._drafted_change < self._change

    @property
    def last_change(self) -> int:
        """The number of the newest change."""
        return self._change

    @property
    def confirmed_change(self) -> int:
        """The number of the newest change that Redis is known to have."""
        return self._confirmed_change

    def run(self, key: str) -> Run | None:
        """The run of an open key, which may be in error. None if the key is not open."""
        run = self._runs.get(key)
        if run is not None and run.has_expired(self.clock()):
            self._end(run)
            return None
        return run

    def is_let_go(self, key: str) -> bool:
        """Return True if this key waited here, another worker has answered, and nothing has begun here since."""
        run = self._runs.get(key)
        return run is not None and run.is_let_go

    def open(self, key: str, title: str | None, details: Details = NO_DETAILS) -> Run | None:
        """Open a key and return its run. A new run begins after an error, or if the question was answered elsewhere.

        When there is no room, the oldest session that waits or is in error ends. None if all of them work.

        Args:
            key: The session's key.
            title: None keeps the title of an open key.
            details: The details of a session that is not open yet.
        """
        run = self.run(key)
        if run is None:
            if len(self._runs) >= MAX_SESSIONS:
                self._expire(self.clock())
                if len(self._runs) >= MAX_SESSIONS and not self._evict():
                    return None
            run = self._runs[key] = Run(key, title, self.clock(), self.settings.waiting_ttl_seconds, details)
            self._ends.forget(key)
            self._note_change()
        elif run.state is SessionState.ERROR or run.is_let_go:
            self.say(run, SessionState.THINKING)
        if title is not None and title != run.title:
            self.rename(run, title)
        return run

    def say(self, run: Run, state: SessionState, tool: str | None = None, reason: WaitingFor | None = None) -> None:
        """Set the state of a run, which is not `error`, and the reason to wait."""
        run.called_at = now = self.clock()
        if run.say(state, now, tool, reason):
            self._note_change()

    def fail(self, run: Run, message: str) -> None:
        """Set the state of a run to `error`, which expires after the error TTL."""
        run.called_at = now = self.clock()
        run.fail(message, now, self.settings.error_ttl_seconds)
        self._note_change()

    def start_tool(self, run: Run, name: str, call: object) -> None:
        """Begin a tool call of a run."""
        run.called_at = now = self.clock()
        if run.open_tool(name, call, now):
            self._note_change()

    def end_tool(self, run: Run, call: object) -> None:
        """End a tool call of a run. The end of a call that is not open changes nothing."""
        run.called_at = now = self.clock()
        if run.close_tool(call, now):
            self._note_change()

    def return_to(self, run: Run, calls: frozenset[object]) -> None:
        """Keep only these tool calls of a run open, and show the newest of them, or `thinking`."""
        run.called_at = now = self.clock()
        if run.return_to(calls, now):
            self._note_change()

    def use(self, run: Run, input_tokens: int | None, output_tokens: int | None) -> None:
        """Set the tokens that a run has used so far. A total smaller than before changes nothing."""
        run.called_at = self.clock()
        if run.use(input_tokens, output_tokens):
            self._note_change()

    def spend(self, run: Run, usd: float) -> None:
        """Set what a run has cost so far, in US dollars. A total smaller than before changes nothing."""
        run.called_at = self.clock()
        if run.spend(usd):
            self._note_change()

    def rename(self, run: Run, title: str | None) -> None:
        """Change the title of a run, or remove it."""
        run.called_at = self.clock()
        if title != run.title:
            run.title = title
            self._note_change()

    def describe(self, run: Run, **parts: object) -> None:
        """Set parts of the details of a run, which the caller has checked."""
        run.called_at = self.clock()
        if run.describe(**parts):
            self._note_change()

    def end(self, key: str, outcome: Outcome = Outcome.DONE) -> None:
        """End the session of this key, its error too."""
        if run := self._runs.get(key):
            self._end(run, outcome)
            self._note_change()

    def runs(self) -> tuple[Run, ...]:
        """All open runs that are reported, those in error included."""
        self._expire(self.clock())
        return tuple(run for run in list(self._runs.values()) if not run.is_let_go)

    def draft(self, *, left: bool = False) -> Draft:
        """Draft the next report. A goodbye (`left`) ends every session except those in error, which expire."""
        return self.finish_draft(self.begin_draft(left=left))

    def begin_draft(self, *, left: bool = False) -> BegunDraft:
        """Begin to draft the next report. This is short, since agents' calls wait while the lock is held for it."""
        now = self.clock()
        self._expire(now)
        if left:
            for run in list(self._runs.values()):
                if run.state is not SessionState.ERROR:
                    self._end(run, Outcome.CANCELLED)
        self._seq += 1
        # What a finalizer changes while the runs are copied counts as a change after this report.
        change = self._drafted_change = self._change
        return BegunDraft(
            seq=self._seq,
            change=change,
            drafted_at=now,
            left=left,
            runs=[copy_of(run) for run in list(self._runs.values()) if not run.is_let_go],
            ends=self._ends.copy(),
        )

    def finish_draft(self, begun: BegunDraft) -> Draft:
        """Make the record of a begun draft. It needs no lock: nothing here changes during the life of this outbox."""
        now = begun.drafted_at
        record = WorkerRecord(
            id=self.identity.id,
            host=self.identity.host,
            pid=self.identity.pid,
            lease_ms=to_ms(self.settings.lease_seconds),
            heartbeat_ms=to_ms(self.settings.heartbeat_seconds),
            error_ttl_ms=to_ms(self.settings.error_ttl_seconds),
            max_concurrent=self.settings.max_concurrent,
            uptime_ms=to_ms(now - self._started_at),
            left=begun.left,
            labels=self.settings.labels,
            sessions=tuple([record_of(copy, now) for copy in begun.runs]),
            ended=ended_records(begun.ends, now),
        )
        return Draft(seq=begun.seq, record=record, change=begun.change, drafted_at=now)

    def confirmed(self, draft: Draft) -> None:
        """Note that Redis has this report."""
        self._confirmed_change = max(self._confirmed_change, draft.change)

    def refused(self, stored_seq: int) -> None:
        """Note the number of the report that Redis holds; the next one's must be higher."""
        self._seq = max(self._seq, stored_seq)

    def answered(self, keys: Iterable[str], draft: Draft) -> None:
        """Let the runs go that asked what another worker has answered, unless they have gone on since this draft."""
        for key in keys:
            run = self._runs.get(key)
            if run is not None and run.let_go(draft.drafted_at):
                self._note_change()

    def _note_change(self) -> None:
        """Count a change of the next report. The first one since the last draft wakes the thread."""
        was_quiet = not self.has_news
        self._change += 1
        if was_quiet:
            self._on_news()

    def _evict(self) -> bool:
        """End the session that has waited or been in error for longest. False if there is none.

        A run that was let go goes first, and is not missed.
        """
        idle = [run for run in list(self._runs.values()) if run.state in NEEDS_A_PERSON]
        if idle:
            oldest = min(idle, key=lambda run: (not run.is_let_go, run.changed_at))
            self._end(oldest)
            self.has_evicted |= not oldest.is_let_go
        return bool(idle)

    def _expire(self, now: float) -> None:
        for run in list(self._runs.values()):
            if run.has_expired(now):
                self._end(run)
        self._ends.expire(now)

    def _end(self, run: Run, outcome: Outcome = Outcome.EXPIRED) -> None:
        self._runs.pop(run.key, None)
        if not run.is_let_go:
            self._ends.add(run.key, end_of(run, self.clock(), outcome))
