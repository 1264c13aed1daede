"""Streams of summaries: an event on connect and when a count has changed, whichever way the gateway is served."""

import re
from typing import Any

import pytest

from agent_status_gateway.paths import SUMMARY_PATH, SUMMARY_STREAM_PATH
from agent_status_publisher import StatusPublisher
from chaos.clients.sse import Dashboard, Event
from chaos.gateways.gateway_client import STREAM
from chaos.gateways.gateway_thread import GatewayThread, Served
from chaos.servers.redis_server import RedisServer
from chaos.wait import wait_until
from tests.support.counted import counted, shown


def stream(gateway: GatewayThread, query: str = "", headers: str = "", version: str = "1.1") -> Dashboard:
    return Dashboard(gateway.url, f"{SUMMARY_STREAM_PATH}?{query}", headers, version=version)


def summaries(dashboard: Dashboard) -> list[Event]:
    return [event for event in dashboard.events if event.name == "summary"]


def first_of(dashboard: Dashboard) -> Event:
    return wait_until(lambda: dashboard.events, "the first event comes")[0]


def wait_for_second(dashboard: Dashboard) -> Event:
    return wait_until(lambda: dashboard.events[1:], "another event comes")[0]


def sizes(dashboard: Dashboard) -> list[int]:
    """How many sessions the groups of the newest summary have."""
    return sorted(
        group["sessions"] for group in wait_until(lambda: summaries(dashboard), "a summary comes")[-1].data["groups"]
    )


def wait_for(dashboard: Dashboard, groups: dict[str | None, dict[str, int]], by: str = "channel") -> None:
    def newest() -> Any:
        found = summaries(dashboard)
        return shown(found[-1].data, by) if found else None

    wait_until(lambda: newest() == groups, f"the summary is {groups}")


FORMS = [("", "1.1"), ("Accept-Encoding: gzip\r\n", "1.1"), ("", "1.0"), ("Accept-Encoding: gzip\r\n", "1.0")]


@pytest.mark.parametrize(("headers", "version"), FORMS)
def test_a_summary_comes_on_connect_and_when_a_count_has_changed(
    gateway: GatewayThread, fleet: StatusPublisher, headers: str, version: str
) -> None:
    with stream(gateway, "", headers, version) as dashboard, Dashboard(gateway.url) as rows:
        first = first_of(dashboard)
        assert first.name == "summary"
        assert first.retry is not None
        assert shown(first.data, "channel") == counted(gateway.snapshot(), "channel")
        assert gateway.get(SUMMARY_PATH).headers["etag"] == f'W/"{first.id}"'
        rows.wait_for_first()
        fleet.session("ci:1").tool_running("another tool")
        wait_until(lambda: rows.statuses[-1].data["sessions"][0]["tool_name"] == "another tool", "a row has changed")
        fleet.session("web:1").streaming()
        wait_for(dashboard, {"ci": {"tool_running": 1}, "web": {"streaming": 1, "waiting_for_user": 1}})
        assert len(dashboard.events) == 2, "a tool is in no count"
        fleet.session("web:1").end()
        wait_for(dashboard, {"ci": {"tool_running": 1}, "web": {"waiting_for_user": 1}})
        assert gateway.get(SUMMARY_PATH).headers["etag"] == f'W/"{dashboard.events[-1].id}"'
    wait_until(lambda: not len(gateway.app.replica.hub), "the places are free again")
    assert not len(gateway.app.replica.pipeline._audiences)


def test_a_summary_is_of_its_view_and_of_what_by_says(gateway: GatewayThread, fleet: StatusPublisher) -> None:
    with (
        stream(gateway, "by=state&channel=web") as by_state,
        stream(gateway, "by=label.team&channel=web,ci") as by_label,
        stream(gateway, "by=state&channel=nobody") as empty,
    ):
        wait_for(by_state, {"thinking": {"thinking": 1}, "waiting_for_user": {"waiting_for_user": 1}}, "state")
        wait_for(by_label, {None: {"thinking": 1, "waiting_for_user": 1, "tool_running": 1}}, "label.team")
        wait_for(empty, {}, "state")
        fleet.session("ci:1").end()
        wait_for(by_label, {None: {"thinking": 1, "waiting_for_user": 1}}, "label.team")
        fleet.publish("web:1", "error", error_message="boom")
        wait_for(by_state, {"error": {"error": 1}, "waiting_for_user": {"waiting_for_user": 1}}, "state")
        assert by_state.events[-1].data["global"]["state"] == "degraded"
        assert len(by_state.events) == 2
        assert len(empty.events) == 1


