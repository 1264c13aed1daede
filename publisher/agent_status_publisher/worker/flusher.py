"""The one thread that talks to Redis. It takes reports from the outbox and writes them when the pace makes them due.

After it comes Redis. No failure here reaches the agent: each outage is reported once, and the thread keeps trying.
"""

import queue
import random
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

from redis.exceptions import NoPermissionError

from agent_status_publisher.contract.redaction import redacted
from agent_status_publisher.contract.text import text_of_reply
from agent_status_publisher.contract.wire import (
    Keys,
    Remembered,
    WriteAnswer,
    answered_keys,
    encode_record,
    remembered_by,
    write_arguments,
)
from agent_status_publisher.errors import RedisUnavailableError
from agent_status_publisher.worker.diagnostics import Reporter, logger
from agent_status_publisher.worker.pace import Pace
from agent_status_publisher.worker.sessions.outbox import Draft, Outbox

GOODBYE_RETRY_SECONDS: Final = 0.2
LONG_REPORT_RUNS: Final = 100
"""The most runs of a report that is made in one piece, in 0.2 ms or so."""
PAUSE_SECONDS: Final = 0.00005
"""Seconds between two steps of a longer report. No pause at all would not let another thread have the interpreter."""
REFUSED_IN_SCRIPT: Final = ("user executing the script", "ACL failure in script")
"""Parts of the errors by which servers refuse a command inside a script: Redis's, and Valkey's."""


class ReportWriter(Protocol):
    """The connection to Redis that a flusher needs: it runs the write script once, and can be closed."""

    sharded: bool

    def write(self, keys: Sequence[str], arguments: Sequence[Any]) -> Sequence[Any]:
        """Run the write script; raises what the client raises."""

    def close(self) -> None:
        """Close the connection. The next write makes a new one."""


