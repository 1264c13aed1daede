"""Fixtures for tests of a running gateway."""

from collections.abc import Iterator

import pytest

from tests.support.gateway_thread import EVERY_WAY, Served
from tests.support.redis_cluster import RedisCluster


@pytest.fixture(params=list(EVERY_WAY))
def served(request: pytest.FixtureRequest) -> Served:
    """Each way that a stream is served."""
    return EVERY_WAY[request.param]


@pytest.fixture(scope="session")
def shared_cluster() -> Iterator[RedisCluster]:
    """For tests that leave it as it is; it takes seconds to form."""
    made = RedisCluster()
    yield made
    made.close()
