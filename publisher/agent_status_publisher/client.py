"""StatusPublisher, with which a worker reports what its agents do. Start here on the publishing side.

A change flows on through session.py (what an agent holds), worker/sessions/ (the next report), pace.py (when it is
due), flusher.py (the thread that writes it) and wire.py (its format).
"""

import time
import weakref
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Literal, Self

import redis
from redis.cluster import RedisCluster

from agent_status_publisher.contract.report import SessionState
from agent_status_publisher.contract.text import ErrorText, text_of
from agent_status_publisher.errors import ConfigurationError, InvalidCallError, PublisherError
from agent_status_publisher.session import Session
from agent_status_publisher.settings import from_environment, renamed_settings
from agent_status_publisher.uwsgi import missing_flags
from agent_status_publisher.wait_thread import in_thread
from agent_status_publisher.worker.diagnostics import OnError, Reporter
from agent_status_publisher.worker.flusher import ReportWriter
from agent_status_publisher.worker.never_raise import MISTAKES
from agent_status_publisher.worker.process_lock import is_over
from agent_status_publisher.worker.redis_writer import check_target, make_writer
from agent_status_publisher.worker.sessions.arguments import (
    asked_of,
    clean_key,
    labels_of_worker,
    plain_text,
)
from agent_status_publisher.worker.starts import Starts
from agent_status_publisher.worker.worker import CLOSE_SECONDS, Worker


