"""Sessions that are updated over HTTP, and how long each may be idle. The publisher comes after it.

Rule 1. A client has no lease, so each session has a TTL: until that ends, the session is as the last update left it.
        While a tool runs, a user is asked or the turn is over, the TTL is longer.
Rule 2. A session without an update within its TTL ends as an error, "no news". Its next update begins a new run.
        If its turn was over, and it was only kept for work in the background, it just ends. So does one whose agent
        is known to live, as cancelled: most likely its user has interrupted it, which some agents do not report.
Rule 3. A session that is at its prompt has ended. If idle sessions are shown, it waits for the user instead.
Rule 4. A session whose agent's process is gone ends. In the middle of a turn it is cancelled.
Rule 5. When the last work in the background ends, a session is kept for a moment more: its agent goes on by itself.
"""

from collections.abc import Callable, Container, Mapping
from typing import Final

from agent_status_gateway.ingest.activity.activity import Activity
from agent_status_gateway.ingest.children import Children, Outcome, show
from agent_status_gateway.ingest.processes import Process
from agent_status_gateway.ingest.titles import Titles
from agent_status_publisher import Session, StatusPublisher

PATIENCE: Final = 4
"""TTLs that a session may be idle while a tool runs, a user is asked or the turn is over."""
PAUSE_SECONDS: Final = 2.0
"""Seconds until a session ends after the last work in its background. Claude Code begins a turn within them."""
MAX_SESSIONS: Final = 1000
"""Maximum open sessions, which is also that of one worker."""
NO_NEWS: Final = "no news"


class TooManySessionsError(Exception):
    """The maximum number of sessions is open."""


class IngestSession:
    """Open session."""

    __slots__ = ("activity", "children", "deadline", "key", "process", "session", "ttl_seconds")

    def __init__(self, key: str, session: Session, children: Children, ttl_seconds: float) -> None:
        self.key = key
        self.session = session
        self.children = children
        """The sessions of its subagents, if those have some."""
        self.ttl_seconds = ttl_seconds
        self.deadline = 0.0
        self.activity = Activity()
        self.process: Process | None = None
        """The process of the agent, if it is watched."""


class IngestSessions:
    """Every session that this process publishes.

    Args:
        publisher: The worker that publishes them.
        clock: Monotonic seconds.
        ttl_seconds: The TTL of sessions that name none.
        shows_idle: True if a session at its prompt is shown.
        has_children: True if subagents have sessions of their own.
    """

    def __init__(
        self,
        publisher: StatusPublisher,
        clock: Callable[[], float],
        ttl_seconds: float,
        *,
        shows_idle: bool = False,
        has_children: bool = False,
    ) -> None:
        self._publisher = publisher
        self._clock = clock
        self._ttl_seconds = ttl_seconds
        self._open: dict[str, IngestSession] = {}
        self.titles = Titles(clock)
        self.shows_idle = shows_idle
        self._has_children = has_children

    def __len__(self) -> int:
        return len(self._open)

    def get(self, key: str) -> IngestSession | None:
        """Session with this key, if it is open."""
        return self._open.get(key)

    def open(
        self,
        key: str,
        title: str | None = None,
        *,
        parent: str | None = None,
        labels: Mapping[str, str | None] | None = None,
    ) -> IngestSession:
        """Open session with this key. If there is none, it opens, thinking. What is None stays as it is.

        Raises:
            TooManySessionsError: `MAX_SESSIONS` others are open.
        """
        one = self._open.get(key)
        if one is None:
            if self._room() <= 0:
                raise TooManySessionsError(f"{MAX_SESSIONS} sessions are open already")
            session = self._publisher.session(key, title, parent=parent, labels=labels)
            one = self._open[key] = IngestSession(key, session, Children(self._publisher, key), self._ttl_seconds)
            self._begin_ttl(one)
        elif parent is not None or labels:
            self._publisher.session(key, parent=parent, labels=labels)
        if title is not None and one.session.title != title:
            one.session.title = title
        return one

    def renew(self, one: IngestSession, *, active: str | None = None, ended: Outcome = "cancelled") -> None:
        """Show what a session does after an update, and begin its TTL again.

        Args:
            one: The session.
            active: The subagent that the update is about.
            ended: How the children end whose subagents do not run any more.
        """
        if self._has_children:
            one.children.follow(one.activity, room=self._room, active=active, ended=ended)
        show(one.session, one.activity.shown(apart=one.children))
        self._begin_ttl(one)

    def finish(self, one: IngestSession, *, ended: Outcome = "cancelled") -> None:
        """End a session whose turn is over, or show that it waits for the user's next prompt. Its children end."""
        one.children.end(ended)
        if self.shows_idle:
            one.activity.wait_for_prompt()
            self.renew(one)
        else:
            self.end(one.key)

    def fail_subagent(self, key: str, subagent: str, error: str) -> bool:
        """Show that a subagent with a session of its own has failed. False if it has none."""
        one = self._open.get(key)
        if one is None or subagent not in one.children:
            return False
        one.children.fail(subagent, error)
        one.activity.end_agent(subagent)
        self.renew(one)
        return True

    def end(self, key: str, error: str | None = None, *, outcome: Outcome | None = None) -> None:
        """End a session, with an error or without. Its children that still run are cancelled.

        Args:
            key: The session's key. Nothing happens if it is not open.
            error: The message of a session that has failed.
            outcome: How it ends without an error. None lets its activity say so.
        """
        one = self._open.pop(key, None)
        if one is None:
            return
        one.children.end("cancelled")
        if error is None:
            one.session.end(outcome or one.activity.outcome)
        else:
            one.session.error(error)

    def end_idle(self) -> None:
        """End sessions without an update within their TTL."""
        now = self._clock()
        for key, one in [(key, one) for key, one in self._open.items() if one.deadline <= now]:
            if one.activity.is_done or (one.process is not None and not one.activity.is_over):
                self.finish(one)
            else:
                self.end(key, None if one.activity.is_over else NO_NEWS)

    @property
    def processes(self) -> frozenset[Process]:
        """The processes of open sessions that are watched."""
        return frozenset(one.process for one in self._open.values() if one.process is not None)

    def end_gone(self, gone: Container[Process]) -> None:
        """End the sessions of processes that are gone. A person has closed or killed them, so it is not an error."""
        for key in [key for key, one in self._open.items() if one.process is not None and one.process in gone]:
            self.end(key)
            self.titles.forget(key)

    def _room(self) -> int:
        return MAX_SESSIONS - sum(1 + len(one.children) for one in self._open.values())

    def _begin_ttl(self, one: IngestSession) -> None:
        if one.activity.is_done:
            seconds = PAUSE_SECONDS
        else:
            seconds = one.ttl_seconds * (PATIENCE if one.activity.is_patient else 1)
        one.deadline = self._clock() + seconds
