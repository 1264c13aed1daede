"""Two replicas, and one that comes later."""

from collections.abc import Iterator

import pytest

from agent_status_publisher import StatusPublisher
from chaos.clients.sse import Dashboard
from chaos.gateways.gateway_client import STREAM
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


def test_replicas_tell_the_same_ends_in_the_same_order_with_the_same_id_and_so_does_one_that_comes_later(
    replicas: tuple[GatewayThread, GatewayThread], real_redis: RedisServer
) -> None:
    query = f"{STREAM}?ended=900"
    with (
        StatusPublisher(real_redis.url) as first,
        StatusPublisher(real_redis.url) as second,
        StatusPublisher(real_redis.url) as short,
    ):
        for number in range(20):
            session = (first, second, short)[number % 3].session(f"web:{number}", f"Title {number}")
            session.end("cancelled" if number % 4 else "done")
        short.close()
        told = []
        with GatewayThread(real_redis.url) as fresh:
            for replica in (*replicas, fresh.ready()):
                wait_until(lambda r=replica: len(r.snapshot("?ended=900")["ended"]) == 20, "all ends are known")  # type: ignore[misc]
                with Dashboard(replica.url, query) as dashboard:
                    event = dashboard.wait_for_first()
                ends = [[row[name] for name in row if name != "ended_seconds_ago"] for row in event.data["ended"]]
                told.append((ends, event.id))
        assert told[0] == told[1] == told[2]


def test_a_fresh_replica_answers_rightly_at_once(real_redis: RedisServer) -> None:
    with StatusPublisher(real_redis.url) as publisher:
        publisher.session("web:1").waiting_for_user()
        publisher.flush()
        with GatewayThread(real_redis.url) as fresh:
            assert fresh.states() == {"web:1": "waiting_for_user"}
