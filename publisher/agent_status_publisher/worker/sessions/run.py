"""Pure: one session's current run, with its state, its open tools and the tokens that it has used.

Rule 1. A run starts when its session opens, or goes on after `error` or `waiting_for_user`. Usage and cost then
        start at zero, and there is no progress. After an error there are no open tools.
Rule 2. Within a run a total smaller than before came late and is ignored, of tokens as of cost.
Rule 3. The end of a tool shows the newest tool still open, else `streaming`. It changes nothing if the session is in
        error by then, or waits for the user because of another tool.
Rule 4. A question expires after the waiting TTL since it was asked, as an error does after the error TTL. Asking again
        while it stands does not prolong it.
Rule 5. A run whose question another worker has answered is let go: it is not reported until the session goes on here,
        which starts a run. To wait again for the same answer is not to go on, however late.
Rule 6. The reason to wait belongs to the question, and goes with it. To ask again for another reason changes the reason
        and not the question's age. To ask again without one keeps it.
"""

from collections.abc import Callable
from operator import attrgetter
from typing import Final

from agent_status_publisher.contract.details.details import NO_DETAILS, Details, WaitingFor
from agent_status_publisher.contract.report import MAX_NUMBER, SessionRecord, SessionState, new_session

MAX_OPEN_TOOLS: Final = 100
"""The most open tools of a session. The oldest is forgotten, so that tools without an end do not fill the memory."""


