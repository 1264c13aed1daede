"""Readers whose key allows only a part: nothing that they are sent tells of anything else."""

import json
import re
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from agent_status_gateway.access.keys.key_lines import Key
from agent_status_gateway.access.keys.keyring import KeyRing
from agent_status_gateway.feed.health import FeedHealth
from agent_status_gateway.pipeline.pipeline import Pipeline
from agent_status_gateway.state.views.view import View
from agent_status_publisher import StatusPublisher
from chaos.clients.sse import Dashboard
from chaos.gateways.gateway_client import STATUS, STREAM
from chaos.gateways.gateway_thread import GatewayThread, Served
from chaos.servers.redis_server import RedisServer
from chaos.wait import wait_until
from tests.support.gateways.scoped_gateway import (
    WORKERS,
    ci_worker,
    file,
    first,
    gateway,
    get,
    keys_of,
    snapshot,
    ticket,
    web_worker,
)

__all__ = ["ci_worker", "file", "gateway", "web_worker"]


def without_times(snapshot: dict[str, Any]) -> str:
    return re.sub(r'"(duration_seconds|uptime_seconds)": [0-9.]+', "", json.dumps(snapshot))


PARTS: Final = [
    ("everything", ["ci:1", "ci:2", "web:1", "web:2"], "degraded", 9),
    ("webkey", ["web:1", "web:2"], "active", 3),
    ("onekey", ["web:1"], "active", 3),
    ("bothkey", ["ci:1", "ci:2", "web:1", "web:2"], "degraded", 9),
    ("emptykey", [], "idle", 0),
    ("labelkey", ["web:1"], "active", 3),
    ("childkey", ["web:2"], "active", 3),
]


@pytest.mark.parametrize(("key", "sessions", "state", "capacity"), PARTS)
def test_a_reader_gets_its_part_and_a_global_status_of_it_on_json_and_streams(
    gateway: GatewayThread, key: str, sessions: list[str], state: str, capacity: int
) -> None:
    for found in (
        snapshot(gateway, key),
        first(gateway, f"key={key}"),
        first(gateway, f"key={key}&events=changes"),
        first(gateway, f"ticket={ticket(gateway, key)}"),
    ):
        assert keys_of(found) == sessions
        overview = found["global"]
        assert (overview["state"], overview["active_sessions"]) == (state, len(sessions))
        assert overview["max_concurrent"] == capacity


@pytest.mark.parametrize(
    "query",
    [
        "session=ci:1",
        "channel=ci",
        "session=ci:1&session=ci:2",
        "channel=ci&session=web:1",
        "state=error",
        "parent=ci:1",
    ],
)
def test_what_is_outside_of_the_scope_is_as_what_does_not_exist(gateway: GatewayThread, query: str) -> None:
    existing = get(gateway, "webkey", f"{STATUS}?{query}")
    nothing = get(gateway, "webkey", f"{STATUS}?{re.sub('ci', 'no', query)}")
    assert keys_of(existing.json()) == []
    assert "SECRET" not in existing.text
    assert without_times(existing.json()) == without_times(nothing.json())
    assert existing.status_code == nothing.status_code == 200
    assert {*existing.headers} == {*nothing.headers}


def test_ids_of_a_part_are_of_its_rows_alone(gateway: GatewayThread, ci_worker: StatusPublisher) -> None:
    with (
        Dashboard(gateway.url, f"{STREAM}?key=webkey") as scoped,
        Dashboard(gateway.url, f"{STREAM}?key=everything&channel=ci") as others,
    ):
        before = scoped.wait_for_first().id
        others.wait_for_first()
        ci_worker.publish("ci:2", "thinking")
        ci_worker.publish("ci:3", "thinking")
        wait_until(lambda: others.newest == {"ci:1": "error", "ci:2": "thinking", "ci:3": "thinking"}, "ci has changed")
    with Dashboard(gateway.url, f"{STREAM}?key=webkey") as again:
        assert again.wait_for_first().id == before


