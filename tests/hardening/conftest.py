"""One gateway for a file of attacks, and what must hold after each of them."""

from collections.abc import Iterator
from functools import partial

import pytest

from agent_status_publisher import StatusPublisher
from chaos.clients.sse import Dashboard
from chaos.gateways.gateway_process import GatewayProcess
from chaos.servers.redis_server import RedisServer
from chaos.wait import wait_until
from tests.integration.conftest import served
from tests.support.gateways.footprint import Footprint

__all__ = ["served"]

SESSION = "websocket:abc123"


@pytest.fixture(scope="module")
def target_redis() -> Iterator[RedisServer]:
    server = RedisServer()
    yield server
    server.close()


@pytest.fixture(scope="module")
def target_publisher(target_redis: RedisServer) -> Iterator[StatusPublisher]:
    with StatusPublisher(target_redis.url) as publisher:
        publisher.publish(SESSION, "thinking")
        yield publisher


@pytest.fixture(scope="module")
def target(target_redis: RedisServer, target_publisher: StatusPublisher) -> Iterator[GatewayProcess]:
    """A gateway with one session on it, in a process of its own."""
    assert target_publisher.flush()
    with GatewayProcess(target_redis.url, debounce_seconds=0) as gateway:
        for _ in range(200):  # what is used for the first time is not a leak
            gateway.get("/livez")
        yield gateway.ready()


def shows(dashboard: Dashboard, tool: str) -> bool:
    rows = dashboard.statuses[-1].data["sessions"]
    return [row["tool_name"] for row in rows if row["session_key"] == SESSION] == [tool]


@pytest.fixture
def room_kb() -> int:
    """That an interpreter may take for good, whatever it does: arenas, code that was not used before."""
    return 6 * 1024


@pytest.fixture
def attacked(target: GatewayProcess, target_publisher: StatusPublisher, room_kb: int) -> Iterator[GatewayProcess]:
    """The gateway, with an innocent client on it, which must be sent the news after the attack."""
    with Dashboard(target.url) as innocent:
        innocent.wait_for_first()
        before = Footprint(target.process.pid)
        yield target
        assert not innocent.has_ended
        for tool in ("first", "second"):
            target_publisher.publish(SESSION, "tool_running", tool_name=tool)
            wait_until(partial(shows, innocent, tool), "the innocent has the news")
        assert SESSION in target.states()
        before.is_as_before(room_kb)
    log = target.log()
    assert "Traceback" not in log, log[-3000:]
