"""What a dashboard gets, byte for byte, from a real gateway on a real server, whichever way it is served."""

import re
import socket
import time
from collections.abc import Iterator
from itertools import pairwise

import pytest

from agent_status_publisher import StatusPublisher
from chaos.clients.sse import Dashboard
from chaos.gateways.gateway_client import STREAM
from chaos.gateways.gateway_thread import GatewayThread, Served
from chaos.servers.redis_server import RedisServer
from chaos.wait import wait_until

WINDOW = 0.5
LONG_WINDOW = 5.0  # in which several things happen, on a busy machine, too

# Windows take their time; what a connection does by itself is tested on every way in test_connections.py.
pytestmark = pytest.mark.parametrize("served", ["connection on uvloop", "task on httptools"], indirect=True)


@pytest.fixture
def gateway(real_redis: RedisServer, served: Served) -> Iterator[GatewayThread]:
    with GatewayThread(real_redis.url, served, debounce_seconds=WINDOW) as made:
        yield made.ready()


def test_the_first_bytes_are_a_whole_event_with_id_and_retry(gateway: GatewayThread) -> None:
    with Dashboard(gateway.url) as dashboard:
        dashboard.wait_for_first()
        body = dashboard.body
    assert re.fullmatch(rb"event: status\ndata: \{.*\}\nid: [0-9a-f]{32}\nretry: [1-4]\d{3}\n\n", body)
    assert "content-type: text/event-stream; charset=utf-8" in dashboard.head
    assert "cache-control: no-cache, no-transform" in dashboard.head
    assert "x-accel-buffering: no" in dashboard.head


def test_later_events_carry_no_retry_and_the_stream_has_no_carriage_return(
    gateway: GatewayThread, publisher: StatusPublisher
) -> None:
    with Dashboard(gateway.url) as dashboard:
        dashboard.wait_for_first()
        publisher.session("web:1", title="two\nlines")
        dashboard.wait_for({"web:1": "thinking"})
        assert [event.retry is None for event in dashboard.events] == [False, True]
        assert b"\r" not in dashboard.body


def test_a_last_event_id_changes_nothing(gateway: GatewayThread) -> None:
    with Dashboard(gateway.url) as first:
        event_id = first.wait_for_first().id
    with Dashboard(gateway.url, headers=f"Last-Event-ID: {event_id}\r\n") as again:
        assert again.wait_for_first().id == event_id


def test_under_constant_change_there_is_one_event_a_window_and_none_starves(
    gateway: GatewayThread, publisher: StatusPublisher
) -> None:
    session = publisher.session("web:1")
    with Dashboard(gateway.url) as dashboard:
        dashboard.wait_for_first()
        until = time.monotonic() + 5 * WINDOW
        number = 0
        while time.monotonic() < until:
            number += 1
            session.tool_running(f"tool-{number}")
            time.sleep(0.02)
        session.streaming()
        dashboard.wait_for({"web:1": "streaming"})
        moments = [event.came_at for event in dashboard.statuses[1:]]
    assert 4 <= len(moments) <= 8
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    assert min(gaps) > 0.8 * WINDOW, gaps


def test_a_change_that_is_undone_inside_the_window_is_not_an_event(
    real_redis: RedisServer, served: Served, publisher: StatusPublisher
) -> None:
    session = publisher.session("web:1")
    publisher.flush()
    with GatewayThread(real_redis.url, served, debounce_seconds=LONG_WINDOW) as gateway:
        wait_until(lambda: gateway.ready().states() == {"web:1": "thinking"}, "the gateway knows the session")
        with Dashboard(gateway.url) as early:
            early.wait_for({"web:1": "thinking"})
            session.streaming()
            publisher.flush()
            wait_until(lambda: gateway.states() == {"web:1": "streaming"}, "the change has come")
            with Dashboard(gateway.url) as late:
                late.wait_for_first()
                assert late.newest == {"web:1": "streaming"}
                session.thinking()
                late.wait_for({"web:1": "thinking"})
            publisher.session("web:2")
            early.wait_for({"web:1": "thinking", "web:2": "thinking"})
            assert [len(event.data["sessions"]) for event in early.statuses] == [1, 2]


