"""The sessions that a framework's runs make. Before it comes a bridge, after it the publisher.

Rule 1. The outermost run begins: `thinking`. It ends: the session ends. It ends asking for a human: `waiting_for_user`,
        and stays open. It raises: `error`. It is cancelled: the session ends.
Rule 2. A run inside another, of the same framework or not, changes the state of that one's session, and never opens or
        ends one.
Rule 3. Outermost runs of the same key are one session; the last to leave says how it ends.
Rule 4. What comes late does nothing: it reopens no session.
Rule 5. Tokens are counted once: those of a bridge that `defers` not where another one sees the session, too.
"""

import os
import weakref
from collections.abc import Hashable
from contextvars import ContextVar
from typing import Final

from agent_status_publisher.client import StatusPublisher
from agent_status_publisher.errors import InvalidCallError, PublisherError
from agent_status_publisher.integrations.key import session_key
from agent_status_publisher.session import Session
from agent_status_publisher.worker.never_raise import is_failure
from agent_status_publisher.worker.process_lock import process_lock

MAX_RUNS: Final = 10_000
"""The most runs of one bridge. A framework that never reports the end of a run must not fill the agent's memory."""


class Followed:
    """A session that runs are about."""

    __slots__ = ("_pid", "asks", "holders", "is_counted", "is_over", "opened_by", "session")

    def __init__(self, session: Session, opened_by: "Runs | None") -> None:
        self.session = session
        self.opened_by = opened_by
        self.holders = 0
        self.asks = False
        self.is_counted = False
        self.is_over = False
        self._pid = os.getpid()

    @property
    def counts(self) -> bool:
        """True while runs may join. A forked child inherits no session."""
        return not self.is_over and self._pid == os.getpid()


_followed: "weakref.WeakKeyDictionary[StatusPublisher, dict[str, Followed]]" = weakref.WeakKeyDictionary()
_around: ContextVar[Followed | None] = ContextVar("agent_status_around", default=None)
"""The session that this task or thread is inside of, whichever bridge saw it first."""


class Runs:
    """The runs of one bridge. No method raises or blocks; runs are distinguished by whatever the framework calls them.

    Frameworks call back from several threads, and one session's end must not overtake its next beginning: each holds
    the lock.

    Args:
        publisher: Whose sessions they are.
        channel: The first half of a session key whose id has none.
        session: One that the agent's own code opens and ends: then every run is inside of it.
        joins_own: Whether a run that begins in the context of another one of this bridge is inside of it; for
            frameworks that do not say themselves which run is whose.
        defers: Whether the tokens that others count are those that it would count; for a bridge of many frameworks.
    """

    def __init__(
        self,
        publisher: StatusPublisher,
        channel: str,
        *,
        session: Session | None = None,
        joins_own: bool = False,
        defers: bool = False,
    ) -> None:
        self._publisher = publisher
        self._channel = channel
        self._outer = None if session is None else Followed(session, None)
        self._joins_own = joins_own
        self._defers = defers
        self._by_run: dict[Hashable, Followed] = {}
        self._outermost: set[Hashable] = set()

    def __contains__(self, run: Hashable) -> bool:
        """Return True if this run has begun and has not ended."""
        return run in self._by_run

    @property
    def is_inside(self) -> bool:
        """True when a run that begins here is inside one that another bridge has seen."""
        around = self._in_context()
        return around is not None and around.counts

    def begin(
        self,
        run: Hashable,
        *,
        parent: Hashable | None = None,
        session_id: object = None,
        title: str | None = None,
    ) -> bool:
        """A run begins; `parent` is the one around it, as far as the framework says so. True if it is an outermost."""
        if not self._has_room():
            self.report(InvalidCallError(f"a run was ignored: {MAX_RUNS} others have not ended yet"))
            return False
        with process_lock():
            if run in self._by_run:
                return run in self._outermost
            around = self._outer or self._by_run.get(parent) or self._in_context()
            if around is not None and around.counts:
                self._by_run[run] = around
                around.is_counted |= not self._defers
                return False
            followed = self._follow(session_key(self._channel, run if session_id is None else session_id), title)
            self._by_run[run] = followed
            self._outermost.add(run)
            followed.holders += 1
            followed.is_counted |= not self._defers
            _around.set(followed)
            followed.session.thinking()
            return True

    def end(self, run: Hashable, error: object = None, *, asks: bool = False) -> None:
        """A run is over: by itself, by an error (an exception or its message), or asking for a human."""
        with process_lock():
            followed = self._by_run.pop(run, None)
            if followed is None:
                return
            followed.asks |= asks
            if run not in self._outermost:
                return
            self._outermost.discard(run)
            followed.holders -= 1
            if followed.holders:
                return
            followed.is_over = True
            if self._is_ours(followed):
                del _followed[self._publisher][followed.session.key]
            if error is not None and (is_failure(error) if isinstance(error, BaseException) else True):
                followed.session.error(error)
            elif followed.asks and error is None:
                followed.session.waiting_for_user()
            else:
                followed.session.end()

    def ask(self, run: Hashable) -> None:
        """A human is asked, and this run will end so, whatever else still goes on in it."""
        with process_lock():
            if (followed := self._by_run.get(run)) is not None:
                followed.asks = True
                followed.session.waiting_for_user()

    def answered(self, run: Hashable) -> None:
        """The human has answered while the outermost run goes on: it need not end asking."""
        with process_lock():
            if (followed := self._by_run.get(run)) is not None and followed.asks:
                followed.asks = False
                followed.session.thinking()

    def session(self, run: Hashable) -> Session | None:
        """The session that this run is about, to say its state; None for one that is over or was never seen."""
        followed = self._by_run.get(run)
        return None if followed is None or followed.is_over else followed.session

    def add_usage(self, run: Hashable, *, input: int, output: int) -> None:  # noqa: A002 - the API's word
        """Tokens of one model call in this run."""
        followed = self._by_run.get(run)
        if followed is not None and not followed.is_over and not (self._defers and followed.is_counted):
            followed.session.add_usage(input=input, output=output)

    def report(self, error: PublisherError) -> None:
        """Report to a person what was ignored, once."""
        self._publisher.report(error)

    def _has_room(self) -> bool:
        """For one more; inner runs that a framework never ends are forgotten, if their outermost has ended."""
        if len(self._by_run) < MAX_RUNS:
            return True
        with process_lock():
            for run in [run for run, followed in self._by_run.items() if followed.is_over]:
                del self._by_run[run]
            return len(self._by_run) < MAX_RUNS

    def _follow(self, key: str, title: str | None) -> Followed:
        by_key = _followed.setdefault(self._publisher, {})
        followed = by_key.get(key)
        if followed is None or not followed.counts or followed.session.is_over:  # the agent's own code may end it
            session = self._publisher.session(key, title)
            followed = by_key[key] = Followed(session, self)
        return followed

    def _in_context(self) -> Followed | None:
        followed = _around.get()
        if followed is None or (followed.opened_by is self and not self._joins_own):
            return None
        return followed if self._is_ours(followed) else None

    def _is_ours(self, followed: Followed) -> bool:
        """Return True if the session is this publisher's: an agent on two dashboards is two sessions."""
        return _followed.get(self._publisher, {}).get(followed.session.key) is followed
