"""Fixtures for tests of a running gateway."""

from collections.abc import Iterator

import pytest

from agent_status_publisher import StatusPublisher
from chaos.clients.receiver import Receiver
from chaos.gateways.gateway_thread import EVERY_WAY, GatewayThread, Served
from chaos.servers.redis_cluster import RedisCluster
from chaos.servers.redis_server import RedisServer
from chaos.wait import wait_until

QUICK = "connection on uvloop"


def way(name: str) -> object:
    """A parameter; one way is enough for every day, and all are run by --slow."""
    return pytest.param(name, marks=() if name == QUICK else pytest.mark.slow)


@pytest.fixture(params=[way(name) for name in EVERY_WAY])
def served(request: pytest.FixtureRequest) -> Served:
    """Each way that a stream is served."""
    return EVERY_WAY[request.param]


@pytest.fixture
def gateway(real_redis: RedisServer, served: Served) -> Iterator[GatewayThread]:
    """A gateway that sends changes after a short window, and drains quickly."""
    with GatewayThread(real_redis.url, served, debounce_seconds=0.05, drain_seconds=0.1) as made:
        yield made.ready()


@pytest.fixture
def eager_gateway(real_redis: RedisServer, served: Served) -> Iterator[GatewayThread]:
    """A gateway that sends each change at once, and drains quickly."""
    with GatewayThread(real_redis.url, served, debounce_seconds=0, drain_seconds=0.1) as made:
        yield made.ready()


@pytest.fixture
def publisher(real_redis: RedisServer) -> Iterator[StatusPublisher]:
    """A publisher whose worker Redis knows already."""
    with StatusPublisher(real_redis.url) as made:
        made.flush()
        yield made


@pytest.fixture
def fleet(gateway: GatewayThread, publisher: StatusPublisher) -> StatusPublisher:
    """A publisher with three sessions in two channels, which the `gateway` knows."""
    publisher.session("web:1")
    publisher.session("web:2").waiting_for_user()
    publisher.session("ci:1").tool_running("make")
    publisher.flush()
    wait_until(lambda: len(gateway.states()) == 3, "the gateway knows the sessions")
    return publisher


@pytest.fixture(scope="session")
def shared_cluster() -> Iterator[RedisCluster]:
    """For tests that leave it as it is; it takes seconds to form."""
    made = RedisCluster()
    yield made
    made.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver that takes all that it is told."""
    with Receiver() as made:
        yield made


@pytest.fixture
def quick_gateway(real_redis: RedisServer) -> Iterator[GatewayThread]:
    """A gateway with a short window."""
    with GatewayThread(real_redis.url, debounce_seconds=0.05, drain_seconds=0.1) as made:
        yield made.ready()