@pytest.mark.parametrize("events", ["status", "changes"])
def test_a_stream_is_sent_nothing_when_something_outside_of_its_scope_changes(
    gateway: GatewayThread, web_worker: StatusPublisher, ci_worker: StatusPublisher, events: str
) -> None:
    with (
        Dashboard(gateway.url, f"{STREAM}?key=webkey&events={events}") as scoped,
        Dashboard(gateway.url, f"{STREAM}?key=everything&channel=ci") as others,
    ):
        scoped.wait_for_first()
        others.wait_for_first()
        ci_worker.publish("ci:2", "thinking")
        web_worker.publish("ci:1", "thinking")
        wait_until(lambda: others.newest == {"ci:1": "thinking", "ci:2": "thinking"}, "ci has changed")
        web_worker.publish("web:2", "thinking")
        wait_until(lambda: len(scoped.events) > 1, "the scope's own change comes")
        assert len(scoped.events) == 2
        assert "ci:" not in scoped.body.decode()
        assert "SECRET" not in scoped.body.decode()


def test_two_scopes_that_show_the_same_rows_do_not_share_what_counts_workers(gateway: GatewayThread) -> None:
    asked = "session=web:1"
    with (
        Dashboard(gateway.url, f"{STREAM}?key=everything&{asked}") as whole,
        Dashboard(gateway.url, f"{STREAM}?key=bothkey&{asked}&channel=web,ci") as both,
        Dashboard(gateway.url, f"{STREAM}?key=onekey") as one,
        Dashboard(gateway.url, f"{STREAM}?key=webkey&{asked}") as web,
    ):
        found = [dashboard.wait_for_first() for dashboard in (whole, both, one, web)]
    assert [keys_of(event.data) for event in found] == [["web:1"]] * 4
    assert len({event.id for event in found}) == 1
    assert [event.data["global"]["max_concurrent"] for event in found] == [9, 9, 3, 3]
    assert [
        snapshot(gateway, key, asked)["global"]["max_concurrent"]
        for key in ("everything", "bothkey", "onekey", "webkey")
    ] == [9, 9, 3, 3]


def test_the_capacity_of_an_open_stream_follows_the_workers_of_its_scope(
    gateway: GatewayThread, web_worker: StatusPublisher, ci_worker: StatusPublisher
) -> None:
    with (
        Dashboard(gateway.url, f"{STREAM}?key=webkey&session=web:9") as narrow,
        Dashboard(gateway.url, f"{STREAM}?key=webkey") as scoped,
    ):
        assert narrow.wait_for_first().data["global"]["max_concurrent"] == 3
        scoped.wait_for_first()
        ci_worker.publish("web:9", "thinking")
        wait_until(lambda: narrow.newest == {"web:9": "thinking"}, "the session is there")
        assert narrow.statuses[-1].data["global"]["max_concurrent"] == 9
        wait_until(lambda: scoped.newest and "web:9" in scoped.newest, "the session is there")
        assert scoped.statuses[-1].data["global"]["max_concurrent"] == 9
        web_worker.close()
        wait_until(lambda: scoped.newest == {"web:9": "thinking"}, "the others are gone")
        assert scoped.statuses[-1].data["global"]["max_concurrent"] == 6


def test_workers_are_those_that_hold_a_session_of_the_scope_with_only_these(gateway: GatewayThread) -> None:
    def workers(key: str) -> list[tuple[int, list[str]]]:
        rows = get(gateway, key, WORKERS).json()["workers"]
        return sorted((row["max_concurrent"], row["sessions"]) for row in rows)

    assert workers("everything") == [(3, ["ci:1", "web:1", "web:2"]), (6, ["ci:2"])]
    assert workers("webkey") == [(3, ["web:1", "web:2"])]
    assert workers("onekey") == [(3, ["web:1"])]
    assert workers("labelkey") == [(3, ["web:1"])]
    assert workers("childkey") == [(3, ["web:2"])]
    assert workers("emptykey") == []


