"""Fixtures for tests of an ingest that is asked over HTTP."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from agent_status_gateway.ingest.app import create_ingest
from agent_status_gateway.settings import IngestSettings
from agent_status_publisher.testing import RecordingPublisher


@pytest.fixture
def publisher() -> RecordingPublisher:
    return RecordingPublisher()


@pytest.fixture
def client(publisher: RecordingPublisher) -> Iterator[TestClient]:
    """A client of an ingest on this machine, without a key."""
    with TestClient(create_ingest(IngestSettings.load(), publisher), base_url="http://localhost") as client:
        yield client
