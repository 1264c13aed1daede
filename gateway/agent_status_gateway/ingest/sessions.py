"""The sessions that are told over HTTP, and for how long their silence is believed. After it comes the publisher.

Rule 1. Whoever tells has no lease, so each session has a TTL: heard of within it, it is as it was last told. While a
        tool runs or a user is asked, it may be silent for longer.
Rule 2. Silence beyond that ends it as an error, "no news"; the next news begins its next run.
"""

from collections.abc import Callable
from typing import Final

from agent_status_publisher import Session, StatusPublisher

PATIENCE: Final = 4
"""TTLs that a running tool or a question to a user may be silent for."""
MAX_SESSIONS: Final = 1000
"""As many as one worker may hold."""
MAX_CALLS: Final = 100
"""Open tools of one session: an end that never comes must not make it grow."""
NO_NEWS: Final = "no news"


class TooManySessionsError(Exception):
    """Nobody more can be taken in."""


class IngestSession:
    """One open session."""

    __slots__ = ("_calls", "deadline", "is_patient", "session", "ttl_seconds")

    def __init__(self, session: Session, ttl_seconds: float) -> None:
        self.session = session
        self.ttl_seconds = ttl_seconds
        self.deadline = 0.0
        self.is_patient = False
        self._calls: dict[str, None] = {}

    def think(self) -> None:
        """A turn begins, or the model is at work; what was open is not any more."""
        self._close_calls()
        self.session.thinking()

    def stream(self) -> None:
        """The answer is being written."""
        self._close_calls()
        self.session.streaming()

    def use_tool(self, name: str) -> None:
        """A tool is at work, until something else is told."""
        self._close_calls()
        self.is_patient = True
        self.session.tool_running(name)

    def tool_start(self, name: str, call: str) -> None:
        """A tool call has begun, whose end will be told."""
        self.is_patient = True
        self._calls.pop(call, None)
        self._calls[call] = None
        if len(self._calls) > MAX_CALLS:
            del self._calls[next(iter(self._calls))]
        self.session.tool_start(name, call)

    def tool_end(self, call: str) -> None:
        """It has ended: another one is shown, or the model is at work again."""
        if call not in self._calls:
            return
        del self._calls[call]
        self.session.tool_end(call)
        if not self._calls:
            self.think()

    def ask(self) -> None:
        """A user is asked."""
        self.is_patient = True
        self.session.waiting_for_user()

    def _close_calls(self) -> None:
        self.is_patient = False
        for call in self._calls:
            self.session.tool_end(call)
        self._calls.clear()


class IngestSessions:
    """All that this process speaks for. `clock` gives monotonic seconds."""

    def __init__(self, publisher: StatusPublisher, clock: Callable[[], float], ttl_seconds: float) -> None:
        self._publisher = publisher
        self._clock = clock
        self._ttl_seconds = ttl_seconds
        self._heard: dict[str, IngestSession] = {}

    def __len__(self) -> int:
        return len(self._heard)

    def get(self, key: str) -> IngestSession | None:
        """One that is open."""
        return self._heard.get(key)

    def open(self, key: str, title: str | None = None) -> IngestSession:
        """One that is open, or else is from now on, thinking.

        Raises:
            TooManySessionsError: `MAX_SESSIONS` others are.
        """
        heard = self._heard.get(key)
        if heard is None:
            if len(self._heard) >= MAX_SESSIONS:
                raise TooManySessionsError(f"{MAX_SESSIONS} sessions are open already")
            session = self._publisher.session(key, title)
            heard = self._heard[key] = IngestSession(session, self._ttl_seconds)
            self.renew(heard)
        if title is not None and heard.session.title != title:
            heard.session.title = title
        return heard

    def renew(self, heard: IngestSession) -> None:
        """It was heard of just now."""
        heard.deadline = self._clock() + heard.ttl_seconds * (PATIENCE if heard.is_patient else 1)

    def end(self, key: str, error: str | None = None) -> None:
        """It is over, or has failed."""
        heard = self._heard.pop(key, None)
        if heard is None:
            return
        if error is None:
            heard.session.end()
        else:
            heard.session.error(error)

    def give_up_silent(self) -> None:
        """End those whose silence is not believed any more."""
        now = self._clock()
        for key in [key for key, heard in self._heard.items() if heard.deadline <= now]:
            self.end(key, NO_NEWS)
