"""Requests that are held, under FastAPI's TestClient: any ASGI server may serve them."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi.testclient import TestClient

from agent_status_publisher import StatusPublisher
from chaos.wait import wait_until
from tests.contract.conftest import Backend
from tests.contract.test_app import STATUS, running, shows, states


@pytest.fixture
def client(backend: Backend) -> Iterator[TestClient]:
    with running(backend) as made:
        yield made


@pytest.mark.parametrize("query", ["", "channel=web"])
def test_one_is_answered_when_the_snapshot_changes_also_by_itself(
    backend: Backend, client: TestClient, query: str
) -> None:
    with ThreadPoolExecutor(1) as threads, StatusPublisher(backend.client(), error_ttl_seconds=1.0) as publisher:
        session = publisher.session("web:1")
        shows(client, {"web:1": "thinking"})
        expected = [{"web:1": "error"}, {}]
        for number, shown in enumerate(expected):
            tag = client.get(f"{STATUS}?{query}").headers["etag"]
            held = threads.submit(client.get, f"{STATUS}?wait=30&{query}", headers={"If-None-Match": tag})
            if not number:
                wait_until(lambda: len(client.app.replica.hub) == 1, "it is held")  # type: ignore[attr-defined]
                session.error("boom")
            answer = held.result(20)
            assert answer.status_code == 200
            assert {row["session_key"]: row["state"] for row in answer.json()["sessions"]} == shown


def test_one_is_answered_with_304_when_its_seconds_are_over(client: TestClient) -> None:
    answer = client.get(f"{STATUS}?wait=1", headers={"If-None-Match": "*"})
    assert (answer.status_code, answer.content) == (304, b"")
    assert states(client) == {}