def test_metrics_need_a_key_without_a_scope_as_soon_as_any_has_one(gateway: GatewayThread, file: Path) -> None:
    def ask(**headers: str) -> int:
        return gateway.get("/metrics", headers=headers).status_code

    assert ask() == ask(**{"X-Status-Key": "wrong"}) == ask(**{"X-Status-Key": "webkey"}) == 403
    assert (
        ask(Authorization="Bearer webkey")
        == ask(Authorization="Basic everything")
        == ask(Authorization="everything")
        == 403
    )
    refused = [gateway.get("/metrics", headers={"X-Status-Key": key}) for key in ("webkey", "wrong")]
    assert refused[0].text == refused[1].text
    assert gateway.get(f"/metrics?ticket={ticket(gateway, 'everything')}").status_code == 403
    assert ask(**{"X-Status-Key": "everything"}) == ask(Authorization="bearer everything") == 200
    assert gateway.get("/metrics?key=everything").status_code == 200
    file.write_text("all: everything\n")
    wait_until(lambda: ask() == 200, "without scopes the metrics are open")


def test_the_readiness_probe_counts_no_workers_as_soon_as_any_key_has_a_scope(
    gateway: GatewayThread, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FeedHealth, "missed_workers", 7)
    late = "workers are not heard on the channel, only by reading Redis: changes are seen late; may they PUBLISH there?"
    assert gateway.get("/readyz").json() == {"status": "ok", "channel": f"some {late}"}
    file.write_text("all: everything\n")
    wait_until(lambda: gateway.get("/readyz").json()["channel"] == f"7 {late}", "without scopes it counts them")


def test_no_label_of_a_metric_names_a_session_or_a_scope(gateway: GatewayThread) -> None:
    with Dashboard(gateway.url, f"{STREAM}?key=onekey") as dashboard:
        dashboard.wait_for_first()
        text = get(gateway, "everything", "/metrics").text
    assert 'agent_status_key_clients{key="one"} 1.0' in text
    for hidden in ("web:1", "channel", "ci", "team"):
        assert not re.search(rf'="[^"]*{hidden}[^"]*"', text), hidden


def test_a_reader_with_a_scope_is_not_told_whose_streams_or_views_are_too_many(
    real_redis: RedisServer, served: Served, file: Path
) -> None:
    def refused(gateway: GatewayThread, key: str, query: str = "") -> httpx.Response:
        answer = get(gateway, key, f"{STREAM}?{query}")
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
        return answer

    for limit, query in (("max_clients", ""), ("max_views", "channel=ci")):
        with (
            GatewayThread(real_redis.url, served, api_keys_file=file, **{limit: 1}) as gateway,
            Dashboard(gateway.ready().url, f"{STREAM}?key=everything&{query}") as dashboard,
        ):
            dashboard.wait_for_first()
            told = "unavailable: there is no room for this stream now"
            assert refused(gateway, "webkey").json() == {"detail": told}
            assert refused(gateway, "everything", "channel=web").json()["detail"].startswith("this replica ")


@pytest.mark.parametrize("path", [STATUS, WORKERS])
def test_a_key_that_gets_another_scope_while_its_request_waits_is_answered_by_the_new_one(
    gateway: GatewayThread, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    replica = gateway.app.replica

    async def wait(_seconds: float) -> bool:
        scope = View(channel=frozenset({"ci"}))
        monkeypatch.setattr(replica.access, "_ring", KeyRing({"web": Key("webkey", scope)}))
        return True

    monkeypatch.setattr(replica.pipeline, "wait_for_snapshot", wait)
    answer = get(gateway, "webkey", path)
    assert "ci:2" in answer.text
    assert "web:" not in answer.text


def test_a_stream_whose_key_gets_another_scope_while_it_waits_is_opened_by_the_new_one(
    gateway: GatewayThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    replica = gateway.app.replica
    rings = [KeyRing({"web": Key("webkey", View(channel=frozenset({"ci"})))}), KeyRing({"other": Key("otherkey")})]

    async def wait(_seconds: float) -> bool:
        monkeypatch.setattr(replica.access, "_ring", rings.pop(0))
        return True

    monkeypatch.setattr(Pipeline, "has_snapshot", False)
    monkeypatch.setattr(replica.pipeline, "wait_for_snapshot", wait)
    assert keys_of(first(gateway, "key=webkey")) == ["ci:1", "ci:2"]
    assert get(gateway, "webkey", STREAM).status_code == 403
