"""Who sends too much is refused, with the status that says what was too much, and what was sent is not kept."""

import httpx
import pytest

from agent_status_gateway.server.request_limits import MAX_FRAMING_BYTES, MAX_TARGET_BYTES
from chaos.gateways.gateway_process import STATUS, STREAM, GatewayProcess
from chaos.gateways.gateway_thread import GatewayThread
from chaos.servers.redis_server import RedisServer
from chaos.wait import wait_until
from tests.support.clients.http import RawClient

HEAD = "GET /livez HTTP/1.1\r\nHost: localhost\r\n"
CHUNKED = "POST /livez HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
ENDLESS = {
    "a header": (HEAD + "X-Long: ", "x"),
    "headers": (HEAD, "X-More: x\r\n"),
    "a method": ("", "G"),
    "a path": ("GET /", "x"),
    "a chunk's extension": (CHUNKED + "1;", "x"),
    "trailers": (CHUNKED + "0\r\n", "X-More: x\r\n"),
    "a trailer": (CHUNKED + "0\r\nX-Long: ", "x"),
}
ENDLESS_BYTES = 2000 * MAX_FRAMING_BYTES
"""More than sockets' buffers hold: what they take, a busy gateway has not read."""


@pytest.mark.parametrize(("begin", "more"), ENDLESS.values(), ids=ENDLESS.keys())
@pytest.mark.slow
def test_what_has_no_end_is_not_read_to_it(attacked: GatewayProcess, begin: str, more: str) -> None:
    part = more * (4096 // len(more))
    sent = 0
    with RawClient(attacked.port, begin) as client:
        while not client.has_ended and sent < ENDLESS_BYTES:
            try:
                client.send(part)
            except OSError:
                break
            sent += len(part)
        client.wait_for_end()
    assert sent < ENDLESS_BYTES


@pytest.mark.parametrize("path", [STREAM, STATUS, "/livez", "/metrics", "/", "/nowhere"])
@pytest.mark.slow
def test_a_query_of_any_size_is_refused_everywhere(attacked: GatewayProcess, path: str) -> None:
    response = attacked.get(path + "?key=" + "x" * MAX_TARGET_BYTES)
    assert response.status_code == httpx.codes.REQUEST_URI_TOO_LONG
    assert str(MAX_TARGET_BYTES) in response.json()["detail"]


def test_a_query_of_many_fields_is_served_like_one_of_few(attacked: GatewayProcess) -> None:
    query = "&".join(["key=x"] * (MAX_TARGET_BYTES // 6 - 100))
    for path in (STREAM, STATUS):
        with httpx.stream("GET", f"{attacked.url}{path}?{query}", timeout=5) as response:
            assert response.status_code == httpx.codes.OK


def test_a_body_that_nobody_asked_for_is_not_kept(attacked: GatewayProcess) -> None:
    for method, path in (("POST", "/api/v1/agent/status/ticket"), ("GET", STATUS), ("PUT", "/livez")):
        response = httpx.request(method, attacked.url + path, content=b"x" * 20_000_000, timeout=20)
        assert response.status_code in {200, 405, 422}, "a ticket asks for a body, and this one is too long"


def test_a_client_that_asks_too_often_gets_a_time_to_ask_again_and_the_probes_answer(real_redis: RedisServer) -> None:
    with GatewayThread(real_redis.url, max_requests_per_second=2, api_key="geheim") as gateway:
        gateway.ready()
        answers = [gateway.get(STATUS, headers={"X-Status-Key": f"guess-{number}"}) for number in range(5)]
        assert [answer.status_code for answer in answers] == [403, 403, 429, 429, 429]
        assert answers[-1].headers["Retry-After"] == "1"
        assert gateway.probe("/healthz") == httpx.codes.OK
        wait_until(lambda: gateway.get(STATUS, headers={"X-Status-Key": "geheim"}).is_success, "it may ask again")
