from collections.abc import Iterator

import pytest

from agent_status_publisher.testing import RecordingPublisher


@pytest.fixture
def publisher() -> Iterator[RecordingPublisher]:
    """A publisher that must have reported nothing at the end."""
    with RecordingPublisher() as publisher:
        yield publisher
    assert publisher.errors == []
