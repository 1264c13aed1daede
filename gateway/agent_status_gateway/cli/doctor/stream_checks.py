"""Checks of a stream through any proxies on the way: its first event, a change, and an idle time.

A stream of changes is looked at in change_checks.
"""

import json
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Final

import httpx

from agent_status_gateway.cli.doctor.advice import gateway_advice
from agent_status_gateway.cli.doctor.change_checks import check_changes
from agent_status_gateway.cli.doctor.finding import Finding, Verdict, note, ok, wrong
from agent_status_gateway.cli.doctor.open_stream import OpenStream
from agent_status_gateway.cli.doctor.own_session import CannotPublishError, own_session
from agent_status_gateway.cli.doctor.wrong_answers import not_a_gateway, not_a_stream
from agent_status_gateway.cli.http_client import CertificatesError, open_client, within
from agent_status_gateway.cli.proxy import ProxyError
from agent_status_gateway.cli.reading.address import key_headers, parse_address
from agent_status_gateway.cli.reading.problems import ReaderError
from agent_status_gateway.paths import READINESS_PATH
from agent_status_gateway.settings import Settings

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
                with closing(OpenStream(client)) as lines:
                    yield from _check_streams(client, lines, shown, settings, idle_seconds, can_publish=can_publish)
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


def _check_streams(
    client: httpx.Client, lines: OpenStream, url: str, settings: Settings, idle_seconds: float, *, can_publish: bool
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
    is_change_shown = False
    if can_publish:
        yield (finding := _check_change(lines, settings))
        is_change_shown = finding.verdict is Verdict.OK
    yield from check_changes(client, settings, can_publish=is_change_shown)
    if idle_seconds and not lines.is_over:
        yield _check_idle(lines, settings, idle_seconds, can_publish=can_publish)


def _check_change(lines: OpenStream, settings: Settings) -> Finding:
    """Publish as a worker does, and see it on the stream."""
    try:
        written_ms, shown_ms = _make_change(lines, settings)
    except CannotPublishError as error:
        return error.finding
    late_ms = 1000 * (settings.debounce_seconds + LATE_SECONDS)
    written = f"a worker's report was in Redis after {written_ms:.0f} ms"
    if shown_ms is None:
        what = f"a change did not reach the stream within {CHANGE_SECONDS:g} s"
        same = "check that the gateway at --url reads this Redis and this namespace, and that the key may see all of it"
        return wrong(what + lines.why_over(), f"{same}; if so, {BUFFERED}")
    if shown_ms - written_ms > late_ms:
        same = "; if the gateway's DEBOUNCE_SECONDS is longer than the default, set the same here"
        return wrong(f"{written}, but on the stream only after {shown_ms:.0f} ms", BUFFERED + same)
    return ok(f"{written} and on the stream after {shown_ms:.0f} ms")


def _make_change(lines: OpenStream, settings: Settings) -> tuple[float, float | None]:
    """Milliseconds until a change was in Redis, and until it was on the stream; None if it did not come in time.

    Raises:
        CannotPublishError: Nothing can be published.
    """
    with own_session(settings) as (session, began_at, written_ms):
        is_shown = lines.wait_for(lambda line: _shows(line, session.key), CHANGE_SECONDS)
        return written_ms, 1000 * (time.monotonic() - began_at) if is_shown else None


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
    except CannotPublishError:
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
