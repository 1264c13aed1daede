"""Summaries as JSON: how many sessions each group has, whichever way the gateway is served."""

from typing import Any

import httpx
import pytest

from agent_status_gateway.paths import STATUS_PATH, SUMMARY_PATH, SUMMARY_STREAM_PATH
from agent_status_publisher import StatusPublisher
from chaos.clients.sse import Dashboard
from chaos.gateways.gateway_thread import GatewayThread
from chaos.servers.redis_server import RedisServer
from chaos.wait import wait_until
from tests.support.clients.polls import LongPoll, wait_for_held
from tests.support.counted import counted, shown

VIEWS = ("", "&channel=web", "&state=thinking,tool_running", "&session=web:1&session=ci:1", "&channel=nobody")


def ask(gateway: GatewayThread, query: str = "", tag: str | None = None) -> httpx.Response:
    return gateway.get(f"{SUMMARY_PATH}?{query}", headers={} if tag is None else {"If-None-Match": tag})


def summary(gateway: GatewayThread, query: str = "") -> dict[str, Any]:
    answer = ask(gateway, query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def without_uptime(found: dict[str, Any]) -> dict[str, Any]:
    return {**found["global"], "uptime_seconds": 0}


@pytest.mark.usefixtures("fleet")
@pytest.mark.parametrize("view", VIEWS)
def test_a_summary_counts_the_sessions_of_its_view_and_has_that_views_global_status(
    gateway: GatewayThread, view: str
) -> None:
    snapshot = gateway.snapshot(f"?{view}")
    for by in ("channel", "state", "label.team"):
        found = summary(gateway, f"by={by}{view}")
        assert shown(found, by) == counted(snapshot, by)
        assert without_uptime(found) == without_uptime(snapshot)
        assert [*found] == ["global", "groups"]


@pytest.mark.usefixtures("fleet")
def test_sessions_are_counted_by_channel_if_the_query_does_not_say_it(gateway: GatewayThread) -> None:
    assert shown(summary(gateway), "channel") == {
        "ci": {"tool_running": 1},
        "web": {"thinking": 1, "waiting_for_user": 1},
    }
    assert summary(gateway)["groups"] == summary(gateway, "by=channel&chanel=ci")["groups"]


def test_a_summary_by_worker_names_the_workers_as_their_own_endpoint_does(
    real_redis: RedisServer, gateway: GatewayThread, fleet: StatusPublisher
) -> None:
    with StatusPublisher(real_redis.url) as other:
        other.publish("web:3", "error", error_message="boom")
        wait_until(lambda: len(gateway.states()) == 4, "its session is shown")
        workers = gateway.get("/api/v1/agent/workers").json()["workers"]
        found = shown(summary(gateway, "by=worker"), "worker")
        assert {name: sum(states.values()) for name, states in found.items()} == {
            worker["worker_id"]: len(worker["sessions"]) for worker in workers
        }
        assert {"error": 1} in found.values()
    fleet.flush()


def test_a_summary_by_a_label_has_a_group_for_each_value_and_one_for_sessions_without_it(
    real_redis: RedisServer, gateway: GatewayThread
) -> None:
    with (
        StatusPublisher(real_redis.url, labels={"team": "web"}) as of_web,
        StatusPublisher(real_redis.url) as others,
        Dashboard(gateway.url, f"{SUMMARY_STREAM_PATH}?by=label.team") as dashboard,
    ):
        of_web.session("web:1").thinking()
        of_web.session("web:2", labels={"agent": "reviewer"}).streaming()
        of_web.session("ci:1", labels={"team": "ci"}).tool_running("make")
        plain = others.session("ci:2")
        plain.waiting_for_user()
        groups = {
            "ci": {"tool_running": 1},
            "web": {"streaming": 1, "thinking": 1},
            None: {"waiting_for_user": 1},
        }

        def streamed() -> Any:
            return shown(dashboard.events[-1].data, "label.team") if dashboard.events else None

        wait_until(lambda: streamed() == groups, f"the stream says {groups}")
        found = summary(gateway, "by=label.team")
        assert shown(found, "label.team") == groups
        assert [group["label.team"] for group in found["groups"]] == ["ci", "web", None]
        assert shown(summary(gateway, "by=label.team&channel=ci"), "label.team") == {
            "ci": {"tool_running": 1},
            None: {"waiting_for_user": 1},
        }
        assert shown(summary(gateway, "by=label.agent&label=team:web"), "label.agent") == {
            "reviewer": {"streaming": 1},
            None: {"thinking": 1},
        }
        tag = ask(gateway, "by=label.team").headers["etag"]
        plain.label("team", "web")
        moved = {"ci": {"tool_running": 1}, "web": {"streaming": 1, "thinking": 1, "waiting_for_user": 1}}
        wait_until(lambda: streamed() == moved, f"a label is news: the stream says {moved}")
        answer = ask(gateway, "by=label.team", tag)
        assert (answer.status_code, shown(answer.json(), "label.team")) == (200, moved)


def test_a_client_that_has_the_summary_gets_304_until_a_count_changes(
    gateway: GatewayThread, fleet: StatusPublisher
) -> None:
    answer = ask(gateway)
    tag = answer.headers["etag"]
    assert answer.headers["cache-control"] == "no-store"
    assert tag.startswith('W/"')
    assert tag != gateway.get(STATUS_PATH).headers["etag"] != ask(gateway, "by=state").headers["etag"]
    same = ask(gateway, tag=tag)
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", tag)
    fleet.session("web:1").end()
    fleet.session("web:4").thinking()
    wait_until(lambda: "web:4" in gateway.states() and "web:1" not in gateway.states(), "one takes the other's place")
    assert ask(gateway, tag=tag).status_code == 304, "the counts are as they were"
    fleet.session("web:4").streaming()
    wait_until(lambda: gateway.states().get("web:4") == "streaming", "its state is shown")
    newer = ask(gateway, tag=tag)
    assert newer.status_code == 200
    assert shown(newer.json(), "channel")["web"] == {"streaming": 1, "waiting_for_user": 1}


def test_over_a_thousand_groups_the_smallest_are_one(
    real_redis: RedisServer, gateway: GatewayThread, publisher: StatusPublisher
) -> None:
    with StatusPublisher(real_redis.url) as other:  # a worker holds a thousand at most
        for number in range(1003):
            (publisher if number % 2 else other).session(f"c{number:04}:1")
        other.session("c1002:2").waiting_for_user()
        wait_until(lambda: len(gateway.states()) == 1004, "all are shown", timeout_seconds=20)
        *groups, rest = summary(gateway)["groups"]
        assert [group["channel"] for group in groups] == [f"c{number:04}" for number in (*range(999), 1002)]
        assert groups[-1]["states"] == {"thinking": 1, "waiting_for_user": 1}
        assert {**rest, "oldest_seconds": 0} == {
            "other_groups": 3,
            "sessions": 3,
            "states": {"thinking": 3},
            "oldest_seconds": 0,
        }
        zipped = gateway.get(SUMMARY_PATH, headers={"Accept-Encoding": "gzip"})
        assert zipped.headers["content-encoding"] == "gzip"
        assert len(zipped.json()["groups"]) == 1001


def test_a_client_that_has_the_summary_can_wait_until_a_count_changes(
    gateway: GatewayThread, fleet: StatusPublisher
) -> None:
    tag = ask(gateway, "by=state").headers["etag"]
    with LongPoll(gateway, tag, "by=state", path=SUMMARY_PATH) as poll:
        wait_for_held(gateway)
        fleet.session("ci:1").tool_running("another tool")
        wait_until(lambda: gateway.snapshot()["sessions"][0]["tool_name"] == "another tool", "the snapshot has changed")
        assert ask(gateway, "by=state", tag=tag).status_code == 304
        assert not poll.is_answered
        fleet.session("web:1").streaming()
        answer = poll.answer()
    assert shown(answer.json(), "state")["streaming"] == {"streaming": 1}
    assert answer.headers["etag"] == ask(gateway, "by=state").headers["etag"] != tag
    assert ask(gateway, "wait=61", tag=tag).json()["detail"][0]["loc"] == ["query", "wait"]


@pytest.mark.usefixtures("fleet")
def test_a_head_request_has_the_headers_alone(gateway: GatewayThread) -> None:
    head = httpx.head(gateway.url + SUMMARY_PATH, timeout=8)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["etag"] == ask(gateway).headers["etag"]


@pytest.mark.parametrize("query", ["by=", "by=host", "by=label.", "by=state&by=channel", "state=asleep", "session="])
def test_a_wrong_value_is_refused_with_the_name_of_its_field(gateway: GatewayThread, query: str) -> None:
    answer = ask(gateway, query)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["query", query.partition("=")[0]]
    assert "Input should be" in answer.json()["detail"][0]["msg"]
