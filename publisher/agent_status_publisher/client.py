"""StatusPublisher: how a worker reports what its agents do. Start here on the publishing side.

What follows in the flow: session.py (what an agent holds) → run.py and outbox.py (the next report) → pace.py (when) →
flusher.py (the thread that writes it) → wire.py (how it is written).
"""

import asyncio
import threading
import time
import weakref
from collections.abc import Callable
from types import TracebackType
from typing import Self, TypeVar

import redis
from redis.cluster import RedisCluster

from agent_status_publisher.contract.report import SessionState, check_session_key
from agent_status_publisher.contract.text import ErrorText, text_of
from agent_status_publisher.errors import ConfigurationError, InvalidCallError, PublisherError
from agent_status_publisher.session import Session
from agent_status_publisher.settings import from_environment, renamed_settings
from agent_status_publisher.worker.diagnostics import OnError, Reporter
from agent_status_publisher.worker.flusher import ReportWriter
from agent_status_publisher.worker.process_lock import is_over
from agent_status_publisher.worker.redis_writer import check_target, make_writer
from agent_status_publisher.worker.worker import CLOSE_SECONDS, Worker

T = TypeVar("T")


class StatusPublisher:
    """Reports to Redis what the agent sessions of this process do.

    One class serves async code, threads, plain scripts and forked workers. No call blocks or raises: one daemon
    thread talks to Redis. The constructor does no I/O; `with`, `start()` or the first call makes this process a worker,
    and so does the first call in a forked child, which inherits no session.

    Args:
        redis: A URL, or a `redis.Redis` whose server is used over a connection of our own; else the environment's,
            else localhost.
        namespace: The fleet that this worker belongs to.
        max_concurrent: How many sessions this worker could run at once.
        heartbeat_seconds: Seconds between two reports when nothing changes.
        lease_seconds: Seconds for which a report counts; at least two heartbeats.
        error_ttl_seconds: Seconds for which a session in error is shown.
        error_text: Gives the part of an exception that is shown, since its message may hold secrets. The default is
            the message, on one line and cut. `lambda error: type(error).__name__` shows its type alone.
        on_error: Called with each outage and each call that was ignored, in the thread in which it happens.

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
        error_text: ErrorText | None = None,
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
        self._error_text = error_text
        hint = None if is_over() else check_target(self._target)  # redis-py imports for it, which nobody can any more
        self._is_inert = hint is not None
        if hint:
            self._reporter.once(ConfigurationError(hint))
        for sentence in renamed_settings():
            self._reporter.once(ConfigurationError(sentence))
        self._closed = False
        # By the number of its start. A dict, since setdefault is one step: a signal handler that publishes while the
        # first call makes a worker must not make another one.
        self._workers: dict[int, Worker] = {}
        self._starts = 0
        # Weak: a handle that nobody holds can get no late call, and its session's state is the outbox's.
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
        """Become a worker, if this process is not one yet; after `close()` a new one."""
        self._closed = False
        self._current()
        return self

    def session(self, key: str, title: str | None = None) -> Session:
        """Open a session, which starts in `thinking`, or get the live handle of one that is open.

        A session in error begins its next run. A key that is empty, over 512 bytes or has control characters is
        reported, and its handle does nothing.
        """
        handle = self._handle(key)
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
        """Set in one call what a session does, and open it if need be. `session(key).end()` ends it."""
        try:
            known_state = SessionState(state)
        except ValueError:
            known = ", ".join(SessionState)
            reason = f"publish() was ignored: {text_of(state)!r} is not a state; expected one of {known}"
            self._reporter.once(InvalidCallError(reason))
            return
        self._handle(key).open_as(known_state, tool_name, title, error_message)

    def flush(self, timeout: float = CLOSE_SECONDS) -> bool:
        """Wait until Redis has all changes before this call. False if that took longer than `timeout` seconds."""
        worker = self._newest()
        return worker is None or worker.flush(timeout)

    async def aflush(self, timeout: float = CLOSE_SECONDS) -> bool:  # noqa: ASYNC109 - the API's word
        """`flush` without blocking the event loop."""
        return await _in_thread(lambda: self.flush(timeout))

    def close(self) -> None:
        """Say goodbye. Open sessions end, and those in error stay until they expire. Takes 3 seconds at most."""
        self._closed = True
        worker = self._newest()
        if worker is not None:
            worker.leave(CLOSE_SECONDS)

    async def aclose(self) -> None:
        """`close` without blocking the event loop."""
        await _in_thread(self.close)

    def report(self, error: PublisherError) -> None:
        """Report to a person what was ignored, once. Bridges use it, since their callbacks must not raise either."""
        self._reporter.once(error)

    def _handle(self, key: object) -> Session:
        worker = self._current()
        try:
            shown_key = _clean_key(key)
        except ValueError as error:
            self._reporter.once(InvalidCallError(f"session() was ignored: {error}"))
            return Session(worker, text_of(key), detached=True)
        handle = self._handles.get(shown_key)
        if handle is None or not handle.is_live(worker):
            handle = self._handles[shown_key] = Session(worker, shown_key)
        return handle

    def _newest(self) -> Worker | None:
        return self._workers.get(self._starts)

    def _current(self) -> Worker:
        """The worker that calls are for: a new one if there is none yet, or if it was the parent process's."""
        worker = self._newest()
        if worker is not None and (not worker.gone or self._closed or is_over()):
            return worker
        number = self._starts + 1
        made = self._make_worker()
        worker = self._workers.setdefault(number, made)
        if worker is made:
            made.gone = self._closed
            self._starts = number
            self._workers.pop(number - 1, None)
            if not self._closed:
                made.start()
        return worker

    def _make_worker(self) -> Worker:
        return Worker(self._settings, self._reporter, self._writer(), time.monotonic, self._error_text)

    def _writer(self) -> Callable[[], ReportWriter] | None:
        target = self._target
        return None if self._is_inert else lambda: make_writer(target)


def _clean_key(key: object) -> str:
    if not isinstance(key, str):
        raise ValueError(f"a session key must be text, not {type(key).__name__}")  # noqa: TRY004 - reported as one kind
    return check_session_key(text_of(key).encode("utf-8", "replace").decode("utf-8"))


async def _in_thread(call: Callable[[], T]) -> T:
    """Run `call` in a thread of its own: the loop's executor may be busy with the agent's work, or shut down by now."""
    if is_over():  # nothing waits any more, and a thread might never run
        return call()
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def set_result(result: T) -> None:
        if not done.done():
            done.set_result(result)

    def run() -> None:
        result = call()
        try:
            loop.call_soon_threadsafe(set_result, result)
        except RuntimeError:  # the loop has been closed: no one waits any more
            return

    try:
        threading.Thread(target=run, name="agent-status-wait", daemon=True).start()
    except RuntimeError:  # no thread can be started any more: the interpreter is going away
        return call()
    return await done
