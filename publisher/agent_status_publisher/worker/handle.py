"""An agent's hold on one session key: it finds the key's run, and opens and ends the session."""

from typing import Self

from agent_status_publisher.contract.details.details import NO_DETAILS, Details, WaitingFor
from agent_status_publisher.contract.details.end import Outcome
from agent_status_publisher.contract.details.labels import changed_labels, united
from agent_status_publisher.contract.report import MAX_SESSIONS, SessionState
from agent_status_publisher.contract.text import message_of
from agent_status_publisher.errors import InvalidCallError, PublisherError
from agent_status_publisher.tool import ToolCall, shown_tool
from agent_status_publisher.worker.never_raise import is_cancelled, is_failure, never_raise
from agent_status_publisher.worker.sessions.arguments import CROWDED, NOTHING_ASKED, Asked, crowded, reason_of
from agent_status_publisher.worker.sessions.outbox import FULL
from agent_status_publisher.worker.sessions.run import Run
from agent_status_publisher.worker.worker import Worker


class Handle:
    """The part of a session that its agent does not see: blocks that hold it, and the way to its run.

    `Session` adds the calls that say what the session does. Bridges use what is public here.
    """

    def __init__(self, worker: Worker, key: str, *, detached: bool = False) -> None:
        self.key = key
        self._worker = worker
        self._title: str | None = None
        self._lasting = NO_DETAILS  # the labels, the parent and the link, which stay with the handle as its title does
        self._is_crowded = False
        self._holders = 0
        self.guests: set[object] = set()  # the runs of bridges that opened the session, which no block inside them ends
        self._detached = detached  # for a key that cannot be shown: every call does nothing
        self.is_over = detached

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.key!r}>"

    def __enter__(self) -> Self:
        self._hold()
        return self

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        self._leave(error)

    async def __aenter__(self) -> Self:
        self._hold()
        return self

    async def __aexit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        self._leave(error)

    def is_live(self, worker: Worker) -> bool:
        """Return True if calls on this handle still count for this worker."""
        return worker is self._worker and not self.is_over

    @property
    def is_held(self) -> bool:
        """True while a `with` block of the agent's code holds this session open."""
        return self._holders > 0 and not self.is_over

    def open_calls(self) -> frozenset[object]:
        """Return the ids of the tool calls that are open."""
        with self._worker.lock:
            run = self._run()
            return frozenset() if run is None else frozenset(run.open_tools)

    @property
    def shown_labels(self) -> dict[str, str]:
        """The labels that the session shows: its own, and those of its worker."""
        return dict(united(self._lasting.labels, self._worker.outbox.settings.labels))

    @property
    def tokens(self) -> tuple[int, int]:
        """The tokens of the current run, input and output."""
        with self._worker.lock:
            return (run.input_tokens, run.output_tokens) if (run := self._run()) else (0, 0)

    @never_raise
    def return_to(self, calls: frozenset[object]) -> None:
        """Forget the tool calls that began since, and show the newest of these, or `thinking`. A bridge calls it."""
        worker = self._worker
        with worker.lock:
            if run := self._run():
                worker.outbox.return_to(run, calls.union(call for call in run.open_tools if isinstance(call, ToolCall)))

    @never_raise
    def open(self, asked: Asked = NOTHING_ASKED) -> None:
        """Begin a run, unless the session has one that has not failed. `StatusPublisher.session` calls it."""
        with self._worker.lock:
            self._open(asked)
        self._report_left_out(asked.faults)

    @never_raise
    def open_as(
        self,
        state: SessionState,
        asked: Asked,
        *,
        tool_name: object = None,
        error_message: object = None,
        waiting_for: object = None,
    ) -> None:
        """Open the session and set its state in one step. `StatusPublisher.publish` calls it."""
        tool = shown_tool(tool_name) if state is SessionState.TOOL_RUNNING else None
        message = message_of(error_message, self._worker.error_text)
        reason = self._reason_of(waiting_for) if state is SessionState.WAITING_FOR_USER else None
        with self._worker.lock:
            if state is SessionState.WAITING_FOR_USER and self._worker.outbox.is_let_go(self.key):
                return  # a repeated question, which another worker has answered
            if self._open(asked):
                if state is SessionState.ERROR:
                    self._fail(message)
                else:
                    self._say(state, tool, reason)
        self._report_left_out(asked.faults)

    def _say(self, state: SessionState, tool: str | None = None, reason: WaitingFor | None = None) -> None:
        worker = self._worker
        with worker.lock:
            if run := self._run(reopen=True):
                worker.outbox.say(run, state, tool, reason)

    def _fail(self, text: str) -> None:
        """Set the state to `error`. The caller holds the lock."""
        if run := self._run(reopen=True):
            self._worker.outbox.fail(run, text)

    def _reason_of(self, reason: object) -> WaitingFor | None:
        """Check a reason to wait. One that is not known is reported, and the session waits without it."""
        try:
            return reason_of(reason)
        except InvalidCallError as error:
            self.report(error)
            return None

    def _open(self, asked: Asked = NOTHING_ASKED) -> bool:
        """Begin a run, unless one goes on. False if this handle's calls do nothing. The caller holds the lock."""
        worker = self._worker
        if worker.gone or self.is_over:
            return False
        if worker.outbox.is_let_go(self.key):
            self._holders = 0  # blocks that wait for an answer that came elsewhere
        run = worker.outbox.open(self.key, self._title if asked.title is None else asked.title, self._lasting)
        if run is None:
            raise InvalidCallError(f"session() was ignored: this worker holds {MAX_SESSIONS} sessions at work already")
        self._title = run.title
        if run.details is not self._lasting:
            self._lasting = run.details.lasting
        if asked.labels or asked.parent or asked.link:
            self._describe(asked)
        return True

    def _describe(self, asked: Asked) -> None:
        """Set what a call asks for. The caller holds the lock."""
        worker, before = self._worker, self._lasting
        labels = changed_labels(before.labels, asked.labels, worker.outbox.settings.labels)
        self._is_crowded |= crowded(labels, asked.labels)
        self._lasting = Details(labels, asked.parent or before.parent, asked.link or before.link)
        self._show_lasting()

    def _show_lasting(self) -> None:
        if run := self._run():
            labels, parent, link, *_ = self._lasting
            self._worker.outbox.describe(run, labels=labels, parent=parent, link=link)

    @never_raise
    def _hold(self) -> None:
        """Open the session on entry. One that failed, ended, or waited for an answer begins a run."""
        worker = self._worker
        with worker.lock:
            if self._detached or worker.gone:
                return
            self.is_over = False
            self._open()
            run = worker.outbox.run(self.key)
            if run and not self._holders and run.state is SessionState.WAITING_FOR_USER:
                worker.outbox.say(run, SessionState.THINKING)
            self._holders += 1

    @never_raise
    def _leave(self, error: BaseException | None) -> None:
        text = message_of(error, self._worker.error_text) if is_failure(error) else None
        with self._worker.lock:
            self._holders = max(0, self._holders - 1)
            if self._holders or self.is_over or self.guests:
                return
            run = self._run()
            if text is None and run is not None and run.state is SessionState.ERROR:
                text = run.error  # nothing has followed it, so it is how the block has ended
            if text is None:
                self._end(Outcome.CANCELLED if is_cancelled(error) else Outcome.DONE)
            else:
                self._fail(text)
                self.is_over = True

    def _end(self, outcome: Outcome = Outcome.DONE) -> None:
        worker = self._worker
        with worker.lock:
            if not self.is_over:
                self.is_over = True
                self.guests.clear()
                if not worker.gone:
                    worker.outbox.end(self.key, outcome)

    def _run(self, *, reopen: bool = False) -> Run | None:
        """The run that a call changes; None if the call is late. The caller holds the lock.

        An error that has expired is not in the outbox any more. Its agent may only have backed off, so `reopen` lets
        it go on.
        """
        worker = self._worker
        if worker.gone or self.is_over:
            return None
        run = worker.outbox.run(self.key)
        if run is None and reopen:
            run = worker.outbox.open(self.key, self._title, self._lasting)
        return run

    def _report_left_out(self, faults: tuple[str, ...] = ()) -> None:
        """Report what had no room, and these faults. The caller does not hold the lock."""
        for fault in faults:
            self.report(InvalidCallError(fault))
        if self._is_crowded:
            self.report(InvalidCallError(CROWDED))
        if self._worker.outbox.has_evicted:
            self.report(PublisherError(FULL))

    def report(self, error: PublisherError) -> None:
        """Report to a person a call that was ignored, once."""
        self._worker.reporter.once(error)
