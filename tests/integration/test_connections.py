"""What a connection does beside the ordinary, the same whichever way it is served."""

import re
from itertools import count

import httpx
import pytest
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from agent_status_gateway.fanout.members import rounds as rounds_module
from agent_status_gateway.server import connection as connection_module
from agent_status_gateway.server.connection import Connection
from agent_status_gateway.server.serve import http_protocol
from agent_status_publisher import StatusPublisher
from chaos.clients.sse import Dashboard
from chaos.gateways.gateway_client import STATUS, STREAM
from chaos.gateways.gateway_thread import EVERY_WAY, GatewayThread, Served
from chaos.servers.redis_server import RedisServer
from chaos.wait import wait_until
from tests.integration.conftest import way
from tests.support.clients.http import RawClient, stream_request

FIRST = rb"event: status\ndata: \{.*\}\nid: [0-9a-f]{32}\nretry: [1-4]\d{3}\n\n"
CHANGES = 20
"""Sessions of a snapshot of 400 KB: more than any buffer holds."""
LIVEZ = "GET /livez HTTP/1.1\r\nHost: localhost\r\n"


def every_way_but(name: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("served", [way(other) for other in EVERY_WAY if other != name], indirect=True)


@pytest.fixture
def gateway(eager_gateway: GatewayThread) -> GatewayThread:
    return eager_gateway


def clients(gateway: GatewayThread) -> int:
    return int(re.findall(r"^agent_status_clients (\d+)", gateway.get("/metrics").text, re.MULTILINE)[0])


def test_head_is_answered_at_once_and_the_connection_serves_the_next_request(gateway: GatewayThread) -> None:
    with RawClient(gateway.port, stream_request(method="HEAD") + LIVEZ + "Connection: close\r\n\r\n") as client:
        head, livez = client.wait_for_end().split(b"\r\n\r\n", 1)
    assert head.startswith(b"HTTP/1.1 200")
    assert b"content-type: text/event-stream; charset=utf-8" in head
    assert livez.startswith(b"HTTP/1.1 200")
    assert livez.endswith(b'{"status":"ok"}')
    assert clients(gateway) == 0


def test_a_request_before_the_stream_on_the_same_connection_is_answered_first(gateway: GatewayThread) -> None:
    with RawClient(gateway.port, LIVEZ + "\r\n" + stream_request()) as client:
        client.wait_for(b"event: status")
        livez, _, stream = client.received.partition(b'{"status":"ok"}')
        assert livez.count(b"HTTP/1.1 200") == 1
        assert b"text/event-stream" in stream


@every_way_but("task on h11")  # which looks at the next request when the response is over, and then uvicorn closes
def test_a_request_sent_behind_the_stream_is_answered_when_the_stream_is_over(gateway: GatewayThread) -> None:
    with RawClient(gateway.port, stream_request() + LIVEZ + "Connection: close\r\n\r\n") as client:
        client.wait_for(b"event: status")
        gateway.drain()
        stream, _, livez = client.wait_for_end().partition(b"\r\n0\r\n\r\n")
    assert re.search(rb"retry: [1-4]\d{3}\n$", stream)
    assert livez.startswith(b"HTTP/1.1 200")


@every_way_but("task on h11")  # as above
def test_a_second_stream_behind_the_first_is_unavailable_in_a_drain(gateway: GatewayThread) -> None:
    again = stream_request(headers="Accept: text/event-stream\r\nConnection: close\r\n")
    with RawClient(gateway.port, stream_request() + again) as client:
        client.wait_for(b"event: status")
        gateway.drain()
        _, _, second = client.wait_for_end().partition(b"\r\n0\r\n\r\n")
    assert second.startswith(b"HTTP/1.1 200")
    assert re.search(rb"\r\n\r\nretry: [1-4]\d{3}\n$", second)


@every_way_but("task on httptools")  # where uvicorn sends chunks to HTTP/1.0, which an app cannot change
def test_http_1_0_gets_no_chunks_and_the_end_of_the_connection_as_the_end(
    gateway: GatewayThread, publisher: StatusPublisher
) -> None:
    with RawClient(gateway.port, stream_request(version="1.0")) as client:
        client.wait_for(b"\n\n")
        publisher.session("web:1")
        client.wait_for(b"web:1")
        gateway.drain()
        head, body = client.wait_for_end().split(b"\r\n\r\n", 1)
    assert b"transfer-encoding" not in head.lower()
    assert b"connection: close" in head.lower()
    assert re.match(FIRST, body)
    assert re.search(rb"\n\nretry: [1-4]\d{3}\n$", body)


def test_connection_close_is_respected(gateway: GatewayThread) -> None:
    with RawClient(gateway.port, stream_request(headers="Connection: close\r\n")) as client:
        client.wait_for(b"event: status")
        gateway.drain()
        assert client.wait_for_end().endswith(b"\n\r\n0\r\n\r\n")


def test_a_refusal_is_the_same_as_on_the_other_endpoint(real_redis: RedisServer, served: Served) -> None:
    with GatewayThread(real_redis.url, served, api_key="geheim") as gateway:
        gateway.ready()
        page = {"Origin": "http://localhost:3000"}
        for headers in ({}, page, {"X-Status-Key": "wrong"}):
            stream, status = gateway.get(STREAM, headers=headers), gateway.get(STATUS, headers=headers)
            assert (stream.status_code, stream.json()) == (403, {"detail": "Invalid or missing status API key"})
            assert stream.headers.items() - status.headers.items() <= {("date", stream.headers["date"])}
        assert gateway.get(STREAM + "?events=x").status_code == 403, "a stranger learns nothing"
        assert gateway.get(STREAM + "?events=x&key=geheim").status_code == 422
        assert httpx.post(gateway.url + STREAM).status_code == 405
        with Dashboard(gateway.url, STREAM + "?key=geheim", "Origin: http://localhost:3000\r\n") as dashboard:
            dashboard.wait_for_first()
            assert "access-control-allow-origin: http://localhost:3000" in dashboard.head.lower()
            assert "access-control-expose-headers" in dashboard.head.lower()


def test_under_a_root_path_the_stream_is_there_too(real_redis: RedisServer, served: Served) -> None:
    rooted = Served(http=served.http, loop=served.loop, root_path="/agents")
    with GatewayThread(real_redis.url, rooted) as gateway, Dashboard(gateway.ready().url) as dashboard:
        dashboard.wait_for_first()


def test_a_client_that_closes_frees_its_place(gateway: GatewayThread) -> None:
    with Dashboard(gateway.url) as one, Dashboard(gateway.url) as other:
        one.wait_for_first()
        other.wait_for_first()
        assert clients(gateway) == 2
        one.close()
        wait_until(lambda: clients(gateway) == 1, "the place is free")
    wait_until(lambda: clients(gateway) == 0, "both places are free")


def test_a_client_that_sends_a_body_with_the_request_is_served_and_seen_to_close(gateway: GatewayThread) -> None:
    request = stream_request(headers="Content-Length: 300000\r\n") + "x" * 300_000
    with RawClient(gateway.port, request) as client:
        client.wait_for(b"retry: ")
        assert clients(gateway) == 1
    wait_until(lambda: clients(gateway) == 0, "the place is free", 5)


def test_a_stuck_client_gets_the_newest_snapshot_when_it_reads_again(
    gateway: GatewayThread, publisher: StatusPublisher, real_redis: RedisServer
) -> None:
    fill(gateway, publisher)
    with (
        StatusPublisher(real_redis.url) as quick,
        RawClient(gateway.port, stream_request(), reads=False, receive_bytes=4096) as stuck,
        RawClient(gateway.port, stream_request()) as other,
    ):
        for number in range(CHANGES):
            quick.publish("quick:0", "tool_running", tool_name=f"tool-{number}-")
            quick.flush()
            other.wait_for(b"tool-%d-" % number)
        stuck.read()
        stuck.wait_for(b"tool-%d-" % (CHANGES - 1))
        assert stuck.received.count(b"event: status") < CHANGES - 2, "old snapshots were left out"


def test_a_client_that_reads_nothing_for_long_is_aborted_and_the_others_stay(
    real_redis: RedisServer, served: Served, publisher: StatusPublisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounds_module, "STUCK_SECONDS", 1.0)
    with GatewayThread(real_redis.url, served, debounce_seconds=0, keepalive_seconds=1) as gateway:
        fill(gateway.ready(), publisher)
        with (
            StatusPublisher(real_redis.url) as quick,
            RawClient(gateway.port, stream_request(), reads=False, receive_bytes=4096),
            RawClient(gateway.port, stream_request()) as other,
        ):
            other.wait_for(b"retry: ")
            assert clients(gateway) == 2
            tools = count()

            def goes() -> bool:
                quick.publish("quick:0", "tool_running", tool_name=f"tool-{next(tools)}")
                quick.flush()
                return clients(gateway) == 1

            wait_until(goes, "the stuck one has been let go", 20)
            assert not other.has_ended


def test_a_drain_aborts_a_client_that_does_not_read_the_last_bytes(
    gateway: GatewayThread, publisher: StatusPublisher, caplog: pytest.LogCaptureFixture
) -> None:
    fill(gateway, publisher)
    with RawClient(gateway.port, stream_request(), reads=False, receive_bytes=4096):
        wait_until(lambda: clients(gateway) == 1, "the stuck one is there")
        gateway.drain()
        assert clients(gateway) == 0
    assert "Traceback" not in caplog.text


def fill(gateway: GatewayThread, publisher: StatusPublisher) -> None:
    """A snapshot of 400 KB."""
    for number in range(1000):
        publisher.session(f"big:{number}", title="x" * 200)
    publisher.flush()
    wait_until(lambda: len(gateway.states()) == 1000, "the gateway knows the sessions")


# That the fast path is taken, whatever uvicorn is installed


def test_a_client_costs_no_task_of_its_own(real_redis: RedisServer) -> None:
    with GatewayThread(real_redis.url) as gateway:
        before = gateway.tasks()
        dashboards = [Dashboard(gateway.ready().url) for _ in range(20)]
        try:
            for dashboard in dashboards:
                dashboard.wait_for_first()
            assert clients(gateway) == 20
            assert gateway.tasks() <= before + 1, "that which counts them"
        finally:
            for dashboard in dashboards:
                dashboard.close()


def test_this_uvicorn_is_supported() -> None:
    assert http_protocol() is Connection


def test_an_unsupported_uvicorn_takes_tasks_and_is_warned_about(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(connection_module, "RELIED_ON", {HttpToolsProtocol: ("start_another_way",)})
    assert http_protocol() == "auto"
    assert "streams take tasks, since this version of uvicorn is not supported" in caplog.text
