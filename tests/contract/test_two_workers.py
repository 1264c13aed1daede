"""Two publishers and one session key, from the agents' calls to what a replica shows."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from agent_status_publisher import StatusPublisher
from tests.contract.conftest import Backend
from tests.contract.test_app import running, shows

KEY = "chat:42"


def publisher_of(backend: Backend) -> StatusPublisher:
    return StatusPublisher(backend.client(), heartbeat_seconds=0.3, lease_seconds=1, error_ttl_seconds=1.0)


@pytest.fixture
def replica(backend: Backend) -> Iterator[TestClient]:
    with running(backend) as made:
        yield made


def test_an_end_elsewhere_does_not_hide_who_works(backend: Backend, replica: TestClient) -> None:
    with publisher_of(backend) as one, publisher_of(backend) as other:
        session = one.session(KEY)
        with session.tool("call remote agent"):
            shows(replica, {KEY: "tool_running"})
            with other.session(KEY):
                shows(replica, {KEY: "thinking"})
            shows(replica, {KEY: "tool_running"})
        session.streaming()
        shows(replica, {KEY: "streaming"})
        other.session(KEY).error("boom")
        shows(replica, {KEY: "error"})
        shows(replica, {KEY: "streaming"})


def test_an_answered_question_does_not_come_back_whoever_looks(backend: Backend, replica: TestClient) -> None:
    with publisher_of(backend) as asker:
        asked = asker.session(KEY)
        asked.waiting_for_user()
        shows(replica, {KEY: "waiting_for_user"})
        with publisher_of(backend) as other:
            with other.session(KEY):
                shows(replica, {KEY: "thinking"})
            for number in range(100):
                other.session(f"job:{number}").end()
            other.flush()
            shows(replica, {})
        asked.waiting_for_user()
        asker.session("marker").streaming()
        asker.flush()
        shows(replica, {"marker": "streaming"})
        with running(backend) as fresh:
            shows(fresh, {"marker": "streaming"})
        asked.thinking()
        shows(replica, {"marker": "streaming", KEY: "thinking"})
        asked.waiting_for_user()
        shows(replica, {"marker": "streaming", KEY: "waiting_for_user"})
