"""Clients that join while the first event of a large snapshot is not made yet: they wait, and nobody waits for them."""

import gzip
import json
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from agent_status_gateway import tasks
from agent_status_gateway.fanout import audience
from agent_status_gateway.fanout.events import frames
from agent_status_gateway.state.steps import Steps
from agent_status_publisher import StatusPublisher
from chaos.gateways.gateway_client import STREAM
from chaos.gateways.gateway_thread import GatewayThread, Served
from chaos.servers.redis_server import RedisServer
from chaos.wait import wait_until
from chaos.workers.reports import record, report
from tests.support.clients.http import RawClient, stream_request

SESSIONS = 300
CLOSE = "Connection: close\r\n"
GZIP = "Accept-Encoding: gzip\r\n"
LIVEZ = "GET /livez HTTP/1.1\r\nHost: localhost\r\n"
KINDS = {
    "chunks of HTTP/1.1": ("1.1", ""),
    "HTTP/1.0": ("1.0", ""),
    "gzip in chunks": ("1.1", GZIP),
    "gzip on HTTP/1.0": ("1.0", GZIP),
}
"""The version and the headers of a request for a stream."""


@pytest.fixture
def gateway(real_redis: RedisServer, served: Served, monkeypatch: pytest.MonkeyPatch) -> Iterator[GatewayThread]:
    """A gateway to which a few hundred sessions are a large fleet, with these sessions on it."""
    monkeypatch.setattr(audience, "SHORT_ROWS", 10)
    monkeypatch.setattr(frames, "STEP_ROWS", 10)
    monkeypatch.setattr(tasks, "STEP_SECONDS", 0.0)
    with (
        StatusPublisher(real_redis.url) as publisher,
        GatewayThread(real_redis.url, served, debounce_seconds=0, drain_seconds=0.1, keepalive_seconds=3600) as made,
    ):
        for number in range(SESSIONS):
            publisher.session(f"web:{number:03}", title="ü" * 20)
        publisher.flush()
        wait_until(lambda: len(made.ready().states()) == SESSIONS, "the gateway knows the sessions")
        yield made


@contextmanager
def busy(gateway: GatewayThread) -> Iterator[None]:
    """A time in which the gateway takes in reports, so that it cannot make a frame."""
    lock = gateway.app.replica.pipeline._settling.lock

    async def release() -> None:
        lock.release()

    gateway.run(lock.acquire())
    try:
        yield
    finally:
        gateway.run(release())


def clients(gateway: GatewayThread) -> int:
    return int(re.findall(r"^agent_status_clients (\d+)", gateway.get("/metrics").text, re.MULTILINE)[0])


def body_of(client: RawClient, *, is_whole: bool = False) -> bytes:
    """The text that a stream has brought so far. A whole one must have a clean end, and gzip's checksum with it."""
    head, _, body = client.received.partition(b"\r\n\r\n")
    if b"transfer-encoding: chunked" in head.lower():
        assert body.endswith(b"0\r\n\r\n") or not is_whole
        body = unchunked(body)
    if b"content-encoding: gzip" in head.lower():
        body = gzip.decompress(body) if is_whole else zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(body)
    return body


def unchunked(body: bytes) -> bytes:
    text = b""
    while size := int(body.partition(b"\r\n")[0] or b"0", 16):
        _, _, body = body.partition(b"\r\n")
        text, body = text + body[:size], body[size + 2 :]
    return text


