"""Checks of a stream through any proxies on the way: its first event, a change, and an idle time.

To make a change, the doctor is a worker for a moment. Its session is `doctor:<number>`.
"""

import json
import logging
import random
import time
from collections.abc import Iterator
from typing import Final

import httpx
from redis.exceptions import RedisError

from agent_status_gateway.cli.doctor.advice import gateway_advice
from agent_status_gateway.cli.doctor.finding import Finding, note, ok, wrong
from agent_status_gateway.cli.doctor.open_stream import OpenStream
from agent_status_gateway.cli.doctor.wrong_answers import not_a_gateway, not_a_stream
from agent_status_gateway.cli.http_client import CertificatesError, open_client, within
from agent_status_gateway.cli.proxy import ProxyError
from agent_status_gateway.cli.reader import ReaderError, key_headers, parse_address
from agent_status_gateway.paths import READINESS_PATH
from agent_status_gateway.settings import Settings
from agent_status_publisher import PublisherError, StatusPublisher

CONNECT_SECONDS: Final = 5.0
ANSWER_SECONDS: Final = 10.0
"""Seconds in which the whole answer of a probe must come."""
LATE_SECONDS: Final = 2.0
"""Seconds after which what a gateway sends at once has been held back."""
FIRST_SECONDS: Final = 6.0
CHANGE_SECONDS: Final = 10.0
KEEPALIVE: Final = ": keepalive"
IDLE_TIMEOUT: Final = (
    "a proxy on the way has an idle timeout shorter than the keepalive: raise it, or lower KEEPALIVE_SECONDS"
)
BUFFERED: Final = "a proxy on the way buffers the response: turn its buffering off for this path (see deploy/)"


def check_stream(
    url: str, key: str | None, settings: Settings, idle_seconds: float, *, can_publish: bool
) -> Iterator[Finding]:
    """Check the gateway at one address. A first problem may leave the other checks undone.

    Args:
        url: The gateway's address.
        key: The key to send.
        settings: The settings by which a change is published.
        idle_seconds: Seconds to watch an idle stream; 0 skips it.
        can_publish: False if Redis cannot be used, which has been said.
    """
    shown = url
    try:
        shown, address = parse_address(url)
        headers = {b"Accept": b"text/event-stream", **key_headers(key)}
        with open_client(address, headers, httpx.Timeout(CONNECT_SECONDS, read=None)) as client:
            ready = within(ANSWER_SECONDS, lambda: client.get(READINESS_PATH, timeout=CONNECT_SECONDS))
            yield (problem := not_a_gateway(ready, shown)) or _readiness(ready)
            if problem is None:
                yield from _check_open_stream(
                    OpenStream(client), shown, settings, idle_seconds, can_publish=can_publish
                )
    except (ReaderError, ProxyError, CertificatesError) as error:
        yield wrong(str(error))
    except httpx.HTTPError as error:
        yield wrong(f"{shown} does not answer: {str(error) or type(error).__name__}", gateway_advice(error))


def _readiness(response: httpx.Response) -> Finding:
    probe = response.json()
    if response.status_code == httpx.codes.OK:
        channel = probe.get("channel")
        return note(f"the gateway is ready, but {channel}") if channel else ok("the gateway is ready")
    return wrong(f"the gateway is not ready: {probe['reason']}", "its snapshot is stale until this is fixed")


def _check_open_stream(
    lines: OpenStream, url: str, settings: Settings, idle_seconds: float, *, can_publish: bool
) -> Iterator[Finding]:
    try:
        response = lines.response(FIRST_SECONDS)
    except TimeoutError:
        yield wrong(f"the stream's headers did not come within {FIRST_SECONDS:g} s", BUFFERED)
        return
    if (problem := not_a_stream(response, url)) is not None:
        yield problem
        return
    via = response.headers.get("via") or response.headers.get("server")
    if via:
        yield note(f"the stream comes through {via}")
    if not lines.wait_for(lambda line: line.startswith("data: "), FIRST_SECONDS):
        yield wrong(f"no first event within {FIRST_SECONDS:g} s" + lines.why_over(), BUFFERED)
        return
    first_ms = 1000 * (time.monotonic() - lines.began_at)
    if first_ms > 1000 * LATE_SECONDS:
        yield wrong(f"the first event came only after {first_ms:.0f} ms, though a gateway sends it at once", BUFFERED)
        return
    yield ok(f"the first event came after {first_ms:.0f} ms")
    if can_publish:
        yield from _check_change(lines, settings)
    if idle_seconds and not lines.is_over:
        yield _check_idle(lines, settings, idle_seconds, can_publish=can_publish)


class _CannotPublishError(Exception):
    """No change can be published; `finding` says why."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.what)
        self.finding = finding


def _check_change(lines: OpenStream, settings: Settings) -> Iterator[Finding]:
    """Publish as a worker does, and see it on the stream."""
    try:
        written_ms, shown_ms = _make_change(lines, settings)
    except _CannotPublishError as error:
        yield error.finding
        return
    late_ms = 1000 * (settings.debounce_seconds + LATE_SECONDS)
    if shown_ms is not None and shown_ms - written_ms > late_ms:
        what = (
            f"a worker's report was in Redis after {written_ms:.0f} ms, but on the stream only after {shown_ms:.0f} ms"
        )
        same = "; if the gateway's DEBOUNCE_SECONDS is longer than the default, set the same here"
        yield wrong(what, BUFFERED + same)
    elif shown_ms is not None:
        yield ok(f"a worker's report was in Redis after {written_ms:.0f} ms and on the stream after {shown_ms:.0f} ms")
    else:
        what = f"a change did not reach the stream within {CHANGE_SECONDS:g} s"
        same = "check that the gateway at --url reads this Redis and this namespace; if it does, "
        yield wrong(what + lines.why_over(), same + BUFFERED)


def _make_change(lines: OpenStream, settings: Settings) -> tuple[float, float | None]:
    """Milliseconds until a change was in Redis, and until it was on the stream; None if it did not come in time.

    Raises:
        _CannotPublishError: Nothing can be published.
    """
    session_key = f"doctor:{random.randrange(10**6)}"  # noqa: S311 - a name
    errors: list[PublisherError] = []
    logging.getLogger("agent_status_publisher").addHandler(logging.NullHandler())  # its errors are findings here
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


def _check_idle(lines: OpenStream, settings: Settings, idle_seconds: float, *, can_publish: bool) -> Finding:
    """Wait for a keepalive. Without one, only a change that comes through shows that the stream still works."""
    has_keepalive = lines.wait_for(lambda line: line.startswith(KEEPALIVE), idle_seconds)
    if lines.is_over:
        return wrong("the idle stream was closed" + lines.why_over(), IDLE_TIMEOUT)
    if has_keepalive:
        return ok("the stream stays open while idle, and its keepalive comes through")
    none = f"no keepalive within {idle_seconds:g} s"
    try:
        _, shown_ms = _make_change(lines, settings) if can_publish else (0.0, None)
    except _CannotPublishError:
        can_publish = False
    if not can_publish:
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
