"""Fixtures for what agents call."""

import pytest

from agent_status_publisher.testing import RecordingPublisher


@pytest.fixture
def publisher() -> RecordingPublisher:
    return RecordingPublisher()
