"""A key in the target of a request, whatever the rest of it: no log line and no answer repeats it."""

import pytest

from agent_status_publisher.testing import RecordingPublisher
from chaos.gateways.gateway_client import STATUS, STREAM
from chaos.gateways.gateway_thread import GatewayThread, Served
from chaos.servers.redis_server import RedisServer
from chaos.wait import wait_until
from tests.support.clients.http import RawClient
from tests.support.gateways.ingest_thread import ingest

KEY = "geheim"
TARGETS = [
    *("*", "/*", "//", "/nowhere", f"{STATUS}/", f"{STREAM}/", "/docs/", "/dashboard", "/dashboard/"),
    *(f"http://localhost{STATUS}/", f"http://localhost{STATUS}", "http://localhost", "/?a=b&", f"{STATUS}?a=b?"),
]


def ask(port: int, target: str, method: str = "GET") -> bytes:
    query = f"{target}{'&' if '?' in target else '?'}key={KEY}"
    request = f"{method} {query} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    with RawClient(port, request) as client:
        return client.wait_for_end()


def access_lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "uvicorn.access"]


@pytest.mark.parametrize("target", TARGETS)
def test_a_key_in_the_query_is_in_no_log_line_and_no_answer(
    real_redis: RedisServer, served: Served, target: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    with GatewayThread(real_redis.url, served, api_key=KEY) as gateway:
        gateway.ready()
        before = len(access_lines(caplog))
        answer = ask(gateway.port, target)
        if not answer.startswith(b"HTTP/1.1 400"):  # uvicorn has no line for what it cannot parse
            wait_until(lambda: len(access_lines(caplog)) > before, "the request is logged")
    assert KEY.encode() not in answer
    assert b"\r\nlocation:" not in answer.lower()
    assert KEY not in caplog.text


@pytest.mark.parametrize("target", ["*", "/hooks/codex/", "/livez/"])
def test_neither_does_ingest_repeat_it(target: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    with ingest(RecordingPublisher(), key=KEY) as url:
        answer = ask(int(url.rpartition(":")[2]), target, "POST")
    assert KEY.encode() not in answer
    assert b"\r\nlocation:" not in answer.lower()
    assert KEY not in caplog.text
