"""`agent-status-gateway ingest` over HTTP, with a real publisher and a real gateway behind it."""

import json
import time
from collections.abc import Iterator
from typing import Any, Final

import pytest
from fastapi.testclient import TestClient

from agent_status_gateway.ingest.app import create_ingest
from agent_status_gateway.ingest.body_limit import MAX_BODY_BYTES
from agent_status_gateway.ingest.hook_event import MAX_NAME_CHARACTERS
from agent_status_gateway.ingest.sessions import IngestSessions
from agent_status_gateway.settings import IngestSettings, SettingsError
from agent_status_publisher.testing import RecordingPublisher
from chaos.gateways.gateway_process import GatewayProcess
from chaos.gateways.gateway_thread import GatewayThread
from chaos.servers.redis_server import RedisServer
from chaos.wait import wait_until

KEY: Final = "write key"
PROMPT: Final = {"session_id": "s1", "hook_event_name": "UserPromptSubmit", "prompt": "my password is hunter2"}


@pytest.fixture
def keyed(publisher: RecordingPublisher) -> Iterator[TestClient]:
    settings = IngestSettings.load(ingest_key=KEY, ingest_host="0.0.0.0")
    with TestClient(create_ingest(settings, publisher), base_url="http://build.example") as client:
        yield client


def test_a_session_is_ingested_and_ended_over_http_and_seen_on_the_dashboard(real_redis: RedisServer) -> None:
    app = create_ingest(IngestSettings.load(redis_url=real_redis.url))
    with (
        GatewayThread(real_redis.url, debounce_seconds=0.05) as gateway,
        TestClient(app, base_url="http://localhost") as client,
    ):
        update = {"state": "tool_running", "tool_name": "bash", "title": "Fix", "usage": {"input": 5, "output": 1}}
        assert client.post("/sessions/node:42", json=update).status_code == 204
        wait_until(lambda: gateway.states() == {"node:42": "tool_running"}, "the board shows it")
        (row,) = gateway.snapshot()["sessions"]
        assert (row["title"], row["tool_name"], row["token_usage"]) == ("Fix", "bash", {"input": 5, "output": 1})
        assert client.delete("/sessions/node:42").status_code == 204
        wait_until(lambda: gateway.states() == {}, "the board shows its end")


def test_a_look_for_idle_sessions_that_fails_is_logged_and_goes_on(
    client: TestClient, publisher: RecordingPublisher, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    look, failures = IngestSessions.end_idle, [RuntimeError("a defect")]

    def fail_once(sessions: IngestSessions) -> None:
        if failures:
            raise failures.pop()
        look(sessions)

    monkeypatch.setattr(IngestSessions, "end_idle", fail_once)
    client.post("/sessions/node:42", json={"state": "thinking", "ttl_seconds": 0.1})
    wait_until(lambda: publisher.sessions["node:42"].error_message == "no news", "the idle session is an error")
    assert "the look for idle sessions has failed and starts again" in caplog.text


def test_log_lines_have_the_format_and_level_of_the_settings(real_redis: RedisServer) -> None:
    command = ("-m", "agent_status_gateway", "ingest", "--port", "{port}", "--log-format", "json")
    with GatewayProcess(real_redis.url, command=command) as ingest:
        ingest.stop()
        lines = [json.loads(line) for line in ingest.log().splitlines()]
    assert {line["level"] for line in lines} == {"info"}
    with GatewayProcess(real_redis.url, command=command, log_level="error") as ingest:
        ingest.stop()
        assert ingest.log() == ""


def test_every_state_can_be_ingested_and_an_error_ends_the_session_as_one(
    client: TestClient, publisher: RecordingPublisher
) -> None:
    for state in ("thinking", "tool_running", "streaming", "waiting_for_user", "thinking"):
        assert client.post("/sessions/node:42", json={"state": state}).status_code == 204
        assert publisher.sessions["node:42"].state == state
    failed = {"state": "error", "error_message": "boom"}
    assert client.post("/sessions/node:42", json=failed).status_code == 204
    assert publisher.sessions["node:42"].error_message == "boom"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"state": "sleeping"}, "state"),
        ({}, "state"),
        ({"state": "thinking", "usage": {"input": -1}}, "input"),
        ({"state": "thinking", "ttl_seconds": 0}, "ttl_seconds"),
        ({"state": "thinking", "tool": "bash"}, "tool"),
    ],
)
def test_what_cannot_be_ingested_is_refused_by_the_fields_name(
    client: TestClient, publisher: RecordingPublisher, body: dict[str, Any], field: str
) -> None:
    response = client.post("/sessions/node:42", json=body)
    assert response.status_code == 422
    assert [problem["loc"][-1] for problem in response.json()["detail"]] == [field]
    assert publisher.changes == []