def test_tokens_and_titles_alone_are_not_an_event_but_are_in_the_next_one(
    gateway: GatewayThread, publisher: StatusPublisher
) -> None:
    session = publisher.session("web:1")
    wait_until(lambda: gateway.states() == {"web:1": "thinking"}, "the gateway knows the session")
    with Dashboard(gateway.url) as dashboard:
        dashboard.wait_for({"web:1": "thinking"})
        session.usage(input=500, output=100)
        session.title = "T"
        wait_until(lambda: gateway.snapshot()["sessions"][0]["title"] == "T", "the title has come")
        session.streaming()
        dashboard.wait_for({"web:1": "streaming"})
        assert len(dashboard.statuses) == 2
        assert dashboard.statuses[-1].data["sessions"][0]["token_usage"] == {"input": 500, "output": 100}


def test_an_idle_stream_gets_a_comment_that_is_not_an_event(real_redis: RedisServer, served: Served) -> None:
    with (
        GatewayThread(real_redis.url, served, keepalive_seconds=0.2) as gateway,
        Dashboard(gateway.ready().url) as dashboard,
    ):
        dashboard.wait_for_first()
        wait_until(lambda: dashboard.body.count(b": keepalive\n") >= 3, "keepalives come")
        assert b": keepalive\n\n" not in dashboard.body
        assert len(dashboard.events) == 1


def test_one_encoding_serves_all_clients(gateway: GatewayThread, publisher: StatusPublisher) -> None:
    def encoded() -> float:
        text = gateway.get("/metrics").text
        return float(re.findall(r"^agent_status_frames_encoded_total (\S+)", text, re.MULTILINE)[0])

    dashboards = [Dashboard(gateway.url) for _ in range(50)]
    try:
        for dashboard in dashboards:
            dashboard.wait_for_first()
        before = encoded()
        publisher.session("web:1")
        for dashboard in dashboards:
            dashboard.wait_for({"web:1": "thinking"})
        assert encoded() - before <= 3, "a look at the change, the broadcast, and a look at what time brings"
        assert len({dashboard.statuses[-1].id for dashboard in dashboards}) == 1
    finally:
        for dashboard in dashboards:
            dashboard.close()


def test_a_client_that_never_reads_delays_nobody(gateway: GatewayThread, publisher: StatusPublisher) -> None:
    for number in range(300):
        publisher.session(f"big:{number}", title="x" * 200)
    publisher.flush()
    wait_until(lambda: len(gateway.states()) == 300, "the gateway knows the sessions")
    with socket.create_connection(("127.0.0.1", gateway.port)) as stuck:
        stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        stuck.sendall(f"GET {STREAM} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        with Dashboard(gateway.url) as dashboard:
            dashboard.wait_for_first()
            for state in ("streaming", "waiting_for_user", "thinking"):
                publisher.publish("big:0", state)
                wait_until(
                    lambda wanted=state: (dashboard.newest or {}).get("big:0") == wanted,  # type: ignore[misc]
                    f"the others see {state}",
                    5,
                )


def test_a_full_gateway_is_unavailable_in_the_form_that_each_client_understands(
    real_redis: RedisServer, served: Served
) -> None:
    with GatewayThread(real_redis.url, served, max_clients=1) as gateway, Dashboard(gateway.ready().url) as first:
        first.wait_for_first()
        browser = gateway.get(STREAM, headers={"Accept": "text/event-stream"})
        assert browser.status_code == 200
        assert re.fullmatch(r"retry: [1-4]\d{3}\n", browser.text)
        program = gateway.get(STREAM)
        assert program.status_code == 503
        assert program.json() == {"detail": "this replica is full"}
        assert 1 <= int(program.headers["retry-after"]) <= 4
        assert gateway.get().status_code == 200, "the JSON endpoint holds no place"
        first.close()
        wait_until(lambda: "agent_status_clients 0.0" in gateway.get("/metrics").text, "the place is free again")
        with Dashboard(gateway.url) as second:
            second.wait_for_first()
