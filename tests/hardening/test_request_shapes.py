"""Requests that no client sends, and that servers and proxies have been known to take for two, or for another one."""

import re

import pytest

from chaos.gateways.gateway_process import STATUS, STREAM, GatewayProcess
from tests.support.clients.http import RawClient

SMUGGLED = "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
POST = "POST /livez HTTP/1.1\r\nHost: localhost\r\n"
AMBIGUOUS = {
    "a length and chunks": POST + f"Content-Length: {len(SMUGGLED) + 5}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two lengths": POST + "Content-Length: 0\r\nContent-Length: 44\r\n\r\n",
    "a list of lengths": POST + "Content-Length: 0, 44\r\n\r\n",
    "a signed length": POST + "Content-Length: +0\r\n\r\n",
    "a negative length": POST + "Content-Length: -1\r\n\r\n",
    "a length that is no number": POST + "Content-Length: 0x0\r\n\r\n",
    "a length over all bounds": POST + "Content-Length: 99999999999999999999999\r\n\r\n",
    "an encoding with a space before it": POST + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "an encoding that is not chunked": POST + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "an encoding that is not last": POST + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "two encodings": POST + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "a folded encoding": POST + "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    "a chunk's length that is no number": POST + "Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
    "a chunk's length over all bounds": POST + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n\r\n",
    "a header without a name": POST + ": x\r\n\r\n",
    "a header with a line end in it": POST + "X-A: b\rc\r\n\r\n",
    "a header with a zero in it": POST + "X-A: b\0c\r\n\r\n",
    "a space before a header": POST + " X-A: b\r\n\r\n",
    "line feeds alone": "POST /livez HTTP/1.1\nHost: localhost\n\n",
    "another protocol": "POST /livez HTTP/9.9\r\nHost: localhost\r\n\r\n",
    "no protocol": "POST /livez\r\n\r\n",
}
GARBAGE = {
    "the start of TLS": "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "the start of HTTP/2": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "zeros": "\0" * 2000,
    "a method in lower case": "get / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "Redis": "*1\r\n$4\r\nPING\r\n",
}
ELSEWHERE = [
    "//api/v1/agent/status/stream",
    "/api/v1/agent/status/stream/",
    "/api/v1/agent/status//stream",
    "/api/v1/agent/status/./stream",
    "/x/../api/v1/agent/status/stream",
    "/api/v1/agent/status/stream%00",
    "/api/v1/agent/status/stream%0d%0aX-A:%20b",
    "/API/v1/agent/status/stream",
    "/api/v1/agent/status/stream;key=x",
    "/%2e%2e/%2e%2e/etc/passwd",
    "/..%2f..%2fetc%2fpasswd",
    "/%ff%fe",
    "/%",
]


def statuses(received: bytes) -> list[int]:
    return [int(status) for status in re.findall(rb"^HTTP/1\.1 (\d{3}) ", received, re.MULTILINE)]


@pytest.mark.parametrize("text", AMBIGUOUS.values(), ids=AMBIGUOUS.keys())
@pytest.mark.slow
def test_what_could_be_two_requests_is_never_one_that_hides_another(attacked: GatewayProcess, text: str) -> None:
    """Either all is refused, or the first is answered and what follows is plainly the next; never a guess."""
    with RawClient(attacked.port, text + SMUGGLED) as client:
        answers = statuses(client.wait_for_end())
    assert answers in ([400], [405, 400], [405], [405, 200]), client.received[:500]
    if answers == [405, 200]:
        assert text in IS_PLAIN_TO_ALL, "a proxy in front may have seen it otherwise"


IS_PLAIN_TO_ALL = {AMBIGUOUS["line feeds alone"]}


@pytest.mark.parametrize("text", GARBAGE.values(), ids=GARBAGE.keys())
def test_garbage_is_an_error_and_the_connection_ends(attacked: GatewayProcess, text: str) -> None:
    with RawClient(attacked.port, text) as client:
        assert statuses(client.wait_for_end()) in ([400], [], [404])


@pytest.mark.parametrize("path", ELSEWHERE)
def test_another_path_is_not_the_stream_and_says_so(attacked: GatewayProcess, path: str) -> None:
    with RawClient(attacked.port, f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n") as client:
        received = client.wait_for_end()
    assert statuses(received) in ([404], [400]), received[:300]
    assert b"event: status" not in received
    assert b"\r\nX-A" not in received
    assert b"root:" not in received


@pytest.mark.parametrize("path", [STREAM, STATUS, "/livez", "/metrics", "/"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "PROPFIND"])
def test_a_method_that_means_nothing_here_does_nothing(attacked: GatewayProcess, path: str, method: str) -> None:
    target = "x:80" if method == "CONNECT" else path
    with RawClient(
        attacked.port, f"{method} {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    ) as client:
        assert statuses(client.wait_for_end())[0] in {400, 404, 405, 501}, client.received[:300]


@pytest.mark.parametrize("part", ["query", "header", "key"])
def test_bytes_that_are_not_text_are_a_wrong_value_and_not_a_server_error(attacked: GatewayProcess, part: str) -> None:
    bad = "\udcff\udcfe\udc80"
    text = {
        "query": f"GET {STREAM}?events={bad} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        "header": f"GET {STATUS} HTTP/1.1\r\nHost: localhost\r\nOrigin: {bad}\r\nConnection: close\r\n\r\n",
        "key": f"GET {STATUS} HTTP/1.1\r\nHost: localhost\r\nX-Status-Key: {bad}\r\nConnection: close\r\n\r\n",
    }[part]
    with RawClient(attacked.port, text) as client:
        assert statuses(client.wait_for_end())[0] in {200, 400, 422}
