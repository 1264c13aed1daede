"""Compressed answers and repeated feed events: every client gets the same text, whichever way it is served."""

import gzip
import re

import httpx
import pytest

from agent_status_gateway.fanout.members import rounds as rounds_module
from agent_status_publisher import StatusPublisher
from chaos.clients.sse import Dashboard
from chaos.gateways.gateway_client import STATUS, STREAM
from chaos.gateways.gateway_thread import GatewayThread, Served
from chaos.servers.redis_server import RedisServer
from chaos.wait import wait_until
from tests.support.clients.http import RawClient, stream_request


@pytest.fixture
def gateway(eager_gateway: GatewayThread) -> GatewayThread:
    return eager_gateway


@pytest.mark.parametrize("path", [STATUS, STREAM])
def test_compressed_text_is_the_same_text(gateway: GatewayThread, publisher: StatusPublisher, path: str) -> None:
    for number in range(50):
        publisher.session(f"web:{number:02}", title="ü" * 20)
    wait_until(lambda: len(gateway.states()) == 50, "the gateway knows the sessions")
    with httpx.stream("GET", gateway.url + path, headers={"Accept-Encoding": "gzip"}, timeout=8) as response:
        assert response.headers["content-encoding"] == "gzip"
        assert "accept-encoding" in response.headers["vary"].lower()
        text = ""
        for part in response.iter_text():
            text += part
            if text.endswith(("\n\n", "]}")):
                break
    assert text.count("ü") == 1000


def test_a_compressed_stream_delivers_everything_at_once_and_ends_with_the_right_checksum(
    gateway: GatewayThread, publisher: StatusPublisher
) -> None:
    gzipped = stream_request(query="?events=all", headers="Accept-Encoding: gzip\r\nConnection: close\r\n")
    publisher.flush()
    wait_until(lambda: gateway.get().json()["global"]["max_concurrent"] > 0, "the worker is in the first snapshot")
    with (
        Dashboard(gateway.url, f"{STREAM}?events=all", "Connection: close\r\n") as plain,
        RawClient(gateway.port, gzipped) as client,
    ):
        plain.wait_for({})
        for number in range(10):
            publisher.publish("web:1", "tool_running", tool_name=f"tool-{number}")
            publisher.flush()
        wait_until(lambda: "tool-9" in str(plain.statuses[-1].data), "the last one has come")
        gateway.drain()
        head, _, rest = client.wait_for_end().partition(b"\r\n\r\n")
        wait_until(lambda: plain.has_ended, "the other stream has ended")
    assert b"content-encoding: gzip" in head
    text = gzip.decompress(_unchunked(rest) if b"chunked" in head else rest)
    assert _without_chance(text) == _without_chance(plain.body)


@pytest.mark.slow
def test_a_stream_that_asked_for_feed_events_gets_the_state_again_and_another_gets_nothing(
    real_redis: RedisServer, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounds_module, "FEED_SECONDS", 0.2)
    gzipped = stream_request(query="?events=all", headers="Accept-Encoding: gzip\r\n")
    with (
        GatewayThread(real_redis.url, served, keepalive_seconds=3600) as gateway,
        Dashboard(gateway.ready().url, STREAM) as plain,
        RawClient(gateway.port, gzipped) as compressed,
        Dashboard(gateway.url, f"{STREAM}?events=all") as curious,
    ):
        wait_until(lambda: curious.body.count(b"event: feed") >= 3, "the state is repeated", 10)
        feeds = [event.data for event in curious.events if event.name == "feed"]
        gateway.drain()
        body = compressed.wait_for_end().partition(b"\r\n\r\n")[2]
    assert {feed["state"] for feed in feeds} == {"live"}
    assert [feed["since_seconds"] for feed in feeds] == sorted(feed["since_seconds"] for feed in feeds)
    text = gzip.decompress(_unchunked(body))
    assert text.count(b"event: feed") >= 3
    assert plain.body.count(b"event:") == 1
    assert b": keepalive" not in plain.body


def _unchunked(body: bytes) -> bytes:
    text = b""
    while body != b"0\r\n\r\n":
        size, _, body = body.partition(b"\r\n")
        text += body[: int(size, 16)]
        body = body[int(size, 16) + 2 :]
    return text


def _without_chance(text: bytes) -> bytes:
    """Without what differs from client to client, and from moment to moment."""
    return re.sub(rb'retry: \d+|"(duration|uptime|since)_seconds":[\d.]+', b"", text)
