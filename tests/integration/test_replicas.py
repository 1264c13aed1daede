"""Two replicas, and one that comes later."""

from collections.abc import Iterator

import pytest

from agent_status_publisher import StatusPublisher
from chaos.clients.sse import Dashboard
from chaos.gateways.gateway_thread import GatewayThread
from chaos.servers.redis_server import RedisServer
from chaos.wait import wait_until


@pytest.fixture
def replicas(real_redis: RedisServer) -> Iterator[tuple[GatewayThread, GatewayThread]]:
    with (
        GatewayThread(real_redis.url, debounce_seconds=0.1) as one,
        GatewayThread(real_redis.url, debounce_seconds=0.1) as other,
    ):
        yield one.ready(), other.ready()


def test_two_replicas_show_the_same_sessions_in_the_same_order_with_the_same_id(
    replicas: tuple[GatewayThread, GatewayThread], real_redis: RedisServer
) -> None:
    with StatusPublisher(real_redis.url) as first, StatusPublisher(real_redis.url) as second:
        for number in range(20):
            (first, second)[number % 2].session(f"web:{number}").tool_running(f"tool-{number}")
        second.session("web:99").error("boom")
        snapshots = []
        for replica in replicas:
            wait_until(lambda r=replica: len(r.states()) == 21, "the replica knows all sessions")  # type: ignore[misc]
            with Dashboard(replica.url) as dashboard:
                event = dashboard.wait_for_first()
            rows = [(row["session_key"], row["state"], row["tool_name"]) for row in event.data["sessions"]]
            snapshots.append((rows, event.data["global"]["state"], event.id))
        assert snapshots[0] == snapshots[1]
        assert snapshots[0][1] == "degraded"


def test_a_fresh_replica_answers_rightly_at_once(real_redis: RedisServer) -> None:
    with StatusPublisher(real_redis.url) as publisher:
        publisher.session("web:1").waiting_for_user()
        publisher.flush()
        with GatewayThread(real_redis.url) as fresh:
            assert fresh.states() == {"web:1": "waiting_for_user"}
