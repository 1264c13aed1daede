"""`status.txt` and `badge.svg` under FastAPI's TestClient."""

import re
from typing import Any, Final

import pytest
from fastapi.testclient import TestClient

from agent_status_gateway.feed.health import FeedHealth
from agent_status_gateway.paths import BADGE_PATH, STATUS_PATH, TEXT_PATH
from agent_status_publisher import StatusPublisher
from chaos.wait import wait_until
from tests.contract.conftest import Backend
from tests.contract.test_app import REFUSAL, client, keyed, publisher, running, shows, states

__all__ = ["client", "keyed", "publisher"]
BOTH: Final = [TEXT_PATH, BADGE_PATH]
both = pytest.mark.parametrize("path", BOTH)
SHOWN: Final = {"web:1": "waiting_for_user", "web:2": "thinking", "ci:1": "error"}


@pytest.fixture(autouse=True)
def never_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that stops this process for a second makes a snapshot stale, which is then said."""
    monkeypatch.setattr(FeedHealth, "stale_seconds", None)


@pytest.fixture
def sessions(client: TestClient, publisher: StatusPublisher) -> StatusPublisher:
    """Three sessions, shown."""
    publisher.publish("web:1", "waiting_for_user", title="Fix auth bug")
    publisher.publish("web:2", "thinking")
    publisher.publish("ci:1", "error", error_message="boom")
    shows(client, SHOWN)
    return publisher


def counts_in(badge: str) -> str:
    return str(re.findall(r"<text [^>]*>([^<]*)</text>", badge)[1])


@pytest.mark.usefixtures("sessions")
def test_the_text_has_the_whole_in_its_first_line_and_then_who_needs_a_person(client: TestClient) -> None:
    answer = client.get(TEXT_PATH)
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    whole, waiting, failed = answer.text.splitlines()
    assert whole == "degraded: 1 waiting for user, 1 in error, 1 working"
    assert re.fullmatch(r"waiting_for_user\tweb:1\t\d+\tFix auth bug\t-", waiting)
    assert re.fullmatch(r"error\tci:1\t\d+\t-\tboom", failed)


@pytest.mark.usefixtures("sessions")
def test_the_badge_is_an_image_that_no_policy_can_object_to(client: TestClient) -> None:
    answer = client.get(BADGE_PATH)
    assert answer.headers["content-type"] == "image/svg+xml"
    assert counts_in(answer.text) == "1 waiting · 1 in error · 1 working"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert "no-cache" in answer.headers["cache-control"]


@both
def test_both_are_typed_kept_by_nobody_and_tagged(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert "no-store" in headers["cache-control"]
    assert headers["etag"].startswith('W/"')
    assert "x-status-stale" not in headers


@both
@pytest.mark.usefixtures("sessions")
def test_head_answers_with_the_headers_alone(client: TestClient, path: str) -> None:
    whole, head = client.get(path), client.head(path)
    assert (head.status_code, head.content) == (200, b"")
    assert dict(head.headers) == dict(whole.headers)


@both
@pytest.mark.usefixtures("sessions")
@pytest.mark.parametrize(
    ("query", "line", "counts"),
    [
        ("channel=web", "active: 1 waiting for user, 1 working", "1 waiting · 1 working"),
        ("state=error", "degraded: 1 in error", "1 in error"),
        ("session=web:2", "active: 1 working", "1 working"),
        ("channel=web,ci&state=error", "degraded: 1 in error", "1 in error"),
        ("label=team:web", "idle: no sessions", "idle"),
    ],
)
def test_both_show_the_view_that_is_asked_for(
    client: TestClient, path: str, query: str, line: str, counts: str
) -> None:
    found = client.get(f"{path}?{query}").text
    assert (found.splitlines()[0] == line) if path == TEXT_PATH else (counts_in(found) == counts)


@both
def test_a_wrong_value_is_named_as_on_the_json(client: TestClient, path: str) -> None:
    answer = client.get(f"{path}?state=asleep")
    assert (answer.status_code, answer.json()) == (422, client.get(f"{STATUS_PATH}?state=asleep").json())
    assert client.get(f"{path}?wait=5&events=nonsense&by=1").status_code == 200, "other names mean nothing here"


@both
def test_a_client_that_has_the_answer_gets_304_until_it_changes(
    client: TestClient, sessions: StatusPublisher, path: str
) -> None:
    def ask(tag: str) -> Any:
        return client.get(path, headers={"If-None-Match": f'"other", {tag}'})

    tag = client.get(path).headers["etag"]
    same = ask(tag)
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", tag)
    sessions.publish("web:2", "error")
    shows(client, SHOWN | {"web:2": "error"})
    assert ask(tag).status_code == 200


def test_the_badge_is_the_same_while_its_counts_are(client: TestClient, sessions: StatusPublisher) -> None:
    tags = {path: client.get(path).headers["etag"] for path in BOTH}
    sessions.publish("web:2", "streaming")
    shows(client, SHOWN | {"web:2": "streaming"})
    assert client.get(BADGE_PATH).headers["etag"] == tags[BADGE_PATH]
    assert client.get(TEXT_PATH).headers["etag"] != tags[TEXT_PATH]


@both
@pytest.mark.usefixtures("sessions")
def test_both_say_when_they_are_stale_and_have_another_tag_then(
    client: TestClient, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh = client.get(path).headers["etag"]
    monkeypatch.setattr(FeedHealth, "stale_seconds", 40.9)
    stale = client.get(path, headers={"If-None-Match": fresh})
    assert (stale.status_code, stale.headers["x-status-stale"]) == (200, "40")
    if path == TEXT_PATH:
        assert stale.text.startswith("stale: degraded 40 s ago, 1 waiting for user, ")
    else:
        assert counts_in(stale.text).startswith("stale · ")
    again = client.get(path, headers={"If-None-Match": stale.headers["etag"]})
    assert (again.status_code, again.headers["x-status-stale"]) == (304, "40")
    monkeypatch.setattr(FeedHealth, "stale_seconds", None)
    assert client.get(path, headers={"If-None-Match": stale.headers["etag"]}).status_code == 200


@both
def test_before_the_first_snapshot_both_say_when_to_ask_again(
    client: TestClient, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def no_snapshot(_seconds: float) -> bool:
        return False

    monkeypatch.setattr(client.app.replica.pipeline, "wait_for_snapshot", no_snapshot)  # type: ignore[attr-defined]
    answer = client.get(path)
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    if path == TEXT_PATH:
        assert "detail" in answer.json()
    else:
        assert answer.headers["content-type"] == "image/svg+xml"
        assert counts_in(answer.text) == "unavailable"
        assert "no-cache" in answer.headers["cache-control"]


@both
def test_a_key_or_a_ticket_is_required_if_there_is_a_key(keyed: TestClient, path: str) -> None:
    ticket = keyed.post(f"{STATUS_PATH}/ticket", headers={"X-Status-Key": "geheim"}).json()["ticket"]
    for query in ("", "?key=wrong", "?ticket=", f"?ticket={ticket[:-1]}", "?state=asleep"):
        refused = keyed.get(path + query)
        assert (refused.status_code, refused.json()) == (403, REFUSAL)
    assert keyed.get(path, headers={"X-Status-Key": "geheim"}).status_code == 200
    assert keyed.get(f"{path}?key=geheim").status_code == 200
    assert keyed.get(f"{path}?ticket={ticket}").status_code == 200
    assert keyed.app.replica.access.uses["API_KEY"] == 4  # type: ignore[attr-defined]


@both
def test_both_count_for_the_rate_limit(backend: Backend, path: str) -> None:
    with running(backend, max_requests_per_second=1) as client:
        answers = [client.get(path).status_code for _ in range(2)]
    assert answers == [200, 429]


@pytest.mark.parametrize(
    ("settings", "allowed"),
    [({}, "same-site"), ({"api_key": "geheim"}, "cross-origin"), ({"cors_origins": ["*"]}, "cross-origin")],
)
def test_a_page_of_another_site_may_embed_the_badge_only_if_it_could_read_it(
    backend: Backend, settings: dict[str, Any], allowed: str
) -> None:
    with running(backend, **settings) as client:
        assert client.get(f"{BADGE_PATH}?key=geheim").headers["cross-origin-resource-policy"] == allowed


def test_a_fleet_without_anybody_in_need_has_one_line(client: TestClient, publisher: StatusPublisher) -> None:
    assert client.get(TEXT_PATH).text == "idle: no sessions\n"
    publisher.session("web:1")
    wait_until(lambda: states(client) == {"web:1": "thinking"}, "the session is shown")
    assert client.get(TEXT_PATH).text == "active: 1 working\n"
