"""What workers and dashboards see when another server takes over: by Sentinel, and in a Cluster."""

import logging
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest

from agent_status_publisher import StatusPublisher
from chaos.clients.sse import Dashboard
from chaos.faults.fault import FAULTS
from chaos.gateways.gateway_thread import GatewayThread
from chaos.servers import replication
from chaos.servers.redis_cluster import RedisCluster
from chaos.servers.redis_sentinel import RedisSentinel
from chaos.terms import QUICK
from chaos.wait import let_pass, wait_until

logger = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 1.0
LEASE_SECONDS = 20.0
"""Longer than any failover here: past its lease, a word that Redis has lost gives way to the older one it holds."""
PROMOTION_SECONDS = 20.0

Servers = RedisSentinel | RedisCluster


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as made:
        yield made


@pytest.fixture(params=[RedisSentinel, RedisCluster])
def servers(request: pytest.FixtureRequest) -> Iterator[Servers]:
    made: Servers = request.param()
    yield made
    made.close()


@pytest.fixture
def gateway(servers: Servers) -> Iterator[GatewayThread]:
    with GatewayThread(servers.url, debounce_seconds=0.05) as made:
        yield made.ready()


@pytest.fixture
def dashboard(gateway: GatewayThread) -> Iterator[Dashboard]:
    with Dashboard(gateway.url) as made:
        yield made


@pytest.fixture
def publisher(servers: Servers) -> Iterator[StatusPublisher]:
    with StatusPublisher(servers.url, heartbeat_seconds=HEARTBEAT_SECONDS, lease_seconds=LEASE_SECONDS) as made:
        yield made


def _wait_for_promotion(servers: Servers) -> float:
    wait_until(lambda: replication.is_primary(servers.replica), "the replica has taken over", PROMOTION_SECONDS)
    return time.monotonic()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["sentinel-failover", "cluster-failover"])
def test_after_failovers_that_lose_the_last_reports_the_snapshot_is_right_within_a_heartbeat_and_a_second(
    name: str,
) -> None:
    terms = replace(QUICK, heartbeat_seconds=HEARTBEAT_SECONDS, lease_seconds=LEASE_SECONDS)
    with FAULTS[name].setting(terms, False) as stage:
        FAULTS[name].suffer(stage)
        FAULTS[name].suffer(stage)  # and back


@pytest.mark.slow
def test_a_primary_that_lives_on_as_a_replica_is_left_for_the_new_one(
    servers: Servers, dashboard: Dashboard, publisher: StatusPublisher
) -> None:
    session = publisher.session("web:1")
    dashboard.wait_for({"web:1": "thinking"})
    servers.hand_over()
    _wait_for_promotion(servers)
    session.streaming()
    dashboard.wait_for({"web:1": "streaming"}, HEARTBEAT_SECONDS + 1)
    wait_until(lambda: not replication.is_primary(servers.primary), "the old one is a replica", PROMOTION_SECONDS)
    session.waiting_for_user()
    dashboard.wait_for({"web:1": "waiting_for_user"}, HEARTBEAT_SECONDS + 1)
    assert all(event.data["sessions"][0]["state"] != "error" for event in dashboard.statuses if event.data["sessions"])


@pytest.mark.slow
def test_a_primary_that_only_hangs_is_left_for_the_new_one(
    servers: Servers,
    gateway: GatewayThread,
    dashboard: Dashboard,
    publisher: StatusPublisher,
) -> None:
    """Connections to it are accepted, and nobody answers: each side waits for its own limit, 2 or 3 seconds."""
    session = publisher.session("web:1")
    dashboard.wait_for({"web:1": "thinking"})
    servers.primary.pause()
    session.streaming()
    promoted_at = _wait_for_promotion(servers)
    dashboard.wait_for({"web:1": "streaming"}, 6)
    logger.info("right %.2f s after another has taken over", dashboard.statuses[-1].came_at - promoted_at)
    wait_until(gateway.is_ready, "the gateway hears the new primary", 6)


@pytest.fixture(scope="module")
def moving_cluster() -> Iterator[RedisCluster]:
    made = RedisCluster()
    yield made
    made.close()


@pytest.fixture
def moving(moving_cluster: RedisCluster, stack: ExitStack) -> Dashboard:
    gateway = stack.enter_context(GatewayThread(moving_cluster.url, debounce_seconds=0.05)).ready()
    return stack.enter_context(Dashboard(gateway.url))


def test_a_slot_that_moves_to_another_server_takes_workers_and_replicas_along(
    moving_cluster: RedisCluster, moving: Dashboard, stack: ExitStack
) -> None:
    reported: list[Exception] = []
    publisher = StatusPublisher(moving_cluster.url, heartbeat_seconds=30, lease_seconds=60, on_error=reported.append)
    session = stack.enter_context(publisher).session("web:1")
    moving.wait_for({"web:1": "thinking"})
    moving_cluster.move_the_slot()
    session.streaming()
    moving.wait_for({"web:1": "streaming"})
    assert not reported, "to a worker it is no outage"
    assert all(event.data["sessions"][0]["state"] != "error" for event in moving.statuses if event.data["sessions"])


def test_while_a_slot_is_half_moved_the_last_snapshot_stands_and_a_moment_after_it_is_right(
    moving_cluster: RedisCluster, moving: Dashboard, stack: ExitStack
) -> None:
    """Redis answers TRYAGAIN to a script whose keys are on both sides, and ASK for one that is not there any more."""
    reported: list[Exception] = []
    publisher = StatusPublisher(moving_cluster.url, heartbeat_seconds=0.5, lease_seconds=1, on_error=reported.append)
    session = stack.enter_context(publisher).session("web:1")
    moving.wait_for({"web:1": "thinking"})
    since = len(moving.statuses) - 1

    def change_and_outlast_the_lease() -> None:
        session.streaming()
        wait_until(lambda: reported, "the worker notices")
        let_pass(1.5)

    moving_cluster.move_the_slot(change_and_outlast_the_lease)
    moving.wait_for({"web:1": "streaming"}, 3)
    shown = [{row["session_key"]: row["state"] for row in event.data["sessions"]} for event in moving.statuses[since:]]
    assert shown == [{"web:1": "thinking"}, {"web:1": "streaming"}], "no flicker, nobody is lost"
    assert ["TryAgainError" in str(error) for error in reported] == [True]
