"""Fixtures for tests of a running gateway."""

from collections.abc import Iterator

import pytest

from chaos.gateways.gateway_thread import EVERY_WAY, Served
from chaos.servers.redis_cluster import RedisCluster

QUICK = ("connection on uvloop", "task on httptools")


def way(name: str) -> object:
    """A parameter; two ways are enough for every day, and all are run by --slow."""
    return pytest.param(name, marks=() if name in QUICK else pytest.mark.slow)


@pytest.fixture(params=[way(name) for name in EVERY_WAY])
def served(request: pytest.FixtureRequest) -> Served:
    """Each way that a stream is served."""
    return EVERY_WAY[request.param]


@pytest.fixture(scope="session")
def shared_cluster() -> Iterator[RedisCluster]:
    """For tests that leave it as it is; it takes seconds to form."""
    made = RedisCluster()
    yield made
    made.close()
