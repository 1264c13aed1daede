"""StatusPublisher: how a worker says what its agents do. Start here on the publishing side.

What follows in the flow: session.py (what an agent holds) → run.py and outbox.py (what the next word says) → pace.py
(when) → flusher.py (the thread that tells Redis) → wire.py (how it is written).
"""

import asyncio
import atexit
import os
import threading
import time
import weakref
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

import redis
from redis.cluster import RedisCluster

from publisher.errors import ConfigurationError, InvalidCallError, PublisherError
from publisher.flusher import Teller
from publisher.redis_teller import check_target, make_teller
from publisher.report import OnError, Reporter
from publisher.session import Session
from publisher.settings import from_environment
from publisher.text import MAX_TOOL_CHARACTERS, clean_text
from publisher.word import SessionState, check_session_key
from publisher.worker import Worker

CLOSE_SECONDS: Final = 3.0


class StatusPublisher:
    """Tells Redis what this process's agent sessions do.

    One class for async code, threads, plain scripts and forked workers alike: no call blocks or raises, one daemon
    thread talks to Redis. The constructor does no I/O; `with`, `start()` or the first call makes this process a worker,
    and so does the first call in a forked child, which inherits no session.

    Args:
        redis: A URL, or a `redis.Redis` that is shared with the agent; else the environment's, else localhost.
        namespace: Which picture this worker belongs to.
        max_concurrent: How many sessions this worker could run at once.
        heartbeat_seconds: How often it says that it is alive when nothing changes.
        lease_seconds: How long its word counts without a new one; at least two heartbeats.
        error_ttl_seconds: How long a session in error is shown.
        on_error: Told of each outage and each call that was ignored, from whatever thread it happens in.

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
        on_error: OnError | None = None,
    ) -> None:
        self._settings = from_environment(
            redis_url=redis if isinstance(redis, str) else None,
            namespace=namespace,
            max_concurrent=max_concurrent,
            heartbeat_seconds=heartbeat_seconds,
            lease_seconds=lease_seconds,
            error_ttl_seconds=error_ttl_seconds,
        )
        self._target = self._settings.redis_url if redis is None else redis
        self._reporter = Reporter(on_error)
        hint = check_target(self._target)
        self._is_inert = hint is not None
        if hint:
            self._reporter.once(ConfigurationError(hint))
        self._worker: Worker | None = None
        # Weak: a handle that nobody holds can get no late call, and its session's state is the outbox's.
        self._handles: weakref.WeakValueDictionary[str, Session] = weakref.WeakValueDictionary()
        self._closed = False
        self._lock = threading.RLock()
        _publishers.add(self)

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
        """This worker's id, new at each start and in each forked child; None before the start."""
        worker = self._worker
        return None if worker is None or worker.gone else worker.outbox.identity.id

    def start(self) -> Self:
        """Become a worker, if this process is none yet; after `close()` a new one."""
        with self._lock:
            self._closed = False
            self._current()
        return self

    def session(self, key: str, title: str | None = None) -> Session:
        """Open a session, which is thinking from now on, or get the live handle of one that is open.

        A session in error begins its next run. A key that is empty, over 512 bytes or has control characters is
        reported, and its handle does nothing.
        """
        with self._lock:
            worker = self._current()
            try:
                shown_key = _clean_key(key)
            except ValueError as error:
                self._reporter.once(InvalidCallError(f"session() was ignored: {error}"))
                return Session(worker, str(key), detached=True)
            handle = self._handles.get(shown_key)
            if handle is None or not handle.is_live(worker):
                handle = self._handles[shown_key] = Session(worker, shown_key)
            handle.open(title)
            return handle

    def publish(
        self,
        key: str,
        state: str,
        *,
        tool_name: str | None = None,
        title: str | None = None,
        error_message: object = None,
    ) -> None:
        """Say in one call what a session does; opens it if need be. `session(key).end()` ends it."""
        try:
            wanted = SessionState(state)
        except ValueError:
            known = ", ".join(SessionState)
            self._reporter.once(InvalidCallError(f"publish() was ignored: {state!r} is no state; there are {known}"))
            return
        with self._lock:
            session = self.session(key, title)
            match wanted:
                case SessionState.THINKING:
                    session.thinking()
                case SessionState.TOOL_RUNNING:
                    session.tool_running("tool" if tool_name is None else clean_text(tool_name, MAX_TOOL_CHARACTERS))
                case SessionState.STREAMING:
                    session.streaming()
                case SessionState.WAITING_FOR_USER:
                    session.waiting_for_user()
                case SessionState.ERROR:
                    session.error(error_message)

    def flush(self, timeout: float = CLOSE_SECONDS) -> bool:
        """Wait until Redis has all that was said before; False if that took longer than `timeout` seconds."""
        worker = self._worker
        return worker is None or worker.flush(timeout)

    async def aflush(self, timeout: float = CLOSE_SECONDS) -> bool:  # noqa: ASYNC109 - the API's word
        """`flush` without blocking the event loop."""
        return await asyncio.to_thread(self.flush, timeout)

    def close(self) -> None:
        """Say goodbye: open sessions end, those in error stay until they expire. Takes 3 s at most."""
        with self._lock:
            self._closed = True
            worker = self._worker
        if worker is not None:
            worker.leave(CLOSE_SECONDS)

    async def aclose(self) -> None:
        """`close` without blocking the event loop."""
        await asyncio.to_thread(self.close)

    def _current(self) -> Worker:
        """The worker that calls are for: a new one if there is none yet, or if it was the parent process's."""
        worker = self._worker
        if worker is None or (worker.gone and not self._closed):
            worker = self._worker = self._make_worker()
        return worker

    def _make_worker(self) -> Worker:
        worker = Worker(self._settings, self._reporter, self._teller(), time.monotonic)
        worker.gone = self._closed
        try:
            if not self._closed:
                worker.start()
        except RuntimeError as error:  # no thread can be started any more: the interpreter is going away
            self._reporter.once(PublisherError(f"the status publisher cannot start: {error}"))
        return worker

    def _teller(self) -> Callable[[], Teller] | None:
        target = self._target
        return None if self._is_inert else lambda: make_teller(target)

    def _after_fork_in_child(self) -> None:
        self._lock = threading.RLock()
        if self._worker is not None:
            self._worker.abandon()


_publishers: "weakref.WeakSet[StatusPublisher]" = weakref.WeakSet()


def _after_fork_in_child() -> None:
    for publisher in list(_publishers):
        publisher._after_fork_in_child()  # noqa: SLF001 - this module's own


def _at_exit() -> None:
    for publisher in list(_publishers):
        publisher.close()


def _clean_key(key: object) -> str:
    if not isinstance(key, str):
        raise ValueError(f"a session key must be text, not {type(key).__name__}")  # noqa: TRY004 - reported as one kind
    return check_session_key(key.encode("utf-8", "replace").decode("utf-8"))


atexit.register(_at_exit)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
