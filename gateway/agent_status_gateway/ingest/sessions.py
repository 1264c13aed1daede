"""Sessions that are updated over HTTP, and how long each may be idle. The publisher comes after it.

Rule 1. A client has no lease, so each session has a TTL: until that ends, the session is as the last update left it.
        While a tool runs or a user is asked, the TTL is longer.
Rule 2. A session without an update within its TTL ends as an error, "no news". Its next update begins a new run.
"""

from collections.abc import Callable
from typing import Final

from agent_status_publisher import Session, StatusPublisher

PATIENCE: Final = 4
"""TTLs that a session may be idle while a tool runs or a user is asked."""
MAX_SESSIONS: Final = 1000
"""Maximum open sessions, which is also that of one worker."""
MAX_CALLS: Final = 100
"""Maximum open tool calls of one session, so that calls that never end cannot fill memory."""
NO_NEWS: Final = "no news"


class TooManySessionsError(Exception):
    """The maximum number of sessions is open."""


class IngestSession:
    """Open session."""

    __slots__ = ("_calls", "deadline", "is_patient", "session", "ttl_seconds")

    def __init__(self, session: Session, ttl_seconds: float) -> None:
        self.session = session
        self.ttl_seconds = ttl_seconds
        self.deadline = 0.0
        self.is_patient = False
        self._calls: dict[str, None] = {}

    def thinking(self) -> None:
        """A turn begins, or the model is at work; what was open is not any more."""
        self._close_calls()
        self.session.thinking()

    def streaming(self) -> None:
        """The answer is being written."""
        self._close_calls()
        self.session.streaming()

    def tool_running(self, name: str) -> None:
        """A tool runs until the next update."""
        self._close_calls()
        self.is_patient = True
        self.session.tool_running(name)

    def tool_start(self, name: str, call: str) -> None:
        """A tool call began, and its end will be reported."""
        self.is_patient = True
        self._calls.pop(call, None)
        self._calls[call] = None
        if len(self._calls) > MAX_CALLS:
            del self._calls[next(iter(self._calls))]
        self.session.tool_start(name, call)

    def tool_end(self, call: str) -> None:
        """A tool call ended: another one is shown, or the model is at work again."""
        if call not in self._calls:
            return
        del self._calls[call]
        self.session.tool_end(call)
        if not self._calls:
            self.thinking()

    def waiting_for_user(self) -> None:
        """A user is asked."""
        self.is_patient = True
        self.session.waiting_for_user()

    def _close_calls(self) -> None:
        self.is_patient = False
        for call in self._calls:
            self.session.tool_end(call)
        self._calls.clear()


class IngestSessions:
    """Every session that this process publishes. `clock` gives monotonic seconds."""

    def __init__(self, publisher: StatusPublisher, clock: Callable[[], float], ttl_seconds: float) -> None:
        self._publisher = publisher
        self._clock = clock
        self._ttl_seconds = ttl_seconds
        self._open: dict[str, IngestSession] = {}

    def __len__(self) -> int:
        return len(self._open)

    def get(self, key: str) -> IngestSession | None:
        """Session with this key, if it is open."""
        return self._open.get(key)

    def open(self, key: str, title: str | None = None) -> IngestSession:
        """Open session with this key. If there is none, it opens, thinking.

        Raises:
            TooManySessionsError: `MAX_SESSIONS` others are open.
        """
        one = self._open.get(key)
        if one is None:
            if len(self._open) >= MAX_SESSIONS:
                raise TooManySessionsError(f"{MAX_SESSIONS} sessions are open already")
            session = self._publisher.session(key, title)
            one = self._open[key] = IngestSession(session, self._ttl_seconds)
            self.renew(one)
        if title is not None and one.session.title != title:
            one.session.title = title
        return one

    def renew(self, one: IngestSession) -> None:
        """Begin the TTL again."""
        one.deadline = self._clock() + one.ttl_seconds * (PATIENCE if one.is_patient else 1)

    def end(self, key: str, error: str | None = None) -> None:
        """End a session, with an error or without."""
        one = self._open.pop(key, None)
        if one is None:
            return
        if error is None:
            one.session.end()
        else:
            one.session.error(error)

    def end_idle(self) -> None:
        """End sessions without an update within their TTL."""
        now = self._clock()
        for key in [key for key, one in self._open.items() if one.deadline <= now]:
            self.end(key, NO_NEWS)