class StatusPublisher:
    """A publisher that writes to Redis what the agent sessions of this process do.

    One class serves async code, threads, plain scripts and forked workers. One daemon thread talks to Redis, so no call
    raises an error of Redis. Only `flush` and `close` wait for it, and both have a time limit.

    The constructor does no I/O. `with`, `start()` or the first call makes this process a worker. The first call in a
    forked child makes the child a worker of its own, without its parent's sessions.

    A call with wrong arguments is ignored: it logs one warning and calls `on_error` with an `InvalidCallError`. A kind
    of mistake is reported once, whatever the values.

    Args:
        redis: A URL or a client of redis-py. The default is `AGENT_STATUS_REDIS_URL`, then `REDIS_URL`, then
            `redis://localhost:6379/0`. A `redis.Redis` lends its settings, and the publisher opens its own connection.
            A `RedisCluster` is used as it is. With an asyncio client nothing is published, which is reported once.
        namespace: The fleet that this worker belongs to. The default is `AGENT_STATUS_NAMESPACE`, then `default`.
        max_concurrent: The number of sessions that this worker could run at once. Default: 5.
        heartbeat_seconds: Seconds between two reports when nothing changes. The default is
            `AGENT_STATUS_HEARTBEAT_SECONDS`, then 5.
        lease_seconds: Seconds for which a report counts, at least two heartbeats. A worker that writes none for longer
            is reported as lost. The default is `AGENT_STATUS_LEASE_SECONDS`, then 15.
        error_ttl_seconds: Seconds for which a session in error is shown. The default is
            `AGENT_STATUS_ERROR_TTL_SECONDS`, then 30.
        waiting_ttl_seconds: Seconds for which a session waits for a user before it ends by itself. The default is
            `AGENT_STATUS_WAITING_TTL_SECONDS`, then 259200, three days.
        labels: The labels of all sessions of this worker, as in `Session.label`. They are sent once with each report.
        on_error: A function that is called with each outage and each ignored call, in the thread in which it happens.
        error_text: A function that returns the part of an exception to show, since its message may hold secrets. The
            default is the message, on one line and cut. `lambda error: type(error).__name__` shows the type alone.

    Raises:
        ConfigurationError: An argument or an environment setting is wrong; the message names it.
    """

    def __init__(
        self,
        redis: "str | redis.Redis | RedisCluster | None" = None,
        *,
        namespace: str | None = None,
        max_concurrent: int | None = None,
        heartbeat_seconds: float | None = None,
        lease_seconds: float | None = None,
        error_ttl_seconds: float | None = None,
        waiting_ttl_seconds: float | None = None,
        labels: Mapping[str, str] | None = None,
        on_error: OnError | None = None,
        error_text: ErrorText | None = None,
    ) -> None:
        self._reporter = Reporter(on_error)
        faults: list[str] = []
        self._settings = from_environment(
            redis_url=redis if isinstance(redis, str) else None,
            namespace=namespace,
            max_concurrent=max_concurrent,
            heartbeat_seconds=heartbeat_seconds,
            lease_seconds=lease_seconds,
            error_ttl_seconds=error_ttl_seconds,
            waiting_ttl_seconds=waiting_ttl_seconds,
            labels=None if labels is None else labels_of_worker(labels, faults),
        )
        for fault in faults:
            self._reporter.once(InvalidCallError(fault))
        self._target = self._settings.redis_url if redis is None else redis
        self._error_text = error_text
        # At the end of the process, the check would import parts of redis-py, which fails by then.
        hint = None if is_over() else check_target(self._target, self._settings.redis_password_file)
        self._is_inert = hint is not None
        if hint:
            self._reporter.once(ConfigurationError(hint))
        for sentence in renamed_settings():
            self._reporter.once(ConfigurationError(sentence))
        self._starts = Starts()
        # Weak, since a handle without references cannot get a late call, and the outbox keeps its session's state.
        self._handles: weakref.WeakValueDictionary[str, Session] = weakref.WeakValueDictionary()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} namespace={self._settings.namespace!r}>"

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    @property
    def worker_id(self) -> str | None:
        """The id of this worker, new at each start and in each forked child.

        None before the start and after the close.
        """
        worker = self._newest()
        return None if worker is None or worker.gone else worker.outbox.identity.id

    def start(self) -> Self:
        """Make this process a worker, if it is not one yet. After `close()` it becomes a new one.

        Returns:
            This publisher.
        """
        self._starts.is_closed = False
        self._current()
        return self

    def session(
        self,
        key: str,
        title: str | None = None,
        *,
        parent: str | None = None,
        link: str | None = None,
        labels: Mapping[str, str | None] | None = None,
    ) -> Session:
        """Open a session, which starts in `thinking`, or get the handle of one that is open.

        A session in error begins its next run. A wrong key is reported as an `InvalidCallError`, and the calls of its
        handle do nothing. After `close()` no session is opened.

        A worker can hold 1000 sessions. One more ends the session that has waited or been in error for longest, which
        is reported once. If all of them work, the new one is reported and ignored.

        Args:
            key: The session's key: not empty, at most 512 bytes of UTF-8, and without control characters.
            title: The name that people see, on one line and cut at 200 characters. None keeps the title as it is.
            parent: The key of the session for which this one works. None keeps the parent as it is.
            link: The address at which people find more of it, as in `Session.link`. None keeps the link as it is.
            labels: Labels to set, as by `Session.label`. Those that are not named stay as they are.
        """
        handle = self._handle(key)
        handle.open(asked_of(handle.key, title, parent, link, labels))
        return handle

    def publish(
        self,
        key: str,
        state: str,
        *,
        tool_name: str | None = None,
        title: str | None = None,
        error_message: object = None,
        parent: str | None = None,
        link: str | None = None,
        labels: Mapping[str, str | None] | None = None,
        waiting_for: Literal["approval", "question", "reply"] | None = None,
    ) -> None:
        """Set the state of a session in one call, and open the session if it is not open. `session(key).end()` ends it.

        An unknown state or a wrong key is reported as an `InvalidCallError`, and the call is ignored.

        Args:
            key: The session's key, as in `session`.
            state: `thinking`, `tool_running`, `streaming`, `waiting_for_user` or `error`.
            tool_name: The tool that runs. Only `tool_running` shows it.
            title: The name that people see. None keeps the title as it is.
            error_message: A message or an exception. Only `error` shows it.
            parent: The key of the session for which this one works, as in `session`.
            link: The address at which people find more of it, as in `session`.
            labels: Labels to set, as in `session`.
            waiting_for: The reason to wait, as in `Session.waiting_for_user`. Only `waiting_for_user` shows it.
        """
        try:
            known_state = SessionState(plain_text(state))
        except ValueError:
            known = ", ".join(SessionState)
            self._reporter.once(InvalidCallError(f"publish() was ignored: expected a state that is one of {known}"))
            return
        handle = self._handle(key)
        asked = asked_of(handle.key, title, parent, link, labels)
        handle.open_as(known_state, asked, tool_name=tool_name, error_message=error_message, waiting_for=waiting_for)

    def flush(self, timeout: float | None = CLOSE_SECONDS) -> bool:
        """Wait until Redis has all changes before this call.

        Args:
            timeout: The longest wait, in seconds. None is the default, since no call waits for ever. Anything else that
                is not a number is reported as an `InvalidCallError`, and the default is taken.

        Returns:
            False if Redis did not confirm all of them in time.
        """
        worker = self._newest()
        return worker is None or worker.flush(self._limit(timeout))

    async def aflush(self, timeout: float | None = CLOSE_SECONDS) -> bool:  # noqa: ASYNC109 - the API's word
        """Call `flush` without blocking the event loop."""
        return await in_thread(lambda: self.flush(timeout))

    def close(self) -> None:
        """End this worker. Open sessions end, and those in error stay until they expire.

        The call waits up to 3 seconds for Redis. Later calls do nothing until `start()`.
        """
        self._starts.is_closed = True
        worker = self._newest()
        if worker is not None:
            worker.leave(CLOSE_SECONDS)

    async def aclose(self) -> None:
        """Call `close` without blocking the event loop."""
        await in_thread(self.close)

    def report(self, error: PublisherError) -> None:
        """Log an error and pass it to `on_error`, once per message. Bridges use it, since they must not raise."""
        self._reporter.once(error)

    def held_session(self, key: str) -> Session | None:
        """Return the session of this key if a `with` block holds it open, or else None. It changes nothing."""
        worker = self._newest()
        handle = self._handles.get(key)
        if handle is None or worker is None or not handle.is_live(worker):
            return None
        return handle if handle.is_held else None

    def _handle(self, key: object) -> Session:
        worker = self._current()
        try:
            shown_key = clean_key(key)
        except ValueError as error:
            self._reporter.once(InvalidCallError(f"session() was ignored: {error}"))
            return Session(worker, text_of(key), detached=True)
        handle = self._handles.get(shown_key)
        if handle is None or not handle.is_live(worker):
            handle = self._handles[shown_key] = Session(worker, shown_key)
        return handle

    def _limit(self, timeout: object) -> float:
        if timeout is None:
            return CLOSE_SECONDS
        try:
            return float(timeout)  # type: ignore[arg-type]
        except MISTAKES:
            self._reporter.once(InvalidCallError(f"flush() waits {CLOSE_SECONDS:g} s: the timeout must be seconds"))
            return CLOSE_SECONDS

    def _newest(self) -> Worker | None:
        return self._starts.newest

    def _current(self) -> Worker:
        return self._starts.current(self._make_worker, self._warn_of_uwsgi)

    def _warn_of_uwsgi(self) -> None:
        if not self._is_inert and (hint := missing_flags()):
            self._reporter.once(ConfigurationError(hint))

    def _make_worker(self) -> Worker:
        return Worker(self._settings, self._reporter, self._writer(), time.monotonic, self._error_text)

    def _writer(self) -> Callable[[], ReportWriter] | None:
        target, password_file = self._target, self._settings.redis_password_file
        return None if self._is_inert else lambda: make_writer(target, password_file)
