"""The sessions that a framework's runs make. A bridge calls this module, which calls the publisher.

Rule 1. When the outermost run begins, its session is `thinking`. When the run ends, the session ends. If the run ends
        with a question to a person, the session is `waiting_for_user` and stays open. If it raises, the session is in
        `error`. If it is cancelled, the session ends as `cancelled`.
Rule 2. A run inside another one changes the state of the outer run's session. It never opens or ends a session. The two
        runs may belong to different frameworks.
Rule 3. Outermost runs with the same key share one session. The last one to end decides how the session ends. If it
        ends well and asks nothing, the first error of the others is shown.
Rule 4. Late calls do nothing. They do not reopen a session.
Rule 5. Tokens and costs are counted once. A bridge that `defers` does not count them where another bridge sees the
        session, too. A bridge that is installed twice follows each run once.
Rule 6. A session that a `with` block of the agent's own code holds is neither ended nor renamed by a run. An exception
        is the block's to show. An error that a framework only reports is shown, since the block cannot catch it.
        After the run, the session shows the newest tool of the block, or `thinking`. A run that ends with a question
        leaves it waiting.
Rule 7. A block inside a run does not end the run's session.
Rule 8. An outermost run labels its session, in a block of the agent's own code, too. A label that this code or its
        worker gives is not replaced. A name of a framework that cannot be a label is left out or cut.
Rule 9. An outermost run shows its progress, unless a block of the agent's own code holds the session.
Rule 10. A run inside another one that has an id as a `child` has a session of its own, PARENT/ID, as an outermost run
        has. Its tokens are that session's. Its question is passed on to the session around it when it ends. If that
        session's last run ends first, the child ends as `cancelled`.
"""

import weakref
from collections.abc import Hashable
from contextvars import ContextVar
from typing import Final

from agent_status_publisher.client import StatusPublisher
from agent_status_publisher.errors import InvalidCallError, PublisherError
from agent_status_publisher.integrations.followed import Followed, Reason
from agent_status_publisher.integrations.key import child_key, session_key
from agent_status_publisher.session import Session
from agent_status_publisher.worker.never_raise import is_failure
from agent_status_publisher.worker.process_lock import process_lock

MAX_RUNS: Final = 10_000
"""The maximum number of open runs of one bridge.

A framework that never reports the end of a run must not fill the agent's memory.
"""


_followed: "weakref.WeakKeyDictionary[StatusPublisher, dict[str, Followed]]" = weakref.WeakKeyDictionary()
Followers = weakref.WeakValueDictionary[tuple[str | None, Hashable], "Runs"]
_followers: "weakref.WeakKeyDictionary[StatusPublisher, Followers]" = weakref.WeakKeyDictionary()
"""The bridge that follows each run, by its channel and the framework's id. A dropped bridge leaves nothing behind."""
_around: ContextVar[Followed | None] = ContextVar("agent_status_around", default=None)
"""The session of the run that this task or thread is in, whichever bridge opened it."""