class Run:
    """The current run of a session. Its times are seconds on the worker's own monotonic clock."""

    __slots__ = (
        "called_at",
        "changed_at",
        "details",
        "error",
        "expires_at",
        "input_tokens",
        "is_let_go",
        "key",
        "open_tools",
        "output_tokens",
        "started_at",
        "state",
        "title",
        "tool",
        "waiting_ttl",
        "waits_over",
    )

    def __init__(
        self,
        key: str,
        title: str | None,
        now: float,
        waiting_ttl: float = float("inf"),
        details: Details = NO_DETAILS,
    ) -> None:
        self.key = key
        self.waiting_ttl = waiting_ttl
        """Seconds for which a question to the user is shown without an answer."""
        self.title = title
        self.state = SessionState.THINKING
        self.tool: str | None = None
        self.error: str | None = None
        self.expires_at: float | None = None
        self.started_at = now
        self.changed_at = now
        self.called_at = now
        """The moment of the agent's last call for this session, whatever the call was."""
        self.details = details
        self.input_tokens = 0
        self.output_tokens = 0
        self.open_tools: dict[object, str] = {}
        self.waits_over: object = None
        self.is_let_go = False

    def say(self, state: SessionState, now: float, tool: str | None = None, reason: WaitingFor | None = None) -> bool:
        """Set the state, which is not `error`, and the reason to wait. True if that changes what is shown."""
        if self.state is SessionState.ERROR:
            self.open_tools.clear()
            self.error = None
            self._start_again(now)
        elif self.state is SessionState.WAITING_FOR_USER and state is not SessionState.WAITING_FOR_USER:
            self._start_again(now)
        if state is not SessionState.WAITING_FOR_USER:
            self.expires_at = None
        else:
            self.waits_over = next(reversed(self.open_tools), None)
            if self.state is not state and self.waiting_ttl != float("inf"):
                self.expires_at = now + self.waiting_ttl
        is_news = self._show(state, tool, now)
        return (reason is not None and self.describe(waiting_for=reason)) or is_news

    def fail(self, message: str, now: float, error_ttl: float) -> None:
        """Set the state to `error` until the error TTL (seconds) has passed."""
        if self.is_let_go:
            self._start_again(now)
        self.error = message
        self.expires_at = now + error_ttl
        self._show(SessionState.ERROR, None, now)

    def open_tool(self, name: str, call: object, now: float) -> bool:
        """Begin a tool call, which is shown as the newest one."""
        self.say(SessionState.TOOL_RUNNING, now, name)  # first, since it clears the tools that an error left open
        self.open_tools.pop(call, None)
        self.open_tools[call] = name
        if len(self.open_tools) > MAX_OPEN_TOOLS:
            oldest, *_ = self.open_tools.copy()  # a finalizer may end a tool between an iterator and its first step
            self.open_tools.pop(oldest, None)
        return True

    def close_tool(self, call: object, now: float) -> bool:
        """End a tool call. True if that changes what is shown. An end without a beginning changes nothing."""
        if self.open_tools.pop(call, None) is None or self.state is SessionState.ERROR:
            return False
        if self.state is SessionState.WAITING_FOR_USER and call != self.waits_over:
            return False
        if self.open_tools:
            return self.say(SessionState.TOOL_RUNNING, now, next(reversed(self.open_tools.values())))
        return self.say(SessionState.STREAMING, now)

    def return_to(self, calls: frozenset[object], now: float) -> bool:
        """Keep only these tool calls open, and show the newest of them, or `thinking`. True if that changes anything.

        An error stays shown.
        """
        self.open_tools = {call: name for call, name in self.open_tools.items() if call in calls}
        if self.state is SessionState.ERROR:
            return False
        if self.open_tools:
            return self.say(SessionState.TOOL_RUNNING, now, next(reversed(self.open_tools.values())))
        return self.say(SessionState.THINKING, now)

    def use(self, input_tokens: int | None, output_tokens: int | None) -> bool:
        """Raise the token totals of this run. True if either grew."""
        before = self.input_tokens, self.output_tokens
        self.input_tokens = min(max(self.input_tokens, input_tokens or 0), MAX_NUMBER)
        self.output_tokens = min(max(self.output_tokens, output_tokens or 0), MAX_NUMBER)
        return before != (self.input_tokens, self.output_tokens)

    def describe(self, **parts: object) -> bool:
        """Set parts of the run's details. True if that changes any."""
        details = self.details._replace(**parts)  # type: ignore[arg-type] # the callers check them
        if details == self.details:
            return False
        self.details = NO_DETAILS if details == NO_DETAILS else details
        return True

    def spend(self, usd: float) -> bool:
        """Raise the cost of this run, a total in US dollars. True if it grew, or was not known before."""
        before = self.details.cost_usd
        return (before is None or usd > before) and self.describe(cost_usd=min(usd, float(MAX_NUMBER)))

    def let_go(self, asked_by: float) -> bool:
        """Let this run go if it has waited for the user since `asked_by` or longer. True if it was let go."""
        if self.state is not SessionState.WAITING_FOR_USER or self.changed_at > asked_by or self.is_let_go:
            return False
        self.is_let_go = True
        self.expires_at = None
        return True

    def has_expired(self, now: float) -> bool:
        """Return True if this run's error or question has been shown for its TTL."""
        return self.expires_at is not None and self.expires_at <= now

    def _start_again(self, now: float) -> None:
        self.started_at = now
        self.input_tokens = self.output_tokens = 0
        self.is_let_go = False
        if self.details is not NO_DETAILS:
            self.describe(**self.details.of_next_run._asdict())

    def _show(self, state: SessionState, tool: str | None, now: float) -> bool:
        if (state, tool) == (self.state, self.tool):
            return False
        self.state, self.tool, self.changed_at = state, tool, now
        if self.details.waiting_for is not None:
            self.describe(waiting_for=None)
        return True


RunCopy = tuple[
    str, SessionState, float, float, str | None, str | None, str | None, int, int, float | None, float, Details
]
"""The values of a run that its record is made from, in the order of `copy_of`."""

copy_of: Final[Callable[[Run], RunCopy]] = attrgetter(
    *("key", "state", "changed_at", "started_at", "title", "tool", "error", "input_tokens", "output_tokens"),
    *("expires_at", "called_at", "details"),
)
"""A function that copies a run. It is one call in C, since the lock is held while up to 1000 runs are copied."""


def record_of(copy: RunCopy, now: float) -> SessionRecord:
    """Return the record of a copied run, for the report that is drafted at `now`."""
    key, state, changed_at, started_at, title, tool, error, read, written, expires_at, called_at, details = copy
    return new_session(
        (
            key,
            state,
            to_ms(now - changed_at),
            to_ms(now - started_at),
            title,
            tool,
            error,
            read,
            written,
            None if expires_at is None else to_ms(expires_at - now),
            0 if called_at == changed_at else to_ms(called_at - changed_at),
            None if details is NO_DETAILS else details,
        )
    )


def to_ms(seconds: float) -> int:
    """Seconds as whole milliseconds, never negative."""
    return round(seconds * 1000) if seconds > 0 else 0
