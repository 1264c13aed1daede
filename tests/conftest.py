"""Fixtures for all tests. A real server is shared by a session of tests and emptied between them."""

import os
import signal
from collections.abc import Iterator

import pytest
import redis
from hypothesis import HealthCheck, settings

from chaos.servers.redis_server import RedisServer

# A busy machine must fail no test: what an example takes is measured in bench/, not here.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


def pytest_configure() -> None:
    # A shell starts what runs in the background with SIGINT ignored, and every child of ours would inherit that.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="run the tests marked slow, too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--slow"):
        for item in items:
            if item.get_closest_marker("slow"):
                item.add_marker(pytest.mark.skip(reason="slow: run with --slow"))


def pytest_report_header() -> str:
    """Which server a run was on; it says itself what is missing if there is none."""
    try:
        server = RedisServer()
    except (pytest.skip.Exception, pytest.fail.Exception) as missing:
        return f"real server: none: {missing.msg}"
    description = server.describe()
    server.close()
    return f"real server: {description}"


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test says itself what it sets."""
    for name in tuple(os.environ):
        if name.startswith(("AGENT_STATUS_", "POCKETPAW_STATUS_")) or name == "REDIS_URL":
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def shared_redis() -> Iterator[RedisServer]:
    server = RedisServer()
    yield server
    server.close()


@pytest.fixture
def real_redis(shared_redis: RedisServer) -> Iterator[RedisServer]:
    """A real server, empty. No test may leave a key without a TTL behind."""
    with shared_redis.client() as client:
        client.flushall()
        yield shared_redis
        keys_without_ttl(client)


@pytest.fixture
def own_redis() -> Iterator[RedisServer]:
    """A real server that the test may pause, kill and start again."""
    server = RedisServer()
    yield server
    server.close()


def keys_without_ttl(client: redis.Redis) -> None:
    ours = [key for key in client.scan_iter("agent-status:*") if client.ttl(key) == -1]
    assert not ours, f"keys without a TTL: {ours}"
