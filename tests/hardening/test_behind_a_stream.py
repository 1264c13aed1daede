"""What a client may try on a connection with an open stream, and what it costs: its own place, nobody else's."""

import re
from collections.abc import Iterator

import pytest
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from agent_status_gateway.fanout.events.encoders import Chunked
from agent_status_gateway.server.request_limits import MAX_BEHIND
from chaos.clients.sse import Dashboard
from chaos.gateways.gateway_thread import EVERY_WAY, GatewayThread, Served
from chaos.servers.redis_server import RedisServer
from chaos.wait import wait_until
from tests.integration.conftest import way
from tests.support.clients.http import RawClient, stream_request

OURS = [way(name) for name in EVERY_WAY if name.startswith("connection")]
GET = "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"
UPGRADE = (
    "GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)

pytestmark = pytest.mark.parametrize("served", OURS, indirect=True)


@pytest.fixture
def gateway(real_redis: RedisServer, served: Served) -> Iterator[GatewayThread]:
    with GatewayThread(real_redis.url, served) as made:
        yield made.ready()


def clients(gateway: GatewayThread) -> int:
    return int(re.findall(r"^agent_status_clients (\d+)", gateway.get("/metrics").text, re.MULTILINE)[0])


def behind(text: str) -> str:
    return stream_request() + text


@pytest.mark.parametrize("text", [GET, "POST /livez HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nbody"])
def test_a_client_that_leaves_with_a_request_behind_the_stream_is_seen_to_leave(
    gateway: GatewayThread, text: str
) -> None:
    with RawClient(gateway.port, behind(text)) as client:
        client.wait_for(b"retry: ")
        assert clients(gateway) == 1
    wait_until(lambda: clients(gateway) == 0, "the place is free")


@pytest.mark.parametrize("beginning", ["G", "GET /livez HTTP/1.1\r\nHost: loc"])
def test_a_request_that_has_begun_to_arrive_when_a_stream_is_opened_waits_behind_it(
    gateway: GatewayThread, beginning: str
) -> None:
    rest = GET.removeprefix(beginning)
    with RawClient(gateway.port, GET + stream_request() + beginning) as client:
        client.wait_for(b"retry: ")
        client.send(rest)
        client.send(GET)
        gateway.drain()
        client.wait_for_count(b"HTTP/1.1 200 OK", 4)
        client.wait_for_count(b'{"status":"ok"}', 3)


@pytest.mark.parametrize(
    "text",
    [
        GET * (MAX_BEHIND + 1),
        "POST /livez HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999999\r\n\r\n" + "x" * 200_000,
    ],
    ids=["many requests", "a large body"],
)
def test_a_client_that_sends_too_much_behind_the_stream_is_aborted(gateway: GatewayThread, text: str) -> None:
    with Dashboard(gateway.url) as other:
        other.wait_for_first()
        with RawClient(gateway.port, behind(text)) as client:
            client.wait_for_end()
            wait_until(lambda: clients(gateway) == 1, "the place is free")
        assert not other.has_ended


def test_a_websocket_behind_the_stream_does_not_take_the_connection_from_under_it(
    gateway: GatewayThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(HttpToolsProtocol, "_should_upgrade_to_ws", lambda _: True)  # as with a library for it
    with RawClient(gateway.port, behind(UPGRADE)) as client:
        client.wait_for_end()
        wait_until(lambda: clients(gateway) == 0, "the place is free")


def test_a_stream_that_cannot_be_opened_is_cut_off_and_logged_and_takes_no_place(
    gateway: GatewayThread, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> bytes:
        raise RuntimeError("a defect")

    with monkeypatch.context() as patch:
        patch.setattr(Chunked, "first", fail)
        with RawClient(gateway.port, stream_request()) as client:
            assert client.wait_for_end() == b""
    assert "a stream could not be opened" in caplog.text
    assert clients(gateway) == 0
    with Dashboard(gateway.url) as next_one:
        next_one.wait_for_first()