class Flusher:
    """The owner of the thread.

    Callers hold `lock` while they change the outbox. An item in `wakes` makes the thread look at the outbox.
    """

    def __init__(
        self,
        outbox: Outbox,
        lock: "threading.RLock",
        wakes: queue.SimpleQueue[None],
        writer: Callable[[], ReportWriter],
        reporter: Reporter,
    ) -> None:
        self._outbox = outbox
        self._lock = lock
        self._confirmed = threading.Condition(lock)
        self._make_writer = writer
        self._reporter = reporter
        self._keys = Keys(outbox.settings.namespace)
        self._pace = Pace(outbox.settings.heartbeat_seconds, random.random)
        self._wakes = wakes
        self._writer: ReportWriter | None = None
        self._leaving = False
        self._goodbye_until = 0.0
        self._has_ended = False
        self._unavailable_since: float | None = None
        self._channel_error = ""
        self._remembered: Remembered | None = None
        self._names_all = False
        self._thread = threading.Thread(target=self._run, name="agent-status-flusher", daemon=True)

    def start(self) -> None:
        """Start the thread. The first report announces the worker."""
        try:
            self._thread.start()
        except RuntimeError:
            self._has_ended = True  # there is nothing to wait for
            raise

    def wait_until_written(self, timeout_seconds: float) -> bool:
        """Wait until Redis has all changes before this call. False after the timeout, or if that cannot happen."""
        if self._thread is threading.current_thread():
            return False
        timeout_seconds = min(timeout_seconds, threading.TIMEOUT_MAX) if timeout_seconds > 0 else 0.0
        with self._confirmed:
            target = self._outbox.last_change
            self._confirmed.wait_for(
                lambda: self._outbox.confirmed_change >= target or self._has_ended, timeout_seconds
            )
            return self._outbox.confirmed_change >= target

    def leave(self, timeout_seconds: float) -> None:
        """Write the goodbye and end the thread. After the timeout the thread, a daemon, is left running."""
        if not self._leaving:
            self._goodbye_until = time.monotonic() + timeout_seconds
            self._leaving = True
            self._wakes.put(None)
        # A signal handler may close in the middle of a start. A thread that has not begun ends as soon as it begins.
        if self._thread is not threading.current_thread() and self._thread.is_alive():
            self._thread.join(timeout_seconds)

    def _run(self) -> None:
        try:
            while not self._leaving:
                if self._wait_until_due():
                    self._write(left=False)
            self._write_goodbye()
        finally:
            if self._writer is not None:
                self._writer.close()
            with self._confirmed:
                self._has_ended = True
                self._confirmed.notify_all()

    def _write_goodbye(self) -> None:
        """Write the goodbye until Redis has it or the time is up. During an outage it is tried only once.

        The end of an agent must not wait for a Redis that was unavailable before.
        """
        was_away = self._unavailable_since is not None
        while not self._write(left=True) and not was_away and time.monotonic() < self._goodbye_until:
            time.sleep(GOODBYE_RETRY_SECONDS)

    def _wait_until_due(self) -> bool:
        while not self._wakes.empty():  # one look at the outbox answers all wakes
            self._wakes.get_nowait()
        with self._lock:
            due_at = self._pace.due_at(has_news=self._outbox.has_news)
            wait_seconds = due_at - self._outbox.clock()
        if wait_seconds <= 0:
            return True
        try:
            self._wakes.get(timeout=min(wait_seconds, threading.TIMEOUT_MAX))
        except queue.Empty:
            return True
        return False

    def _write(self, *, left: bool) -> bool:
        """Write the next report. True if Redis has it."""
        try:
            return self._try_to_write(left=left)
        except Exception as error:  # noqa: BLE001 - the thread keeps trying after any error
            reason = f"{type(error).__name__}: {redacted(error)}{self._advice(error)}"
        # Outside the handler: a logging handler or `on_error` that writes the traceback of what is being handled would
        # write the error of Redis, which may have the password. Python would chain it to what `on_error` raises, too.
        self._failed(reason)
        return False

    def _try_to_write(self, *, left: bool) -> bool:
        if self._writer is None:
            self._writer = self._make_writer()
        started_at = self._outbox.clock()
        with self._lock:
            begun = self._outbox.begin_draft(left=left)
        is_long = len(begun.runs) > LONG_REPORT_RUNS
        _let_others_run(is_long)  # first of all a call that has waited for the lock
        draft = self._outbox.finish_draft(begun)
        _let_others_run(is_long)
        encoded = encode_record(draft.record)
        _let_others_run(is_long)
        reply = self._writer.write(
            *write_arguments(
                self._keys,
                draft.record,
                draft.seq,
                encoded,
                sharded=self._writer.sharded,
                drafted_at=draft.drafted_at,
                remembered=self._remembered,
                names_all=self._names_all,
            )
        )
        answered_at = self._outbox.clock()
        answer = WriteAnswer(int(reply[0]))
        if answer is WriteAnswer.TAKEN:
            self._remembered = remembered_by(reply, draft.seq, draft.drafted_at, answered_at)
            self._names_all = False
            self._written(draft, started_at, len(encoded), text_of_reply(reply[2]))
            return True
        self._refused(answer, reply, draft)
        return False

    def _refused(self, answer: WriteAnswer, reply: Sequence[Any], draft: Draft) -> None:
        """Note why the script has stored nothing. The next report is due at once."""
        with self._lock:
            if answer is WriteAnswer.OUTNUMBERED:
                self._outbox.refused(int(reply[1]))
            elif answer is WriteAnswer.ANSWERED:
                self._outbox.answered(answered_keys(reply), draft)
            else:
                self._names_all = True
            self._pace.refused(self._outbox.clock())

    def _advice(self, error: Exception) -> str:
        """Return what this worker's Redis user most likely lacks: the rule has grown with the script."""
        if not isinstance(error, NoPermissionError) and not any(sign in str(error) for sign in REFUSED_IN_SCRIPT):
            return ""
        return f". A worker's Redis user needs the key {self._keys.runs!r} and the commands HLEN and HMGET, too"

    def _written(self, draft: Draft, started_at: float, size_bytes: int, channel_error: str) -> None:
        with self._confirmed:
            self._pace.took(started_at, size_bytes)
            self._outbox.confirmed(draft)
            self._confirmed.notify_all()
        if self._unavailable_since is not None:
            outage_seconds = time.monotonic() - self._unavailable_since
            logger.info("Redis accepts this worker's reports again, after %.1f s", outage_seconds)
            self._unavailable_since = None
        if channel_error and channel_error != self._channel_error:
            self._reporter.always(
                RedisUnavailableError(
                    f"Redis stores this worker's reports but does not publish them on the channel: {channel_error}. "
                    f"Dashboards see changes late; allow PUBLISH on {self._keys.events!r}"
                )
            )
        self._channel_error = channel_error

    def _failed(self, reason: str) -> None:
        with self._lock:
            self._pace.failed(self._outbox.clock())
        self._names_all = True  # a Redis that comes back may be empty, and a goodbye is tried only once
        if self._writer is not None:  # a new connection resolves the server's name again
            self._writer.close()
        if self._unavailable_since is None:
            self._unavailable_since = time.monotonic()
            self._reporter.always(
                RedisUnavailableError(
                    f"Redis does not accept this worker's reports: {reason}. "
                    "The agent is not affected; the publisher keeps trying"
                )
            )


def _let_others_run(is_long: bool) -> None:
    """Give the interpreter away between two steps of a long report, so that the agent does not wait for all of them."""
    if is_long:
        time.sleep(PAUSE_SECONDS)
