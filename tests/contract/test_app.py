"""The app under FastAPI's TestClient, with a client of fakeredis or of a real server."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import fakeredis
import pytest
from fastapi.testclient import TestClient

from agent_status_gateway.main import create_app
from agent_status_gateway.settings import Settings, SettingsError
from agent_status_publisher import StatusPublisher
from agent_status_publisher.contract.wire import Keys
from chaos.servers.redis_server import RedisServer
from chaos.wait import wait_until
from tests.contract.conftest import Backend

STATUS = "/api/v1/agent/status"
REFUSAL = {"detail": "Invalid or missing status API key"}
SOON_SECONDS = 1.0  # so long that a busy machine looks at least once before it is over


@contextmanager
def running(backend: Backend, *, decode_responses: bool = False, **settings: object) -> Iterator[TestClient]:
    """An app that runs; its Redis client is ours to close, in the loop that used it."""
    redis = backend.async_client(decode_responses=decode_responses)
    with TestClient(create_app(Settings.load(debounce_seconds=0.05, **settings), redis=redis)) as client:
        yield client
        assert client.portal
        client.portal.call(redis.aclose)


@pytest.fixture
def client(backend: Backend) -> Iterator[TestClient]:
    with running(backend) as made:
        yield made


@pytest.fixture
def keyed(backend: Backend) -> Iterator[TestClient]:
    with running(backend, api_key="geheim") as made:
        yield made


@pytest.fixture
def publisher(backend: Backend) -> Iterator[StatusPublisher]:
    with StatusPublisher(backend.client(), heartbeat_seconds=0.3, lease_seconds=1) as made:
        yield made


def states(client: TestClient) -> dict[str, str]:
    return {row["session_key"]: row["state"] for row in client.get(STATUS).json()["sessions"]}


def shows(client: TestClient, wanted: dict[str, str]) -> None:
    wait_until(lambda: states(client) == wanted, f"the snapshot shows {wanted}")


def test_without_workers_the_snapshot_is_idle(client: TestClient) -> None:
    response = client.get(STATUS)
    assert response.headers["content-type"] == "application/json"
    assert response.json() == {
        "global": {"state": "idle", "active_sessions": 0, "max_concurrent": 0, "uptime_seconds": 0},
        "sessions": [],
    }


def test_what_a_worker_says_is_seen_from_start_to_end(client: TestClient, publisher: StatusPublisher) -> None:
    with publisher.session("web:1") as session:
        shows(client, {"web:1": "thinking"})
        with session.tool("bash"):
            shows(client, {"web:1": "tool_running"})
    shows(client, {})


def test_a_later_client_sees_what_was_reported_before(backend: Backend, publisher: StatusPublisher) -> None:
    publisher.session("web:1")
    publisher.flush()
    with running(backend) as late:
        assert states(late) == {"web:1": "thinking"}


def test_a_replica_whose_client_decodes_responses_sees_the_same(backend: Backend, publisher: StatusPublisher) -> None:
    publisher.session("web:1", title="ü")
    publisher.flush()
    with running(backend, decode_responses=True) as client:
        assert states(client) == {"web:1": "thinking"}
        publisher.session("web:2")
        shows(client, {"web:1": "thinking", "web:2": "thinking"})


def test_an_error_expires_by_itself(backend: Backend, client: TestClient) -> None:
    with StatusPublisher(backend.client(), error_ttl_seconds=SOON_SECONDS) as publisher:
        publisher.session("web:1").error("boom")
        shows(client, {"web:1": "error"})
        shows(client, {})


def test_a_question_that_nobody_answers_vanishes_after_its_limit(backend: Backend, client: TestClient) -> None:
    with StatusPublisher(backend.client(), waiting_ttl_seconds=SOON_SECONDS) as publisher:
        publisher.session("web:1").waiting_for_user()
        shows(client, {"web:1": "waiting_for_user"})
        shows(client, {})
        publisher.session("web:1")
        shows(client, {"web:1": "thinking"})


def test_a_newer_run_outlives_the_expiry_of_the_error_before_it(backend: Backend, client: TestClient) -> None:
    with StatusPublisher(backend.client(), error_ttl_seconds=SOON_SECONDS) as publisher:
        publisher.session("web:1").error("boom")
        shows(client, {"web:1": "error"})
        publisher.session("web:1").streaming()
        shows(client, {"web:1": "streaming"})
        publisher.session("web:2").error("later")
        shows(client, {"web:1": "streaming", "web:2": "error"})
        shows(client, {"web:1": "streaming"})


def test_an_app_may_be_started_again_and_reads_the_environment_again(
    real_redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDIS_URL", real_redis.url)
    made = create_app()
    with TestClient(made) as first:
        assert first.get(STATUS).status_code == 200
    monkeypatch.setenv("AGENT_STATUS_API_KEY", "geheim")
    with TestClient(made) as second:
        assert second.get(STATUS).status_code == 403
        assert second.get(STATUS + "?key=geheim").status_code == 200


def test_bytes_that_are_not_text_do_not_disturb_a_client_that_decodes(backend: Backend) -> None:
    with running(backend, decode_responses=True) as client, backend.client() as raw:
        raw.hset(Keys("default").worker("bad"), mapping={"seq": "1", "at": "1", "record": b"\xff\xfe"})
        raw.expire(Keys("default").worker("bad"), 60)
        raw.zadd(Keys("default").workers, {"bad": 9e15})
        raw.expire(Keys("default").workers, 60)
        raw.publish(Keys("default").events, b"\xff\xfe")
        with StatusPublisher(backend.client()) as publisher:
            publisher.session("web:1")
            shows(client, {"web:1": "thinking"})
        assert client.get("/readyz").status_code == 200


def test_head_is_answered_on_both_endpoints(client: TestClient) -> None:
    assert client.head(STATUS).status_code == 200
    stream = client.head(STATUS + "/stream")
    assert stream.status_code == 200
    assert stream.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert stream.headers["cache-control"] == "no-cache, no-transform"
    assert stream.headers["x-accel-buffering"] == "no"


@pytest.mark.parametrize("path", [STATUS, STATUS + "/stream"])
def test_without_the_key_both_endpoints_refuse_with_the_text_of_the_api_page(keyed: TestClient, path: str) -> None:
    for response in (keyed.get(path), keyed.get(path + "?key=wrong"), keyed.get(path, headers={"X-Status-Key": "x"})):
        assert response.status_code == 403
        assert response.json() == REFUSAL


def test_with_the_key_in_either_place_the_snapshot_is_given(keyed: TestClient) -> None:
    assert keyed.get(STATUS, headers={"X-Status-Key": "geheim"}).status_code == 200
    assert keyed.get(STATUS + "?key=geheim").status_code == 200


@pytest.mark.parametrize("path", ["/livez", "/healthz", "/readyz", "/metrics", "/docs", "/openapi.json"])
def test_what_shows_no_session_needs_no_key(keyed: TestClient, path: str) -> None:
    assert keyed.get(path).status_code == 200


def test_metrics_count_and_show_no_sessions_content(client: TestClient, publisher: StatusPublisher) -> None:
    publisher.session("secret-channel:secret-id", title="secret title").tool_running("secret-tool")
    shows(client, {"secret-channel:secret-id": "tool_running"})
    exposed = client.get("/metrics").text
    assert 'agent_status_sessions{state="tool_running"} 1.0' in exposed
    assert 'agent_status_workers{state="live"} 1.0' in exposed
    assert "agent_status_feed_live 1.0" in exposed
    assert "secret" not in exposed


def test_metrics_say_how_old_the_oldest_session_of_each_state_is_and_0_without_one(
    client: TestClient, publisher: StatusPublisher
) -> None:
    publisher.session("web:1").waiting_for_user()
    shows(client, {"web:1": "waiting_for_user"})
    wait_until(lambda: age(client, "oldest", "waiting_for_user") > 0.2, "the session grows older")
    assert age(client, "quietest", "waiting_for_user") > 0.2
    assert age(client, "oldest", "error") == 0
    publisher.session("web:1").thinking()
    shows(client, {"web:1": "thinking"})
    assert age(client, "oldest", "waiting_for_user") == 0


def age(client: TestClient, which: str, state: str) -> float:
    """One of the metrics of sessions by state, in seconds."""
    line = f'agent_status_{which}_session_seconds{{state="{state}"}} '
    return float(client.get("/metrics").text.partition(line)[2].partition("\n")[0])


def test_an_unknown_kind_of_events_gets_a_message_that_names_it(client: TestClient) -> None:
    response = client.get(STATUS + "/stream?events=everything")
    assert response.status_code == 422
    assert response.json()["detail"][0]["loc"] == ["query", "events"]


# CORS


def test_a_page_on_any_localhost_port_may_read(keyed: TestClient) -> None:
    for origin in ("http://localhost:3000", "http://127.0.0.1:5173", "https://localhost"):
        response = keyed.get(STATUS, headers={"Origin": origin})
        assert response.status_code == 403
        assert response.headers["access-control-allow-origin"] == origin
        assert "X-Status-Stale" in response.headers["access-control-expose-headers"]


@pytest.mark.parametrize("origin", ["https://evil.example", "http://localhost.evil.example", "null"])
def test_any_other_page_may_not(client: TestClient, origin: str) -> None:
    assert "access-control-allow-origin" not in client.get(STATUS, headers={"Origin": origin}).headers


def test_a_preflight_needs_no_key_and_allows_what_the_page_sends(keyed: TestClient) -> None:
    asked = {
        "Origin": "http://localhost:3000",
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "content-type, x-status-key, last-event-id, cache-control",
    }
    response = keyed.options(STATUS + "/stream", headers=asked)
    assert response.status_code == 200
    allowed = response.headers["access-control-allow-headers"].lower()
    assert all(name in allowed for name in ("content-type", "x-status-key", "last-event-id", "cache-control"))


def test_the_operator_may_allow_other_origins(backend: Backend) -> None:
    with running(backend, cors_origins="https://board.example") as client:
        allowed = client.get(STATUS, headers={"Origin": "https://board.example"})
        assert allowed.headers["access-control-allow-origin"] == "https://board.example"
        refused = client.get(STATUS, headers={"Origin": "http://localhost:3000"})
        assert "access-control-allow-origin" not in refused.headers


# The document


def test_the_openapi_document_has_the_snapshots_schema_on_both_endpoints(client: TestClient) -> None:
    document: dict[str, Any] = client.get("/openapi.json").json()
    reference = {"$ref": "#/components/schemas/Snapshot"}
    paths = document["paths"].items()
    answers = {path: ways["get"]["responses"]["200"]["content"] for path, ways in paths if "get" in ways}
    assert answers[STATUS]["application/json"]["schema"] == reference
    assert list(answers[STATUS + "/stream"]) == ["text/event-stream"]
    assert answers[STATUS + "/stream"]["text/event-stream"]["schema"] == reference
    schemas = document["components"]["schemas"]
    assert list(schemas["Snapshot"]["properties"]) == ["global", "sessions", "ended"]
    assert schemas["Snapshot"]["required"] == ["global", "sessions"]
    assert list(schemas["GlobalStatus"]["properties"]) == [
        "state",
        "active_sessions",
        "max_concurrent",
        "uptime_seconds",
    ]
    assert schemas["SessionStatus"]["properties"]["state"]["enum"] == [
        "thinking",
        "tool_running",
        "streaming",
        "waiting_for_user",
        "error",
    ]


# Clients that cannot be used


def test_a_client_that_would_block_is_refused_with_what_is_expected() -> None:
    with pytest.raises(SettingsError, match=r"must be a redis\.asyncio\.Redis, not .*; this one would block"):
        create_app(redis=fakeredis.FakeRedis())  # type: ignore[arg-type]


def test_an_app_with_a_wrong_setting_is_made_and_says_so_when_it_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENT_STATUS_PORT", "broken")
    made = create_app(redis=fakeredis.FakeAsyncRedis())
    with pytest.raises(SettingsError, match="AGENT_STATUS_PORT"), TestClient(made):
        pass


def test_an_operator_can_list_the_workers(keyed: TestClient, publisher: StatusPublisher) -> None:
    path = "/api/v1/agent/workers"
    assert keyed.get(path).status_code == 403
    publisher.session("web:1")

    def rows() -> list[dict[str, Any]]:
        shown: list[dict[str, Any]] = keyed.get(path, headers={"X-Status-Key": "geheim"}).json()["workers"]
        return shown

    (row,) = wait_until(lambda: [row for row in rows() if row["sessions"]], "the worker is told with its session")
    assert (row["worker_id"], row["state"], row["sessions"]) == (publisher.worker_id, "live", ["web:1"])
    publisher.close()
    wait_until(lambda: [row["state"] for row in rows()] == ["left"], "the worker has left")