class Runs:
    """The runs of one bridge, identified by the framework's own ids. No method raises or blocks.

    Frameworks call back from several threads. The end of a session must not overtake its next beginning, so both hold
    the lock.

    Args:
        publisher: The publisher of the sessions.
        channel: The first half of the session key. None if the framework's ids are keys.
        session: A session that the agent's own code opens and ends. Every run is then inside it.
        joins_own: True if a run that begins in the context of another run of this bridge is inside that run. For
            frameworks that do not report a run's parent.
        defers: True if another bridge may count the same tokens. For a bridge that serves many frameworks.
    """

    def __init__(
        self,
        publisher: StatusPublisher,
        channel: str | None,
        *,
        session: Session | None = None,
        joins_own: bool = False,
        defers: bool = False,
    ) -> None:
        self._publisher = publisher
        self._channel = channel
        self._outer = None if session is None else Followed(session, None, is_held=True)
        self._joins_own = joins_own
        self._defers = defers
        self._by_run: dict[Hashable, Followed] = {}
        self._outermost: set[Hashable] = set()

    def __contains__(self, run: Hashable) -> bool:
        """Return True if this run has begun and has not ended."""
        return run in self._by_run

    @property
    def is_inside(self) -> bool:
        """True when a run that begins here is inside an open run of another bridge, or of this one with `joins_own`."""
        around = self._in_context()
        return around is not None and around.counts

    def is_taken(self, run: Hashable) -> bool:
        """Return True if another bridge of the same kind follows this run."""
        followers = _followers.get(self._publisher)
        other = None if followers is None else followers.get((self._channel, run))
        return other is not None and other is not self and run in other

    def begin(
        self,
        run: Hashable,
        *,
        parent: Hashable | None = None,
        session_id: object = None,
        title: str | None = None,
        child: object = None,
    ) -> bool:
        """Begin a run. Return True if it has a session of its own that is the bridge's to name.

        `parent` is the run around it, if the framework reports one. `child` is the id of a subagent that is to have a
        session of its own. Without one, a run inside another one shares its session.
        """
        if not self._has_room():
            self.report(InvalidCallError(f"a run was ignored: {MAX_RUNS} others have not ended yet"))
            return False
        with process_lock():
            if (known := self._by_run.get(run)) is not None:
                return run in self._outermost and not known.is_held
            if not self._take(run):
                return False
            around = self._by_run.get(parent) or self._outer or self._in_context()
            if around is None or not around.counts:
                key = session_key(self._channel, run if session_id is None else session_id)
                followed = self._follow(key, title, None)
            elif child is not None:
                followed = self._follow(child_key(around.session.key, child), title, around)
            else:
                self._by_run[run] = around
                around.is_counted |= not self._defers
                return False
            self._by_run[run] = followed
            self._outermost.add(run)
            followed.holders += 1
            followed.is_counted |= not self._defers
            _around.set(followed)
            followed.session.thinking()
            return not followed.is_held

    def label(self, run: Hashable, **labels: object) -> None:
        """Label the session of an outermost run, as far as nothing but a bridge has. What is not a name is left out."""
        if run in self._outermost:
            self.label_around(run, **labels)

    def label_around(self, run: Hashable, **labels: object) -> None:
        """Label the session of a run, even if it is inside another one: a model call is a run in some frameworks."""
        with process_lock():
            followed = self._by_run.get(run)
            if followed is not None and not followed.is_over:
                for name, value in labels.items():
                    followed.fill(name, value)

    def end(self, run: Hashable, error: object = None, *, asks: bool = False, reason: Reason | None = None) -> None:
        """End a run.

        `error` is the exception that ended the run, or its message. `asks` is True if it ends with a question to a
        person, and `reason` says why it asks.
        """
        with process_lock():
            followed = self._by_run.pop(run, None)
            if followed is None:
                return
            self._release(run)
            if asks:
                followed.ask(reason or followed.reason)
            if run not in self._outermost:
                return
            self._outermost.discard(run)
            followed.holders -= 1
            if followed.is_over:  # the session around it has ended before
                return
            has_failed = error is not None and (is_failure(error) if isinstance(error, BaseException) else True)
            if followed.holders:
                if has_failed and followed.failure is None:
                    followed.failure = error
                return
            for member in followed.family():
                if self._is_ours(member):
                    del _followed[self._publisher][member.session.key]
            followed.finish(error, has_failed=has_failed)

    def ask(self, run: Hashable, reason: Reason | None = None) -> None:
        """Mark the session as waiting for a person, and say why if that is known.

        The outermost run then ends with that state, unless it fails or `answered` is called.
        """
        with process_lock():
            if (followed := self._by_run.get(run)) is not None:
                followed.ask(reason)
                followed.session.waiting_for_user(reason)

    def answered(self, run: Hashable) -> None:
        """Note that the person has answered before the outermost run ended, which need not end with a question now."""
        with process_lock():
            if (followed := self._by_run.get(run)) is not None and followed.asks:
                followed.asks = False
                followed.session.thinking()

    def asks(self, run: Hashable) -> bool:
        """Return True if the session of this run is to wait for a person at its end."""
        followed = self._by_run.get(run)
        return followed is not None and followed.asks

    def session(self, run: Hashable) -> Session | None:
        """Return the session whose state this run sets, or None if it has ended or the run is unknown."""
        followed = self._by_run.get(run)
        return None if followed is None or followed.is_over else followed.session

    def own_session(self, run: Hashable) -> Session | None:
        """Return the session of an outermost run, which alone says how full the model's context is. Else None."""
        return self.session(run) if run in self._outermost else None

    def progress(self, run: Hashable, *, done: int, of: int) -> None:
        """Show the steps of an outermost run. A block of the agent's own code has steps of its own."""
        followed = self._by_run.get(run)
        if of > 0 and followed is not None and not followed.is_held and (session := self.own_session(run)):
            session.progress(done=min(done, of), of=of)

    def add_usage(
        self,
        run: Hashable,
        *,
        input: int,  # noqa: A002 - the API's word
        output: int,
        usd: float | None = None,
    ) -> None:
        """Add the tokens of one model call in this run, and its cost in US dollars where the framework says it."""
        followed = self._by_run.get(run)
        if followed is None or followed.is_over or (self._defers and followed.is_counted):
            return
        followed.session.add_usage(input=input, output=output)
        if usd is not None:
            followed.session.add_cost(usd=usd)

    def report(self, error: PublisherError) -> None:
        """Report once what was ignored."""
        self._publisher.report(error)

    def _has_room(self) -> bool:
        """Return True if one more run fits.

        When there is no room, inner runs that the framework never ended are dropped if their session has ended.
        """
        if len(self._by_run) < MAX_RUNS:
            return True
        with process_lock():
            for run in [run for run, followed in self._by_run.items() if followed.is_over]:
                del self._by_run[run]
                self._outermost.discard(run)
                self._release(run)
            return len(self._by_run) < MAX_RUNS

    def _follow(self, key: str, title: str | None, around: Followed | None) -> Followed:
        by_key = _followed.setdefault(self._publisher, {})
        followed = by_key.get(key)
        if followed is None or not followed.counts or followed.session.is_over:  # the agent's own code may end it
            held = self._publisher.held_session(key)
            parent = None if around is None else around.session.key
            session = self._publisher.session(key, title, parent=parent) if held is None else held
            followed = by_key[session.key] = Followed(session, self, is_held=held is not None, around=around)
        return followed

    def _take(self, run: Hashable) -> bool:
        """Follow this run, unless another bridge of the same kind does: an install that ran twice."""
        if self.is_taken(run):
            return False
        _followers.setdefault(self._publisher, weakref.WeakValueDictionary())[self._channel, run] = self
        return True

    def _release(self, run: Hashable) -> None:
        _followers[self._publisher].pop((self._channel, run), None)

    def _in_context(self) -> Followed | None:
        followed = _around.get()
        while followed is not None and followed.is_over and followed.around is not None:
            followed = followed.around  # a subagent has ended, and the run around it goes on
        if followed is None or (followed.opened_by is self and not self._joins_own):
            return None
        return followed if self._is_ours(followed) else None

    def _is_ours(self, followed: Followed) -> bool:
        """Return True if the session belongs to this publisher. An agent on two dashboards has two sessions."""
        return _followed.get(self._publisher, {}).get(followed.session.key) is followed
