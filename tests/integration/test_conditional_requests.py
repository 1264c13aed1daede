"""Requests for the JSON endpoint that name the snapshot which the client has."""

from collections.abc import Iterator

import httpx
import pytest

from agent_status_gateway.paths import STATUS_PATH
from agent_status_publisher import StatusPublisher
from chaos.gateways.gateway_thread import GatewayThread
from chaos.servers.redis_server import RedisServer
from chaos.wait import wait_until


@pytest.fixture
def gateway(real_redis: RedisServer) -> Iterator[GatewayThread]:
    with GatewayThread(real_redis.url, debounce_seconds=0.05) as gateway:
        yield gateway.ready()


@pytest.fixture
def publisher(real_redis: RedisServer) -> Iterator[StatusPublisher]:
    with StatusPublisher(real_redis.url) as publisher:
        yield publisher


def ask(gateway: GatewayThread, query: str = "", tag: str | None = None) -> httpx.Response:
    return gateway.get(STATUS_PATH + query, headers={} if tag is None else {"If-None-Match": tag})


def test_an_answer_has_the_id_of_its_snapshot_as_a_weak_tag_and_is_not_stored(
    gateway: GatewayThread, publisher: StatusPublisher
) -> None:
    publisher.session("web:1")
    wait_until(lambda: gateway.states() == {"web:1": "thinking"}, "the session is shown")
    answer = ask(gateway)
    with httpx.stream("GET", gateway.url + STATUS_PATH + "/stream") as stream:
        lines = stream.iter_lines()
        id_ = next(line for line in lines if line.startswith("id: ")).removeprefix("id: ")
    assert answer.headers["etag"] == f'W/"{id_}"'
    assert answer.headers["cache-control"] == "no-store"


def test_a_client_that_has_the_snapshot_gets_304_until_it_changes(
    gateway: GatewayThread, publisher: StatusPublisher
) -> None:
    session = publisher.session("web:1")
    wait_until(lambda: gateway.states() == {"web:1": "thinking"}, "the session is shown")
    tag = ask(gateway).headers["etag"]
    same = ask(gateway, tag=tag)
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", tag)
    assert same.headers["cache-control"] == "no-store"
    session.title = "Another title"
    publisher.flush()
    wait_until(lambda: gateway.snapshot()["sessions"][0]["title"] == "Another title", "the title is shown")
    assert ask(gateway, tag=tag).status_code == 304, "a title alone is not news"
    session.streaming()
    wait_until(lambda: gateway.states() == {"web:1": "streaming"}, "the state is shown")
    newer = ask(gateway, tag=tag)
    assert newer.status_code == 200
    assert newer.headers["etag"] != tag


def test_a_tag_is_of_a_view(gateway: GatewayThread, publisher: StatusPublisher) -> None:
    publisher.session("web:1")
    wait_until(lambda: gateway.states() == {"web:1": "thinking"}, "the session is shown")
    tag = ask(gateway, "?channel=ci").headers["etag"]
    assert tag != ask(gateway).headers["etag"]
    publisher.session("web:2")
    wait_until(lambda: len(gateway.states()) == 2, "another session is shown")
    assert ask(gateway, "?channel=ci", tag=tag).status_code == 304


def test_another_origin_may_send_and_read_tags(gateway: GatewayThread) -> None:
    origin = {"Origin": "http://localhost:3000"}
    asked = origin | {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "if-none-match"}
    preflight = httpx.options(gateway.url + STATUS_PATH, headers=asked)
    assert preflight.status_code == 200
    assert "if-none-match" in preflight.headers["access-control-allow-headers"].lower()
    answer = gateway.get(STATUS_PATH, headers=origin)
    assert "ETag" in answer.headers["access-control-expose-headers"]
