"""Summaries for readers whose key allows only a part: nothing in them tells of anything else."""

import re
from pathlib import Path
from typing import Any

import pytest

from agent_status_gateway.paths import SUMMARY_PATH, SUMMARY_STREAM_PATH
from agent_status_publisher import StatusPublisher
from chaos.clients.sse import Dashboard
from chaos.gateways.gateway_client import STREAM
from chaos.gateways.gateway_thread import GatewayThread
from chaos.wait import wait_until
from tests.support.counted import counted, shown
from tests.support.gateways.scoped_gateway import (
    KEYS,
    ci_worker,
    file,
    gateway,
    get,
    snapshot,
    ticket,
    web_worker,
)

pytestmark = pytest.mark.slow

__all__ = ["ci_worker", "file", "gateway", "web_worker"]

NAMES = re.findall(r" (\w+key|everything)", KEYS)
BY = ("channel", "state", "worker", "label.team")


def summary(gateway: GatewayThread, key: str, query: str = "") -> dict[str, Any]:
    answer = get(gateway, key, f"{SUMMARY_PATH}?{query}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.parametrize("key", NAMES)
def test_a_summary_counts_the_sessions_and_has_the_global_status_that_its_reader_may_see(
    gateway: GatewayThread, key: str
) -> None:
    whole = snapshot(gateway, key)
    for by in ("channel", "state", "label.team"):
        found = summary(gateway, key, f"by={by}")
        assert shown(found, by) == counted(whole, by, {"web:1": "web"})
        assert {**found["global"], "uptime_seconds": 0} == {**whole["global"], "uptime_seconds": 0}
        assert "SECRET" not in str(found)


def test_a_summary_by_worker_names_only_workers_that_hold_a_session_of_the_scope(gateway: GatewayThread) -> None:
    def workers(key: str, query: str = "") -> list[int]:
        groups = summary(gateway, key, f"by=worker{query}")["groups"]
        assert [next(iter(group)) for group in groups] == ["worker"] * len(groups)
        return sorted(group["sessions"] for group in groups)

    assert workers("everything") == [1, 3]
    assert workers("webkey") == [2]
    assert workers("onekey") == [1]
    assert workers("labelkey") == workers("childkey") == [1]
    assert workers("webkey", "&session=ci:2") == workers("emptykey") == []


@pytest.mark.parametrize("by", BY)
@pytest.mark.parametrize("query", ["session=ci:1", "channel=ci", "channel=ci&session=web:1", "state=error"])
def test_what_is_outside_of_the_scope_is_counted_nowhere(gateway: GatewayThread, by: str, query: str) -> None:
    existing = get(gateway, "webkey", f"{SUMMARY_PATH}?by={by}&{query}")
    nothing = get(gateway, "webkey", f"{SUMMARY_PATH}?by={by}&{query.replace('ci', 'no')}")
    assert existing.json()["groups"] == nothing.json()["groups"] == []
    assert existing.headers["etag"] == nothing.headers["etag"]
    assert {*existing.headers} - {"x-status-stale"} == {*nothing.headers} - {"x-status-stale"}  # on a busy machine


def test_the_tag_of_a_summary_is_of_its_reader_s_sessions_alone(
    gateway: GatewayThread, ci_worker: StatusPublisher
) -> None:
    def tags(key: str) -> list[str]:
        return [get(gateway, key, f"{SUMMARY_PATH}?by={by}").headers["etag"] for by in BY]

    scoped, whole = tags("webkey"), tags("everything")
    assert len(set(scoped)) == len(BY)
    ci_worker.publish("ci:3", "thinking")
    wait_until(lambda: len(snapshot(gateway, "everything")["sessions"]) == 5, "ci has changed")
    assert tags("webkey") == scoped
    assert not {*tags("everything")} & {*whole}


def test_a_summary_as_json_is_opened_by_a_key_and_by_no_ticket(gateway: GatewayThread) -> None:
    text = ticket(gateway, "everything", session=["web:1"])
    refused, stranger = gateway.get(f"{SUMMARY_PATH}?ticket={text}"), gateway.get(SUMMARY_PATH)
    assert (refused.status_code, refused.text) == (403, stranger.text)


def stream(gateway: GatewayThread, query: str) -> Dashboard:
    return Dashboard(gateway.url, f"{SUMMARY_STREAM_PATH}?{query}")


def first(gateway: GatewayThread, query: str) -> dict[str, Any]:
    """The first summary of a stream."""
    with stream(gateway, query) as dashboard:
        data: dict[str, Any] = wait_until(lambda: dashboard.events, "the first event comes")[0].data
    return data


@pytest.mark.parametrize("key", NAMES)
def test_a_stream_of_summaries_shows_a_reader_what_json_does(gateway: GatewayThread, key: str) -> None:
    for by in BY:
        streamed, asked = first(gateway, f"by={by}&key={key}"), summary(gateway, key, f"by={by}")
        assert [{**group, "oldest_seconds": 0} for group in streamed["groups"]] == [
            {**group, "oldest_seconds": 0} for group in asked["groups"]
        ]
        assert {**streamed["global"], "uptime_seconds": 0} == {**asked["global"], "uptime_seconds": 0}


def test_a_ticket_opens_a_stream_of_summaries_on_its_part_alone(gateway: GatewayThread) -> None:
    text = ticket(gateway, "everything", session=["web:1", "ci:2"])
    for query in ("", "&channel=web,ci", "&session=web:1&session=ci:2&session=ci:1"):
        found = first(gateway, f"ticket={text}{query}")
        assert shown(found, "channel") == {"ci": {"tool_running": 1}, "web": {"thinking": 1}}
    assert shown(first(gateway, f"ticket={text}&channel=ci"), "channel") == {"ci": {"tool_running": 1}}
    assert len(first(gateway, f"ticket={ticket(gateway, 'webkey')}&by=worker")["groups"]) == 1
    assert gateway.get(SUMMARY_STREAM_PATH).status_code == 403


@pytest.mark.parametrize("by", BY)
def test_a_stream_of_summaries_is_sent_nothing_when_something_outside_of_its_scope_changes(
    gateway: GatewayThread, web_worker: StatusPublisher, ci_worker: StatusPublisher, by: str
) -> None:
    with (
        stream(gateway, f"by={by}&key=webkey") as scoped,
        Dashboard(gateway.url, f"{STREAM}?key=everything&channel=ci") as others,
    ):
        wait_until(lambda: scoped.events, "the first event comes")
        others.wait_for_first()
        ci_worker.publish("ci:2", "thinking")
        ci_worker.publish("ci:3", "thinking")
        web_worker.publish("ci:1", "thinking")
        wait_until(lambda: others.newest == dict.fromkeys(["ci:1", "ci:2", "ci:3"], "thinking"), "ci has changed")
        web_worker.publish("web:3", "thinking")
        wait_until(lambda: len(scoped.events) > 1, "the scope's own change comes")
        assert [event.data["global"]["active_sessions"] for event in scoped.events] == [2, 3]
        assert "ci" not in re.findall(r'"channel":"(\w+)"', scoped.body.decode())


def test_a_key_that_is_removed_or_changed_ends_its_streams_of_summaries(gateway: GatewayThread, file: Path) -> None:
    with stream(gateway, "key=webkey") as changed, stream(gateway, "key=everything") as kept:
        wait_until(lambda: changed.events and kept.events, "the first events come")
        file.write_text(KEYS.replace("webkey channel=web", "webkey channel=ci"))
        wait_until(lambda: changed.has_ended, "its scope is another one")
        assert not kept.has_ended
    assert [*shown(first(gateway, "key=webkey"), "channel")] == ["ci"]
