"""The session that an agent holds. Its methods are named after its states, and none of them blocks or raises."""

import functools
from typing import Self

from agent_status_publisher.contract.report import MAX_SESSIONS, SessionState
from agent_status_publisher.contract.text import MAX_TITLE_CHARACTERS, clean_text, message_of
from agent_status_publisher.errors import InvalidCallError, PublisherError
from agent_status_publisher.tool import Tool, ToolCall, shown_tool
from agent_status_publisher.worker.never_raise import is_failure, never_raise
from agent_status_publisher.worker.outbox import FULL
from agent_status_publisher.worker.run import Run, call_key, check_tokens
from agent_status_publisher.worker.worker import Worker


class Session:
    """The handle of one session key in one publisher. Get it from `StatusPublisher.session`.

    The end of a `with` block ends the session. An exception that leaves the block sets `error` with its message, which
    stays for the error TTL. So does an error that nothing in the block has followed. Cancellation and Ctrl-C end the
    session as usual. If several blocks use the handle at once, the last one to leave ends the session.

    After the last block, `end()` or `StatusPublisher.close()`, the handle's calls do nothing. Unless the publisher is
    closed, entering the handle opens the session again. A call with wrong arguments is reported as an
    `InvalidCallError` and ignored.
    """

    def __init__(self, worker: Worker, key: str, *, detached: bool = False) -> None:
        self.key = key
        self._worker = worker
        self._title: str | None = None
        self._holders = 0
        self.guests: set[object] = set()  # the runs of bridges that opened the session, which no block inside them ends
        self._detached = detached  # for a key that cannot be shown: every call does nothing
        self.is_over = detached

    def __repr__(self) -> str:
        return f"<Session {self.key!r}>"

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
    def open(self, title: str | None = None) -> None:
        """Begin a run, unless the session has one that has not failed. `StatusPublisher.session` calls it."""
        shown_title = None if title is None else clean_text(title, MAX_TITLE_CHARACTERS)
        with self._worker.lock:
            self._open(shown_title)
        self._report_eviction()

    @never_raise
    def open_as(
        self, state: SessionState, tool_name: object = None, title: str | None = None, error_message: object = None
    ) -> None:
        """Open the session and set its state in one step. `StatusPublisher.publish` calls it."""
        shown_title = None if title is None else clean_text(title, MAX_TITLE_CHARACTERS)
        tool = shown_tool(tool_name) if state is SessionState.TOOL_RUNNING else None
        message = message_of(error_message, self._worker.error_text)
        with self._worker.lock:
            if state is SessionState.WAITING_FOR_USER and self._worker.outbox.is_let_go(self.key):
                return  # a repeated question, which another worker has answered
            if self._open(shown_title):
                if state is SessionState.ERROR:
                    self._fail(message)
                else:
                    self._say(state, tool)
        self._report_eviction()

    @property
    def title(self) -> str | None:
        """The name that people see, on one line and cut at 200 characters. None until it is set."""
        return self._title

    @title.setter
    def title(self, title: str | None) -> None:
        self._set_title(title)

    @never_raise
    def thinking(self) -> None:
        """Set the state to `thinking`: the model works."""
        self._say(SessionState.THINKING)

    @never_raise
    def tool_running(self, name: str) -> None:
        """Set the state to `tool_running` with the name of the tool, cut at 100 characters.

        The state stays until the next call. Use `tool()`, or `tool_start()` and `tool_end()`, to report the end, too.
        """
        self._say(SessionState.TOOL_RUNNING, shown_tool(name))

    @never_raise
    def streaming(self) -> None:
        """Set the state to `streaming`: the answer is being written."""
        self._say(SessionState.STREAMING)

    @never_raise
    def waiting_for_user(self) -> None:
        """Set the state to `waiting_for_user`: the agent waits until a person answers."""
        self._say(SessionState.WAITING_FOR_USER)

    @never_raise
    def error(self, message: object = None) -> None:
        """Set the state to `error`: the run has failed. It is shown for the error TTL, or until the session goes on.

        Args:
            message: A message or an exception, shown on one line and cut at 500 characters.
        """
        text = message_of(message, self._worker.error_text)
        with self._worker.lock:
            self._fail(text)

    def tool(self, name: str) -> Tool:
        """Return a context manager that reports a tool while its block runs: `with session.tool("bash"): …`."""
        return Tool(functools.partial(self.tool_start, name), self.tool_end)

    @never_raise
    def tool_start(self, name: str, call_id: object) -> None:
        """Begin a tool call and set the state to `tool_running`. Of several open calls, the newest is shown.

        Args:
            name: The tool's name, cut at 100 characters.
            call_id: Any hashable value that identifies the call for `tool_end`.
        """
        shown = shown_tool(name)
        call = call_key(call_id)  # an id that is not hashable is refused before anything is shown
        worker = self._worker
        with worker.lock:
            if run := self._run(reopen=True):
                worker.outbox.start_tool(run, shown, call)

    @never_raise
    def tool_end(self, call_id: object) -> None:
        """End a tool call. The newest open call is shown, else `streaming`. An unknown id changes nothing.

        An error stays shown. So does `waiting_for_user`, unless this call was the newest when the wait began.
        """
        call = call_key(call_id)
        worker = self._worker
        with worker.lock:
            if run := self._run():
                worker.outbox.end_tool(run, call)

    @never_raise
    def usage(self, *, input: int | None = None, output: int | None = None) -> None:  # noqa: A002 - the API's word
        """Set the total tokens of this run so far. A total smaller than before came late and is ignored."""
        self._use(input, output, add=False)

    @never_raise
    def add_usage(self, *, input: int = 0, output: int = 0) -> None:  # noqa: A002 - the API's word
        """Add the tokens of one model call to those of this run."""
        self._use(input, output, add=True)

    @never_raise
    def end(self) -> None:
        """End the session, even if it is in error. Later calls do nothing until the session is opened again."""
        self._end()

    def _say(self, state: SessionState, tool: str | None = None) -> None:
        worker = self._worker
        with worker.lock:
            if run := self._run(reopen=True):
                worker.outbox.say(run, state, tool)

    def _fail(self, text: str) -> None:
        """Set the state to `error`. The caller holds the lock."""
        if run := self._run(reopen=True):
            self._worker.outbox.fail(run, text)

    def _open(self, title: str | None) -> bool:
        """Begin a run, unless one goes on. False if this handle's calls do nothing. The caller holds the lock."""
        worker = self._worker
        if worker.gone or self.is_over:
            return False
        if worker.outbox.is_let_go(self.key):
            self._holders = 0  # blocks that wait for an answer that came elsewhere
        run = worker.outbox.open(self.key, self._title if title is None else title)
        if run is None:
            raise InvalidCallError(f"session() was ignored: this worker holds {MAX_SESSIONS} sessions at work already")
        self._title = run.title
        return True

    def _use(self, input_tokens: int | None, output_tokens: int | None, *, add: bool) -> None:
        check_tokens(input=input_tokens, output=output_tokens)
        worker = self._worker
        with worker.lock:
            if (run := self._run()) is None:
                return
            if add:
                input_tokens = run.input_tokens + (input_tokens or 0)
                output_tokens = run.output_tokens + (output_tokens or 0)
            worker.outbox.use(run, input_tokens, output_tokens)

    @never_raise
    def _set_title(self, title: str | None) -> None:
        shown = None if title is None else clean_text(title, MAX_TITLE_CHARACTERS)
        self._title = shown
        with self._worker.lock:
            if run := self._run():
                self._worker.outbox.rename(run, shown)

    @never_raise
    def _hold(self) -> None:
        """Open the session on entry. One that failed, ended, or waited for an answer begins a run."""
        worker = self._worker
        with worker.lock:
            if self._detached or worker.gone:
                return
            self.is_over = False
            self._open(None)
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
                self._end()
            else:
                self._fail(text)
                self.is_over = True

    def _end(self) -> None:
        worker = self._worker
        with worker.lock:
            if not self.is_over:
                self.is_over = True
                self.guests.clear()
                if not worker.gone:
                    worker.outbox.end(self.key)

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
            run = worker.outbox.open(self.key, self._title)
        return run

    def _report_eviction(self) -> None:
        if self._worker.outbox.has_evicted:
            self.report(PublisherError(FULL))

    def report(self, error: PublisherError) -> None:
        """Report to a person a call that was ignored, once."""
        self._worker.reporter.once(error)
