"""Checks of a stream through any proxies on the way: its first event, a change, and an idle time.

To make a change, the doctor is a worker for a moment. Its session is `doctor:<number>`.
"""

import json
import random
import threading
import time
from collections.abc import Callable, Iterator
from queue import Empty, Queue
from typing import Final

import httpx
from redis.exceptions import RedisError

from agent_status_gateway.cli.doctor.finding import Finding, note, ok, wrong
from agent_status_gateway.paths import READINESS_PATH, STREAM_PATH
from agent_status_gateway.settings import Settings
from agent_status_publisher import PublisherError, StatusPublisher

CONNECT_SECONDS: Final = 5.0
FIRST_SECONDS: Final = 6.0
CHANGE_SECONDS: Final = 10.0
KEEPALIVE: Final = ": keepalive"
OTHER_HOST: Final = (
    "set AGENT_STATUS_ALLOWED_HOSTS on the gateway to that name, or let the proxy send localhost or an address as Host"
)
NOT_A_GATEWAY: Final = "check that --url is the address of a gateway"
IDLE_TIMEOUT: Final = (
    "a proxy on the way has an idle timeout shorter than the keepalive: raise it, or lower KEEPALIVE_SECONDS"
)
BUFFERED: Final = "a proxy on the way buffers the response: turn its buffering off for this path (see deploy/)"


def check_stream(url: str, key: str | None, settings: Settings, idle_seconds: float) -> Iterator[Finding]:
    """Check the gateway at one address. A first problem may leave the other checks undone."""
    headers = {"Accept": "text/event-stream", **({"X-Status-Key": key} if key else {})}
    try:
        with httpx.Client(base_url=url, headers=headers, timeout=httpx.Timeout(CONNECT_SECONDS, read=None)) as client:
            ready = client.get(READINESS_PATH, timeout=CONNECT_SECONDS)
            if ready.status_code == httpx.codes.MISDIRECTED_REQUEST:
                yield wrong(f"the gateway refuses the host of {url}, or the one that a proxy sends it", OTHER_HOST)
                return
            yield _readiness(ready)
            with client.stream("GET", STREAM_PATH) as response:
                yield from _check_open_stream(response, settings, idle_seconds)
    except httpx.HTTPError as error:
        yield wrong(f"{url} does not answer: {error}", "check --url, and that a gateway runs there")


def _readiness(response: httpx.Response) -> Finding:
    try:
        probe = response.json()
    except ValueError:
        return wrong(f"{READINESS_PATH} answered {response.status_code} without JSON", NOT_A_GATEWAY)
    if response.status_code == httpx.codes.OK:
        channel = probe.get("channel")
        return note(f"the gateway is ready, but {channel}") if channel else ok("the gateway is ready")
    return wrong(f"the gateway is not ready: {probe.get('reason')}", "its snapshot is stale until this is fixed")


def _check_open_stream(response: httpx.Response, settings: Settings, idle_seconds: float) -> Iterator[Finding]:
    if response.status_code == httpx.codes.FORBIDDEN:
        yield wrong("the stream requires a key", "set AGENT_STATUS_API_KEY or use --key-file")
        return
    kind = response.headers.get("content-type", "")
    if response.status_code != httpx.codes.OK or not kind.startswith("text/event-stream"):
        yield wrong(f"the stream answered {response.status_code}, {kind or 'no content type'}", NOT_A_GATEWAY)
        return
    via = response.headers.get("via") or response.headers.get("server")
    if via:
        yield note(f"the stream comes through {via}")
    lines = _Lines(response)
    began_at = time.monotonic()
    if not lines.wait_for(lambda line: line.startswith("data: "), FIRST_SECONDS):
        yield wrong(f"no first event within {FIRST_SECONDS:g} s" + lines.why_over(), BUFFERED)
        return
    yield ok(f"the first event came after {1000 * (time.monotonic() - began_at):.0f} ms")
    yield from _check_change(lines, settings)
    if idle_seconds:
        yield _check_idle(lines, settings, idle_seconds)


