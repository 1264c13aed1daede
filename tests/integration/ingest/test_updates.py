"""What an update over HTTP may say of a session besides its state, and how a session ends."""

import pytest
from fastapi.testclient import TestClient

from agent_status_gateway.ingest.app import MAX_PROBLEMS
from agent_status_publisher.testing import RecordingPublisher


def test_what_does_not_fit_a_session_is_refused_and_changes_nothing(
    client: TestClient, publisher: RecordingPublisher
) -> None:
    labels = {str(n): "1" for n in range(8)}
    assert client.post("/sessions/web:1", json={"state": "thinking", "labels": labels}).status_code == 204
    before = publisher.changes
    for wrong in ({"labels": {"one more": "1"}}, {"parent": "web:1"}):
        response = client.post("/sessions/web:1", json={"state": "streaming", "title": "New"} | wrong)
        assert response.status_code == 422
        assert [problem["loc"] for problem in response.json()["detail"]] == [["body", *wrong]]
    assert publisher.changes == before


def test_a_refusal_of_a_hundred_thousand_wrong_fields_is_short(client: TestClient) -> None:
    response = client.post("/sessions/web:1", json={"state": "thinking"} | {str(n): 1 for n in range(100_000)})
    assert response.status_code == 422
    assert len(response.json()["detail"]) == MAX_PROBLEMS


@pytest.mark.parametrize(
    ("query", "outcome"), [("", "done"), ("?outcome=done", "done"), ("?outcome=cancelled", "cancelled")]
)
def test_an_end_says_how_it_came(client: TestClient, publisher: RecordingPublisher, query: str, outcome: str) -> None:
    client.post("/sessions/web:1", json={"state": "thinking"})
    assert client.delete(f"/sessions/web:1{query}").status_code == 204
    assert (publisher.changes[-1].state, publisher.changes[-1].outcome) == (None, outcome)


def test_an_end_that_is_not_known_is_refused_and_ends_nothing(
    client: TestClient, publisher: RecordingPublisher
) -> None:
    client.post("/sessions/web:1", json={"state": "thinking"})
    response = client.delete("/sessions/web:1?outcome=failed")
    assert response.status_code == 422
    assert response.json()["detail"][0]["loc"] == ["query", "outcome"]
    assert publisher.states("web:1") == ["thinking"]
