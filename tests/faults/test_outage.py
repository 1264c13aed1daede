"""What dashboards and probes see while Redis cannot be heard."""

import re
from collections.abc import Iterator

import pytest

from agent_status_publisher import StatusPublisher
from chaos.clients.sse import Dashboard
from chaos.gateways.gateway_client import STATUS, STREAM
from chaos.gateways.gateway_thread import GatewayThread
from chaos.servers.redis_server import RedisServer
from chaos.wait import wait_until


@pytest.fixture
def gateway(own_redis: RedisServer) -> Iterator[GatewayThread]:
    with GatewayThread(own_redis.url, debounce_seconds=0.1) as made:
        yield made.ready()


@pytest.fixture
def publisher(own_redis: RedisServer) -> Iterator[StatusPublisher]:
    with StatusPublisher(own_redis.url, heartbeat_seconds=0.5, lease_seconds=2) as made:
        made.session("web:1")
        made.flush()
        yield made


@pytest.fixture
def without_redis(own_redis: RedisServer) -> Iterator[GatewayThread]:
    own_redis.kill()
    with GatewayThread(own_redis.url) as made:
        yield made


def test_a_gateway_whose_redis_cannot_be_reached_starts_and_its_probes_say_so(without_redis: GatewayThread) -> None:
    assert without_redis.probe("/livez") == 200
    assert without_redis.probe("/healthz") == 503
    ready = without_redis.get("/readyz")
    assert ready.status_code == 503
    assert re.search("ConnectionError|FileNotFoundError|has not been read", ready.json()["reason"])


@pytest.mark.slow
def test_without_a_first_snapshot_both_endpoints_wait_and_then_are_unavailable(without_redis: GatewayThread) -> None:
    snapshot = without_redis.get(STATUS)
    assert snapshot.status_code == 503
    assert 1 <= int(snapshot.headers["retry-after"]) <= 4
    assert snapshot.elapsed.total_seconds() > 4.5
    with Dashboard(without_redis.url) as dashboard:
        wait_until(lambda: dashboard.has_ended or dashboard.body, "the stream ends")
        assert "200 OK" in dashboard.head
        assert re.fullmatch(rb"retry: [1-4]\d{3}\n", dashboard.body)


def test_a_client_that_waits_for_the_first_snapshot_gets_it_when_redis_comes(
    without_redis: GatewayThread, own_redis: RedisServer
) -> None:
    with Dashboard(without_redis.url) as dashboard:
        own_redis.start()
        dashboard.wait_for_first()
    without_redis.ready()
    assert without_redis.probe("/healthz") == 200


def test_while_redis_is_away_the_last_snapshot_is_served_and_marked_stale(
    gateway: GatewayThread, publisher: StatusPublisher, own_redis: RedisServer
) -> None:
    wait_until(lambda: gateway.states() == {"web:1": "thinking"}, "the gateway knows the session")
    with Dashboard(gateway.url, f"{STREAM}?events=all") as dashboard:
        dashboard.wait_for({"web:1": "thinking"})
        own_redis.kill()
        wait_until(lambda: gateway.probe("/readyz") == 503, "the gateway notices", 5)
        assert gateway.probe("/healthz") == 200
        response = gateway.get()
        assert int(response.headers["x-status-stale"]) >= 0
        assert gateway.states() == {"web:1": "thinking"}
        with Dashboard(gateway.url) as newcomer:
            newcomer.wait_for({"web:1": "thinking"})
        own_redis.start()
        wait_until(gateway.is_ready, "the gateway hears Redis again")
        assert "x-status-stale" not in gateway.get().headers
        publisher.session("web:2")
        dashboard.wait_for({"web:1": "thinking", "web:2": "thinking"})
        feeds = [(event.name, event.data.get("state")) for event in dashboard.events]
    assert feeds == [("status", None), ("feed", "live"), ("feed", "lost"), ("feed", "live"), ("status", None)]