def statuses(client: RawClient) -> list[dict[str, Any]]:
    return [json.loads(data) for data in re.findall(rb"^data: (\{.*\})\nid: \w+\n\n", body_of(client), re.MULTILINE)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_stream_opens_at_once_and_its_first_event_comes_when_it_is_made(gateway: GatewayThread, kind: str) -> None:
    version, headers = KINDS[kind]
    request = stream_request(version=version, headers=headers + CLOSE)
    with busy(gateway):
        client = RawClient(gateway.port, request)
        wait_until(lambda: re.fullmatch(rb"retry: [1-4]\d{3}\n", body_of(client)), "the stream begins")
        assert clients(gateway) == 1
    with client:
        wait_until(lambda: statuses(client), "the first event comes")
        assert re.fullmatch(rb"retry: \d{4}\nevent: status\ndata: \{.*\}\nid: [0-9a-f]{32}\n\n", body_of(client))
        assert len(statuses(client)[0]["sessions"]) == SESSIONS
        with StatusPublisher(gateway.app.replica.settings.redis_url) as other:
            other.session("tg:1")
            other.flush()
            wait_until(lambda: len(statuses(client)[-1]["sessions"]) == SESSIONS + 1, "the next event comes")
        gateway.drain()
        client.wait_for_end()
    assert body_of(client, is_whole=True).count(b"event: status") >= 2


def test_all_that_wait_get_the_same_first_event_and_it_is_made_once(gateway: GatewayThread) -> None:
    def encoded() -> float:
        text = gateway.get("/metrics").text
        return float(re.findall(r"^agent_status_frames_encoded_total (\S+)", text, re.MULTILINE)[0])

    before = encoded()
    with busy(gateway):
        joiners = [RawClient(gateway.port, stream_request(headers=headers)) for headers in ("", "", GZIP, GZIP)]
        wait_until(lambda: clients(gateway) == len(joiners), "all have joined")
    try:
        for joiner in joiners:
            wait_until(lambda waiting=joiner: statuses(waiting), "its first event comes")  # type: ignore[misc]
        assert len({body_of(joiner).partition(b"event: ")[2] for joiner in joiners}) == 1
        assert encoded() - before <= 2, "one for them, and one at most that was asked for by something else"
    finally:
        for joiner in joiners:
            joiner.close()


def test_other_requests_are_answered_during_the_wait(gateway: GatewayThread) -> None:
    with busy(gateway), RawClient(gateway.port, stream_request()) as client:
        client.wait_for(b"retry: ")
        assert gateway.get("/livez").is_success
        head = stream_request(method="HEAD") + LIVEZ + CLOSE + "\r\n"
        with RawClient(gateway.port, head) as asker:
            answers = asker.wait_for_end()
        assert answers.count(b"HTTP/1.1 200") == 2, "HEAD has no body to wait for"
        assert b"text/event-stream" in answers


def test_a_client_that_leaves_before_its_first_event_is_forgotten(gateway: GatewayThread) -> None:
    with busy(gateway):
        for _ in range(3):
            with RawClient(gateway.port, stream_request()) as leaver:
                leaver.wait_for(b"retry: ")
        stayer = RawClient(gateway.port, stream_request())
        wait_until(lambda: clients(gateway) == 1, "only the last one is there")
    with stayer:
        wait_until(lambda: statuses(stayer), "its first event comes")
    wait_until(lambda: clients(gateway) == 0, "nobody is left")
    assert len(gateway.app.replica.hub) == 0


def test_a_stream_that_asked_for_feed_events_gets_the_snapshot_first(gateway: GatewayThread) -> None:
    with busy(gateway):
        client = RawClient(gateway.port, stream_request(query="?events=all"))
        client.wait_for(b"retry: ")
    with client:
        wait_until(lambda: body_of(client).count(b"\n\n") == 2, "both events come")
        assert re.findall(rb"^event: (\w+)$", body_of(client), re.MULTILINE) == [b"status", b"feed"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_drain_ends_the_streams_of_those_that_wait_cleanly(gateway: GatewayThread, kind: str) -> None:
    version, headers = KINDS[kind]
    request = stream_request(version=version, headers=headers + CLOSE)
    with busy(gateway), RawClient(gateway.port, request) as client:
        wait_until(lambda: body_of(client), "the stream begins")
        gateway.drain()
        client.wait_for_end()
    text = body_of(client, is_whole=True)
    assert re.fullmatch(rb"(retry: [1-4]\d{3}\n)+", text), "the wait before it comes back, and no event"
    assert gateway.get(STREAM).status_code == 503


def test_a_report_that_comes_while_the_window_closes_does_not_wait_for_another(
    real_redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with GatewayThread(real_redis.url, debounce_seconds=3) as gateway:  # both reports come in it, whatever the load
        pipeline = gateway.ready().app.replica.pipeline
        settling, late = pipeline._settling, report(1, record("late"))
        look = settling.current.look

        def look_while_a_report_comes() -> Steps[None]:
            is_closing = pipeline._audiences.plain.debounce.is_open
            yield from look()
            if is_closing:
                settling.inbox.put(late, pipeline._clock())

        monkeypatch.setattr(settling.current, "look", look_while_a_report_comes)
        with StatusPublisher(real_redis.url, heartbeat_seconds=60, lease_seconds=180) as publisher:
            session = publisher.session("web:1")
            publisher.flush()
            session.streaming()  # this waits in the inbox, and is read when the window closes
            publisher.flush()
            wait_until(lambda: pipeline._fleet.worker("late"), "it is taken in")