def test_a_session_that_another_worker_takes_is_news_to_a_summary_by_worker(
    real_redis: RedisServer, gateway: GatewayThread, fleet: StatusPublisher
) -> None:
    fleet.flush()
    with stream(gateway, "by=worker") as dashboard, StatusPublisher(real_redis.url) as other:
        wait_until(lambda: sizes(dashboard) == [3], "one holds all")
        other.publish("web:1", "thinking")
        wait_until(lambda: sizes(dashboard) == [1, 2], "the other holds one")


@pytest.mark.usefixtures("fleet")
def test_feed_events_come_beside_summaries_if_they_are_asked_for(gateway: GatewayThread) -> None:
    for query in ("events=feed", "events=all", "events=status,feed"):
        with stream(gateway, query) as dashboard:
            wait_for_second(dashboard)
            assert [event.name for event in dashboard.events] == ["summary", "feed"]
            assert dashboard.events[1].data["state"] == "live"


def test_changes_of_a_summary_are_refused_with_a_sentence(gateway: GatewayThread) -> None:
    answer = gateway.get(f"{SUMMARY_STREAM_PATH}?events=status,changes")
    assert answer.status_code == 422
    (problem,) = answer.json()["detail"]
    assert (problem["loc"], problem["input"]) == (["query", "events"], "changes")
    assert problem["msg"].endswith("a summary has no changes")
    assert gateway.get(f"{SUMMARY_STREAM_PATH}?by=").json()["detail"][0]["loc"] == ["query", "by"]


def test_each_way_to_count_is_a_view_for_the_limits(real_redis: RedisServer, served: Served) -> None:
    with GatewayThread(real_redis.url, served, max_views=1) as gateway, stream(gateway.ready()) as first:
        first_of(first)
        for path in (f"{SUMMARY_STREAM_PATH}?by=state", f"{SUMMARY_STREAM_PATH}?channel=a", f"{STREAM}?channel=a"):
            refused = gateway.get(path)
            assert (refused.status_code, refused.json()["detail"]) == (
                503,
                "this replica has as many views as it may have",
            )
        assert gateway.get(f"{SUMMARY_PATH}?by=state").status_code == 200, "an answer holds no place"
        for path in (f"{SUMMARY_STREAM_PATH}?by=channel", STREAM):
            with Dashboard(gateway.url, path) as other:
                first_of(other)


def test_a_summary_of_over_a_thousand_groups_is_streamed_too(
    real_redis: RedisServer, gateway: GatewayThread, publisher: StatusPublisher
) -> None:
    with StatusPublisher(real_redis.url) as other:  # a worker holds a thousand at most
        for number in range(1003):
            (publisher if number % 2 else other).session(f"c{number:04}:1")
        wait_until(lambda: len(gateway.states()) == 1003, "all are shown", timeout_seconds=20)
        with stream(gateway) as plain, stream(gateway, "", "Accept-Encoding: gzip\r\n") as zipped:
            for dashboard in (plain, zipped):
                first = first_of(dashboard)
                assert first.data["groups"][-1]["other_groups"] == 3
            publisher.session("c0001:2")
            for dashboard in (plain, zipped):
                wait_for_second(dashboard)
                assert dashboard.events[-1].data["groups"][1]["states"] == {"thinking": 2}


def test_a_drain_ends_a_stream_of_summaries_with_a_time_to_come_back(real_redis: RedisServer, served: Served) -> None:
    with GatewayThread(real_redis.url, served, drain_seconds=0.1) as gateway, stream(gateway.ready()) as dashboard:
        first_of(dashboard)
        gateway.drain()
        wait_until(lambda: dashboard.has_ended, "the stream ends")
        assert re.search(rb"retry: [1-4]\d{3}\n$", dashboard.body)
