"""The session that an agent holds. Its methods are named after its states, and none of them blocks or raises."""

import functools
from typing import Literal

from agent_status_publisher.contract.details.end import Outcome
from agent_status_publisher.contract.report import SessionState
from agent_status_publisher.contract.text import MAX_TITLE_CHARACTERS, clean_text, message_of
from agent_status_publisher.errors import InvalidCallError
from agent_status_publisher.tool import Tool, shown_tool
from agent_status_publisher.worker.handle import Handle
from agent_status_publisher.worker.never_raise import never_raise
from agent_status_publisher.worker.sessions.arguments import (
    asked_of,
    call_key,
    check_tokens,
    clean_link,
    context_of,
    cost_of,
    plain_text,
    progress_of,
)


class Session(Handle):
    """The handle of one session key in one publisher. Get it from `StatusPublisher.session`.

    The end of a `with` block ends the session. An exception that leaves the block sets `error` with its message, which
    stays for the error TTL. So does an error that nothing in the block has followed. Cancellation and Ctrl-C end the
    session as `cancelled`. If several blocks use the handle at once, the last one to leave ends the session.

    After the last block, `end()` or `StatusPublisher.close()`, the handle's calls do nothing. Unless the publisher is
    closed, entering the handle opens the session again. A call with wrong arguments is reported as an
    `InvalidCallError` and ignored.
    """

    @property
    def title(self) -> str | None:
        """The name that people see, on one line and cut at 200 characters. None until it is set."""
        return self._title

    @title.setter
    def title(self, title: str | None) -> None:
        self._set_title(title)

    @property
    def labels(self) -> dict[str, str]:
        """The session's own labels, by name. Those of its worker are not among them."""
        return dict(self._lasting.labels)

    @property
    def parent(self) -> str | None:
        """The key of the session for which this one works. `StatusPublisher.session` sets it."""
        return self._lasting.parent

    @property
    def link(self) -> str | None:
        """The address at which people find more of the session, such as its pull request. None removes it.

        It is an http or https URL with a host, without a user name, blanks or backslashes, of at most 2,000 characters.
        """
        return self._lasting.link

    @link.setter
    def link(self, link: str | None) -> None:
        self._set_link(link)

    @never_raise
    def label(self, name: str, value: str | None) -> None:
        """Set a label, or take it away with None.

        A session has at most 8 labels of 512 bytes together, its worker's included. One that does not fit is left out.

        Args:
            name: 1 to 64 characters, without colon and control characters.
            value: At most 128 characters, without control characters.
        """
        asked = asked_of(self.key, None, None, None, ((name, value),))
        with self._worker.lock:
            self._describe(asked)
        self._report_left_out(asked.faults)

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
    def waiting_for_user(self, reason: Literal["approval", "question", "reply"] | None = None) -> None:
        """Set the state to `waiting_for_user`: the agent waits until a person answers.

        Args:
            reason: `approval` of something that the agent wants to do, an answer to its `question`, or a `reply` to
                what it has said. It goes with the state. None keeps the reason of a wait that goes on.
        """
        self._say(SessionState.WAITING_FOR_USER, reason=self._reason_of(reason))

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
    def context(self, *, used: int, window: int) -> None:
        """Set the tokens that are in the model's context, and the most that it holds. It stays with the session."""
        self._set(context=context_of(used, window))

    @never_raise
    def cost(self, *, usd: float) -> None:
        """Set the total cost of this run so far, in US dollars. A smaller total came late and is ignored."""
        self._spend(cost_of(usd), add=False)

    @never_raise
    def add_cost(self, *, usd: float) -> None:
        """Add the cost of one model call to that of this run, in US dollars."""
        self._spend(cost_of(usd), add=True)

    @never_raise
    def progress(self, *, done: int, of: int) -> None:
        """Set how many steps of this run are done, of how many. A new run begins without progress."""
        self._set(progress=progress_of(done, of))

    @never_raise
    def end(self, outcome: Literal["done", "cancelled"] = "done") -> None:
        """End the session, even if it is in error. Later calls do nothing until the session is opened again.

        Args:
            outcome: `done` or `cancelled`. A session that is in error has failed, whatever it says here.
        """
        said = plain_text(outcome)
        self._end(Outcome.CANCELLED if said == "cancelled" else Outcome.DONE)
        if said not in ("done", "cancelled"):
            raise InvalidCallError("an outcome was left out: expected done or cancelled")

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

    def _spend(self, usd: float, *, add: bool) -> None:
        worker = self._worker
        with worker.lock:
            if run := self._run():
                # To a thousandth of a millionth, so that sums are not shown as 0.30000000000000004.
                worker.outbox.spend(run, round(usd + (run.details.cost_usd or 0.0), 9) if add else usd)

    def _set(self, **parts: object) -> None:
        worker = self._worker
        with worker.lock:
            if run := self._run():
                worker.outbox.describe(run, **parts)

    @never_raise
    def _set_title(self, title: str | None) -> None:
        shown = None if title is None else clean_text(title, MAX_TITLE_CHARACTERS)
        self._title = shown
        with self._worker.lock:
            if run := self._run():
                self._worker.outbox.rename(run, shown)

    @never_raise
    def _set_link(self, link: str | None) -> None:
        try:
            shown = None if link is None else clean_link(link)
        except ValueError as error:
            raise InvalidCallError(f"a link was left out: {error}") from None
        with self._worker.lock:
            self._lasting = self._lasting._replace(link=shown)
            self._show_lasting()
