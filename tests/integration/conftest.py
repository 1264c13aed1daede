"""Fixtures for tests of a running gateway."""

import pytest

from tests.support.gateway_thread import EVERY_WAY, Served


@pytest.fixture(params=list(EVERY_WAY))
def served(request: pytest.FixtureRequest) -> Served:
    """Each way that a stream is served."""
    return EVERY_WAY[request.param]