@pytest.mark.parametrize(
    ("path", "body", "place"),
    [
        ("/sessions/web:1", b'{"state": "thinking", "ttl_seconds": NaN}', ["body", "ttl_seconds"]),
        ("/sessions/web:1", b'{"state": "thinking", "ttl_seconds": Infinity}', ["body", "ttl_seconds"]),
        ("/sessions/web:1", b'{"state": "thinking", "ttl_seconds": 1e999}', ["body", "ttl_seconds"]),
        ("/sessions/web:1", rb'{"state": "thinking", "\ud800": 1}', ["body"]),
        ("/hooks/codex", rb'{"session_id": "\ud800", "hook_event_name": "Stop"}', ["body", "session_id"]),
        (
            "/hooks/codex",
            rb'{"session_id": "s1", "hook_event_name": "Stop", "\ud800": 1, "tool_name": 7}',
            ["body", "tool_name"],
        ),
    ],
)
def test_what_json_or_utf_8_cannot_hold_is_refused_by_its_place(
    client: TestClient, publisher: RecordingPublisher, path: str, body: bytes, place: list[str]
) -> None:
    response = client.post(path, content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == 422
    assert [problem["loc"] for problem in response.json()["detail"]] == [place]
    assert publisher.changes == []


def test_a_refusal_repeats_nothing_that_was_sent(client: TestClient) -> None:
    response = client.post("/hooks/claude-code", json={"prompt": "my password is hunter2"})
    assert response.status_code == 422
    assert "hunter2" not in response.text
    response = client.post("/sessions/web:1", json={"state": "thinking", "x" * 1_000_000: 1})
    assert response.status_code == 422
    assert len(response.text) < 1000


@pytest.mark.parametrize("field", ["session_id", "tool_name", "tool_use_id", "agent_id", "agent_type"])
def test_a_name_that_would_be_kept_is_refused_when_it_is_too_long(client: TestClient, field: str) -> None:
    event = {"session_id": "s1", "hook_event_name": "PreToolUse", "tool_name": "Bash"}
    assert client.post("/hooks/claude-code", json=event | {field: "x" * MAX_NAME_CHARACTERS}).status_code == 200
    response = client.post("/hooks/claude-code", json=event | {field: "x" * (MAX_NAME_CHARACTERS + 1)})
    assert response.status_code == 422
    assert [problem["loc"] for problem in response.json()["detail"]] == [["body", field]]


@pytest.mark.parametrize("host", ["[::1]:8001", "[::1]", "127.0.0.1:8001", "localhost"])
def test_every_name_of_this_machine_is_let_in(client: TestClient, host: str) -> None:
    headers = {"Host": host}
    assert client.post("/sessions/web:1", json={"state": "thinking"}, headers=headers).status_code == 204


@pytest.mark.parametrize("key", ["%00", "a%1Bb", "x" * 513])
def test_a_key_that_cannot_be_shown_is_refused_by_its_name(client: TestClient, key: str) -> None:
    response = client.post(f"/sessions/{key}", json={"state": "thinking"})
    assert response.status_code == 422
    assert response.json()["detail"][0]["loc"] == ["path", "key"]


@pytest.mark.parametrize(
    "body",
    [b"{nonsense", b"\xff\xfe{", b'{"x": ' + b"9" * 5000 + b"}", b"[" * 100_000],
    ids=["no JSON", "no UTF-8", "a number of 5,000 digits", "100,000 levels"],
)
def test_bad_json_is_refused_as_a_wrong_body(client: TestClient, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    for path in ("/hooks/claude-code", "/sessions/node:42"):
        response = client.post(path, content=body, headers=headers)
        assert response.status_code == 422
        assert [problem["loc"][0] for problem in response.json()["detail"]] == ["body"]


@pytest.mark.parametrize("body", [b"{nonsense", b"x" * (MAX_BODY_BYTES + 1)], ids=["bad JSON", "too large"])
def test_without_a_key_the_body_is_not_read(keyed: TestClient, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    assert keyed.post("/hooks/claude-code", content=body, headers=headers).status_code == 403


def test_a_hook_is_answered_with_nothing_to_do_and_keeps_names_only(
    client: TestClient, publisher: RecordingPublisher
) -> None:
    response = client.post("/hooks/claude-code", json=PROMPT)
    assert (response.status_code, response.json()) == (200, {})
    assert publisher.sessions["claude-code:s1"].state == "thinking"
    assert "hunter2" not in str(publisher.changes)


def test_an_unknown_event_is_204_and_an_unknown_agent_422(client: TestClient, publisher: RecordingPublisher) -> None:
    assert client.post("/hooks/codex", json=PROMPT | {"hook_event_name": "New"}).status_code == 204
    assert client.post("/hooks/emacs", json=PROMPT).status_code == 422
    assert publisher.changes == []


def test_the_session_id_of_a_hook_is_refused_by_its_name(client: TestClient) -> None:
    for wrong in ({"session_id": ""}, {"session_id": "a\nb"}, {"session_id": 7}):
        response = client.post("/hooks/claude-code", json=PROMPT | wrong)
        assert response.status_code == 422, wrong
        assert [problem["loc"] for problem in response.json()["detail"]] == [["body", "session_id"]]


def test_no_news_for_longer_than_the_sent_ttl_ends_a_session_as_an_error(
    client: TestClient, publisher: RecordingPublisher
) -> None:
    client.post("/sessions/node:42", json={"state": "thinking", "ttl_seconds": 0.01})
    wait_until(lambda: publisher.sessions["node:42"].error_message == "no news", "the silent session is an error")


def test_a_write_requires_the_key(keyed: TestClient, publisher: RecordingPublisher) -> None:
    for key in (None, "", "wrong", KEY + "x"):
        headers = {} if key is None else {"X-Status-Key": key}
        assert keyed.post("/sessions/node:42", json={"state": "thinking"}, headers=headers).status_code == 403
        assert keyed.post("/hooks/codex", json=PROMPT, headers=headers).status_code == 403
        assert keyed.delete("/sessions/node:42", headers=headers).status_code == 403
    assert publisher.changes == []
    right = {"X-Status-Key": KEY}
    assert keyed.post("/sessions/node:42", json={"state": "thinking"}, headers=right).status_code == 204
    assert keyed.get("/livez").status_code == 200


def test_on_an_address_that_others_reach_a_key_is_needed() -> None:
    with pytest.raises(SettingsError, match="AGENT_STATUS_INGEST_KEY: must be set to listen on"):
        IngestSettings.load(ingest_host="0.0.0.0")


def test_a_page_in_a_browser_on_this_machine_cannot_write(client: TestClient, publisher: RecordingPublisher) -> None:
    """It could send a form or plain text without being asked, or use a name of its own that leads to this machine."""
    update = b'{"state": "thinking"}'
    for kind in ("text/plain", "application/x-www-form-urlencoded"):
        assert client.post("/sessions/web:1", content=update, headers={"Content-Type": kind}).status_code == 422
    asked = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
    assert "access-control-allow-origin" not in client.options("/sessions/web:1", headers=asked).headers
    rebound = {"Host": "evil.example", "Content-Type": "application/json"}
    assert client.post("/sessions/web:1", content=update, headers=rebound).status_code == 400
    assert publisher.changes == []


def test_a_body_that_is_too_large_is_refused_whether_it_says_so_or_not(client: TestClient) -> None:
    headers = {"Content-Type": "application/json"}
    large = b" " * (MAX_BODY_BYTES + 1)
    assert client.post("/sessions/web:1", content=large, headers=headers).status_code == 413
    parts = (b" " * 1_000_000 for _ in range(9))
    assert client.post("/sessions/web:1", content=parts, headers=headers).status_code == 413


def test_no_more_sessions_are_taken_in_than_a_worker_may_hold(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent_status_gateway.ingest.sessions.MAX_SESSIONS", 1)
    assert client.post("/sessions/web:1", json={"state": "thinking"}).status_code == 204
    response = client.post("/sessions/web:2", json={"state": "thinking"})
    assert response.status_code == 429
    assert "1 sessions are open" in response.json()["detail"]


def test_no_answer_waits_for_a_redis_that_is_away() -> None:
    app = create_ingest(IngestSettings.load(redis_url="redis://127.0.0.1:1"))
    with TestClient(app, base_url="http://localhost") as client:
        began = time.monotonic()
        for _ in range(20):
            assert client.post("/sessions/web:1", json={"state": "thinking"}).status_code == 204
        assert time.monotonic() - began < 5, "an answer waited for Redis"