class _CannotPublishError(Exception):
    """No change can be published; `finding` says why."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.what)
        self.finding = finding


def _check_change(lines: "_Lines", settings: Settings) -> Iterator[Finding]:
    """Publish as a worker does, and see it on the stream."""
    try:
        written_ms, shown_ms = _make_change(lines, settings)
    except _CannotPublishError as error:
        yield error.finding
        return
    if shown_ms is not None:
        yield ok(f"a worker's report was in Redis after {written_ms:.0f} ms and on the stream after {shown_ms:.0f} ms")
    else:
        what = f"a change did not reach the stream within {CHANGE_SECONDS:g} s"
        same = "check that the gateway at --url reads this Redis and this namespace; if it does, "
        yield wrong(what + lines.why_over(), same + BUFFERED)


def _make_change(lines: "_Lines", settings: Settings) -> tuple[float, float | None]:
    """Milliseconds until a change was in Redis, and until it was on the stream; None if it did not come in time.

    Raises:
        _CannotPublishError: Nothing can be published.
    """
    session_key = f"doctor:{random.randrange(10**6)}"  # noqa: S311 - a name
    errors: list[PublisherError] = []
    try:
        with StatusPublisher(settings.redis_url, namespace=settings.namespace, on_error=errors.append) as publisher:
            began_at = time.monotonic()
            publisher.session(session_key, title="agent-status-gateway doctor")
            if not publisher.flush():
                reason = str(errors[-1]) if errors else "no answer"
                raise _CannotPublishError(
                    note(
                        f"a worker's report cannot be written: {reason}",
                        "this is fine for a gateway's user; give --redis-url a worker's to check the whole way",
                    )
                )
            written_ms = 1000 * (time.monotonic() - began_at)
            is_shown = lines.wait_for(lambda line: _shows(line, session_key), CHANGE_SECONDS)
            shown_ms = 1000 * (time.monotonic() - began_at)
    except (ValueError, RedisError) as error:
        raise _CannotPublishError(wrong(f"nothing can be published: {error}", "check REDIS_URL")) from None
    return written_ms, shown_ms if is_shown else None


def _check_idle(lines: "_Lines", settings: Settings, idle_seconds: float) -> Finding:
    """Wait for a keepalive. Without one, only a change that comes through shows that the stream still works."""
    has_keepalive = lines.wait_for(lambda line: line.startswith(KEEPALIVE), idle_seconds)
    if lines.is_over:
        return wrong("the idle stream was closed" + lines.why_over(), IDLE_TIMEOUT)
    if has_keepalive:
        return ok("the stream stays open while idle, and its keepalive comes through")
    none = f"no keepalive within {idle_seconds:g} s"
    try:
        _, shown_ms = _make_change(lines, settings)
    except _CannotPublishError:
        return note(f"{none}: there were too many events, or KEEPALIVE_SECONDS is longer")
    if shown_ms is None:
        return wrong(f"{none}, and a change after that did not reach the stream" + lines.why_over(), IDLE_TIMEOUT)
    return ok(f"the stream works after {idle_seconds:g} s without a keepalive (KEEPALIVE_SECONDS may be longer)")


def _shows(line: str, session_key: str) -> bool:
    if not line.startswith("data: "):
        return False
    try:
        sessions = json.loads(line.removeprefix("data: "))["sessions"]
    except (ValueError, KeyError, TypeError):
        return False
    return any(row.get("session_key") == session_key for row in sessions)


class _Lines:
    """Lines of a stream as they come. A thread reads them, since reading blocks."""

    def __init__(self, response: httpx.Response) -> None:
        self._queue: Queue[str | None] = Queue()
        self._error = ""
        self.is_over = False
        threading.Thread(target=self._read, args=(response,), name="doctor-stream", daemon=True).start()

    def wait_for(self, is_it: Callable[[str], bool], seconds: float) -> bool:
        """Wait for such a line. False if it does not come in time."""
        give_up_at = time.monotonic() + seconds
        while not self.is_over and (left := give_up_at - time.monotonic()) > 0:
            try:
                line = self._queue.get(timeout=left)
            except Empty:
                return False
            if line is None:
                self.is_over = True
            elif is_it(line):
                return True
        return False

    def why_over(self) -> str:
        """Reason why the stream ended; empty while it is open."""
        return f": it was closed{self._error}" if self.is_over else ""

    def _read(self, response: httpx.Response) -> None:
        try:
            for line in response.iter_lines():
                self._queue.put(line)
        except (httpx.HTTPError, httpx.StreamError) as error:
            self._error = f", {type(error).__name__}"
        self._queue.put(None)
