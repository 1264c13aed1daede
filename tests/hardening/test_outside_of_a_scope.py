"""Whatever a reader with a scope asks for, in any way: the answer is the same whatever is outside of the scope."""

import re
from pathlib import Path
from typing import Final

import httpx
import pytest

from agent_status_gateway.paths import (
    BADGE_PATH,
    METRICS_PATH,
    STATUS_PATH,
    STREAM_PATH,
    SUMMARY_PATH,
    TEXT_PATH,
    TICKET_PATH,
    WORKERS_PATH,
)
from agent_status_publisher import StatusPublisher
from chaos.clients.sse import Dashboard
from chaos.gateways.gateway_thread import GatewayThread
from chaos.wait import wait_until
from tests.support.clients.http import RawClient
from tests.support.gateways.scoped_gateway import ci_worker, file, gateway, get, keys_of, snapshot, ticket, web_worker

__all__ = ["ci_worker", "file", "gateway", "web_worker"]
QUERIES: Final = [
    "",
    "?session=ci:1",
    "?session=ci:2&session=web:1",
    "?channel=ci",
    "?channel=web,ci&state=error",
    "?state=tool_running",
    "?parent=ci:1",
    "?label=team:ci",
    "?ended=900",
    "?ended=900&channel=ci",
    "?ended=900&session=ci:49&parent=ci:1",
    "?state=asleep",
    "?channel=",
    "?events=x&channel=ci",
    "?channel=ci&key=ci:2",
    "?by=worker",
    "?by=state&session=ci:1",
    "?by=label.team&channel=ci,web",
]
ANSWERED: Final = (STATUS_PATH, SUMMARY_PATH, WORKERS_PATH, TEXT_PATH, BADGE_PATH)
AGES: Final = re.compile(rb'("(?:duration|uptime|last_heard)_seconds":|\tweb:[0-9]+\t)[0-9.]+|("oldest_seconds":)[^}]*')
PASSING: Final = {"date", "content-length", "retry-after"}
"""Headers that follow the clock, the digits of an age, or chance."""


def seen(gateway: GatewayThread, method: str, path: str, **headers: str) -> tuple[object, ...]:
    answer = httpx.request(method, gateway.url + path, headers={"X-Status-Key": "webkey", **headers}, timeout=8)
    kept = {name: value for name, value in answer.headers.items() if name not in PASSING}
    return answer.status_code, kept, AGES.sub(rb"\1\2", answer.content)


def all_answers(gateway: GatewayThread) -> dict[tuple[str, ...], tuple[object, ...]]:
    """What a reader of `web` is answered, to every question but one for an open stream."""
    found: dict[tuple[str, ...], tuple[object, ...]] = {}
    for query in QUERIES:
        for path in ANSWERED:
            found["GET", path, query] = seen(gateway, "GET", path + query, Origin="http://localhost:3000")
        found["HEAD", STATUS_PATH, query] = seen(gateway, "HEAD", STATUS_PATH + query)
        found["HEAD", STREAM_PATH, query] = seen(gateway, "HEAD", STREAM_PATH + query)
    tag = get(gateway, "webkey").headers["ETag"]
    found["GET", "tag"] = seen(gateway, "GET", STATUS_PATH, **{"If-None-Match": tag})
    found["GET", METRICS_PATH] = seen(gateway, "GET", METRICS_PATH)
    for path in ("/readyz", "/healthz", "/openapi.json", f"{STATUS_PATH}/ci:1", f"{WORKERS_PATH}/ci:1"):
        found["GET", path] = seen(gateway, "GET", path)
    for method in ("POST", "DELETE", "OPTIONS"):
        found[method, STATUS_PATH] = seen(gateway, method, f"{STATUS_PATH}?session=ci:1")
    return found


def test_no_answer_depends_on_what_is_outside_of_the_scope(gateway: GatewayThread, ci_worker: StatusPublisher) -> None:
    before = all_answers(gateway)
    assert before["GET", "tag"][0] == 304
    for number in range(50):
        ci_worker.publish(f"ci:{number}", "error", error_message="SECRET", title="SECRET")
    wait_until(lambda: len(keys_of(snapshot(gateway, "everything"))) == 52, "all are there")
    for number in range(25, 50):
        ci_worker.session(f"ci:{number}").end()
    wait_until(lambda: len(snapshot(gateway, "everything", "ended=900")["ended"]) == 25, "half of them have ended")
    after = all_answers(gateway)
    assert after == before
    assert b"SECRET" not in repr(after).encode()


@pytest.mark.parametrize("path", [*ANSWERED, METRICS_PATH, TICKET_PATH])
def test_no_cache_on_the_way_keeps_an_answer_that_a_key_was_needed_for(gateway: GatewayThread, path: str) -> None:
    method = "POST" if path == TICKET_PATH else "GET"
    answer = httpx.request(method, gateway.url + path, headers={"X-Status-Key": "everything"}, timeout=8)
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]


def test_each_request_of_a_connection_is_answered_by_its_own_key(gateway: GatewayThread) -> None:
    def request(key: str, version: str = "1.1") -> str:
        return f"GET {WORKERS_PATH} HTTP/{version}\r\nHost: localhost\r\nX-Status-Key: {key}\r\n\r\n"

    keys = ["everything", "webkey", "wrong", "onekey", "everything", "webkey"]
    with RawClient(gateway.port, "".join(map(request, keys)) + request("webkey", "1.0")) as client:
        answers = client.wait_for_end().split(b"HTTP/1.1 ")[1:]
    assert [answer[:3] for answer in answers] == [b"200", b"200", b"403", b"200", b"200", b"200", b"200"]
    assert [answer.count(b"ci:") for answer in answers] == [2, 0, 0, 0, 2, 0, 0]
    assert [answer.count(b"web:") for answer in answers] == [2, 2, 0, 1, 2, 2, 2]


def test_a_connection_that_was_let_in_is_not_let_in_any_more_when_its_key_is_removed(
    gateway: GatewayThread, file: Path
) -> None:
    link = ticket(gateway, "webkey")
    with (
        httpx.Client(base_url=gateway.url, headers={"X-Status-Key": "webkey"}, timeout=8) as client,
        Dashboard(gateway.url, f"{STREAM_PATH}?ticket={link}") as dashboard,
    ):
        dashboard.wait_for_first()
        assert client.get(STATUS_PATH).status_code == 200
        file.write_text("all: everything\nother: otherkey channel=ci\n")
        wait_until(lambda: dashboard.raw.endswith(b"\r\n0\r\n\r\n"), "the stream ends")
        refused = [client.get(path).status_code for path in (*ANSWERED, STREAM_PATH, METRICS_PATH)]
        assert refused == [403] * len(refused)
        assert client.post(TICKET_PATH).status_code == 403
        assert gateway.get(f"{STREAM_PATH}?ticket={link}").status_code == 403
