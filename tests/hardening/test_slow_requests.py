"""Clients that take their time: each has so long, and holds nothing that others need."""

import socket
import time
from collections.abc import Iterator

import pytest

from agent_status_gateway.server import request_limits as limited
from chaos.clients.sse import Dashboard
from chaos.gateways.gateway_process import STREAM, GatewayProcess
from chaos.gateways.gateway_thread import EVERY_WAY, GatewayThread, Served
from chaos.servers.redis_server import RedisServer
from chaos.wait import wait_until
from tests.integration.conftest import way
from tests.support.clients.http import RawClient, stream_request

OURS = [way(name) for name in EVERY_WAY if name.startswith("connection")]
SECONDS = 0.5
UNFINISHED = {
    "nothing": "",
    "line ends only": "\r\n\r\n",
    "half a line": "GET /api",
    "half a head": "GET /livez HTTP/1.1\r\nHost: localhost\r\nX-Half: ",
    "half a body": "POST /api/v1/agent/status/ticket HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf",
    "half of a second request": "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\nGET /livez HTTP/1.1\r\nHost:",
}


@pytest.fixture
def gateway(real_redis: RedisServer, served: Served, monkeypatch: pytest.MonkeyPatch) -> Iterator[GatewayThread]:
    monkeypatch.setattr(limited, "REQUEST_SECONDS", SECONDS)
    with GatewayThread(real_redis.url, served) as made:
        yield made.ready()


@pytest.mark.parametrize("served", OURS, indirect=True)
@pytest.mark.parametrize("text", UNFINISHED.values(), ids=UNFINISHED.keys())
@pytest.mark.slow
def test_a_request_that_does_not_come_whole_in_time_is_given_up(gateway: GatewayThread, text: str) -> None:
    with RawClient(gateway.port, text) as client:
        client.wait_for_end()


@pytest.mark.parametrize("served", OURS, indirect=True)
def test_a_head_that_comes_byte_by_byte_gets_no_more_time_for_it(gateway: GatewayThread) -> None:
    began_at = time.monotonic()
    with RawClient(gateway.port, "GET / HTTP/1.1\r\n") as client:

        def drips() -> bool:
            try:
                client.send("X")
            except OSError:
                return True
            return client.has_ended

        wait_until(drips, "the server ends it")
    assert time.monotonic() - began_at < SECONDS + 4
    assert b" 408 " in client.received


@pytest.mark.parametrize("served", OURS, indirect=True)
def test_an_open_stream_owes_nothing(gateway: GatewayThread) -> None:
    with Dashboard(gateway.url) as dashboard, RawClient(gateway.port, "") as silent:
        dashboard.wait_for_first()
        silent.wait_for_end()  # its time was over
        assert gateway.get("/livez").is_success
        assert not dashboard.has_ended


@pytest.mark.slow
def test_three_hundred_half_requests_take_no_place_of_others(attacked: GatewayProcess) -> None:
    clients = [socket.create_connection(("127.0.0.1", attacked.port)) for _ in range(300)]
    for number, client in enumerate(clients):
        client.sendall(list(UNFINISHED.values())[number % len(UNFINISHED)].encode())
    assert attacked.get("/livez").is_success
    for client in clients:
        client.close()


@pytest.mark.slow
def test_clients_that_read_a_byte_a_second_cost_others_nothing(attacked: GatewayProcess) -> None:
    slow = [RawClient(attacked.port, stream_request(), reads=False, receive_bytes=2048) for _ in range(50)]
    for client in slow:
        client.read_one()
    assert attacked.get(STREAM, params={"events": "wrong"}).status_code == 422
    for client in slow:
        client.read_one()
        client.close()
