"""What readers of change events get from a real gateway, and what folding it comes to, whichever way it is served."""

import re
from itertools import product

import httpx
import pytest

from agent_status_publisher import StatusPublisher
from chaos.clients.change_reader import ChangeReader
from chaos.clients.folded import differences
from chaos.clients.sse import Dashboard
from chaos.gateways.gateway_client import STREAM
from chaos.gateways.gateway_thread import GatewayThread, Served
from chaos.servers.redis_server import RedisServer
from chaos.wait import wait_until

GZIP = "Accept-Encoding: gzip\r\n"
KINDS = {
    "plain": ("1.1", ""),
    "gzip": ("1.1", GZIP),
    "plain on HTTP/1.0": ("1.0", ""),
    "gzip on HTTP/1.0": ("1.0", GZIP),
}
"""The version and the headers of a request for a stream."""


@pytest.mark.parametrize("kind", KINDS)
def test_folding_comes_to_the_snapshot_whatever_happens(
    real_redis: RedisServer, served: Served, publisher: StatusPublisher, kind: str
) -> None:
    version, headers = KINDS[kind]
    with (
        GatewayThread(real_redis.url, served, debounce_seconds=0.05) as gateway,
        ChangeReader(gateway.ready().url, "", headers, version=version) as whole,
        ChangeReader(gateway.url, "state=thinking,error&channel=web", headers, version=version) as view,
    ):
        whole.wait_for_first()
        assert ("content-encoding: gzip" in whole.head) == (headers == GZIP)
        if isinstance(served.http, type):  # uvicorn's own connections send chunks to HTTP/1.0 as well
            assert ("chunked" in whole.head) == (version == "1.1")
        for number in range(12):
            seen = len(whole.events)
            name = f"web:{number % 4}"
            publisher.session(name, title=f"ü {number}").usage(input=number)
            if number % 5 == 4:
                publisher.session(name).end()
            elif number % 3 == 2:
                publisher.publish(name, "error", error_message=f"<{number}>")
            elif number % 2:
                publisher.publish(name, "tool_running", tool_name=f"tool-{number}")
            publisher.session("ci:1").tool_running(f"build-{number}")
            publisher.flush()
            wait_until(lambda seen=seen: len(whole.events) > seen, "the change has come")  # type: ignore[misc]
        publisher.session("web:last")
        expected = wait_until(lambda: states if "web:last" in (states := gateway.states()) else {}, "it is known")
        whole.wait_for(expected)
        view.wait_for({k: v for k, v in expected.items() if k.startswith("web:") and v in {"thinking", "error"}})
        assert differences(whole.snapshot(), gateway.snapshot()) == []
        assert differences(view.snapshot(), gateway.snapshot("?channel=web&state=error,thinking")) == []
        assert whole.names.count("status") == view.names.count("status") == 1, "all that follows are changes"


def test_a_change_is_one_line_of_data_and_has_no_retry(gateway: GatewayThread, publisher: StatusPublisher) -> None:
    with ChangeReader(gateway.url) as reader:
        first = reader.wait_for_first()
        assert re.fullmatch(rb"event: status\ndata: \{.*\}\nid: [0-9a-f]{32}\nretry: [1-4]\d{3}\n\n", reader.body)
        publisher.session("web:1", title="two\nlines")
        reader.wait_for({"web:1": "thinking"})
        assert re.fullmatch(
            rb"event: status\n.*\n\nevent: change\ndata: \{.*\}\nid: [0-9a-f]{32}\n\n", reader.body, re.DOTALL
        )
        (change,) = reader.changes
    assert list(change.data) == ["from", "global", "sessions", "gone"]
    assert change.data["from"] == first.id
    assert change.data["gone"] == []
    assert change.data["global"]["active_sessions"] == 1


def test_a_last_event_id_changes_nothing(gateway: GatewayThread) -> None:
    with ChangeReader(gateway.url) as first:
        event_id = first.wait_for_first().id
    with ChangeReader(gateway.url, headers=f"Last-Event-ID: {event_id}\r\n") as again:
        assert (again.wait_for_first().name, again.events[0].id) == ("status", event_id)


def test_two_replicas_send_the_same_ids_so_that_a_reader_may_go_on_with_either(
    real_redis: RedisServer, served: Served, publisher: StatusPublisher
) -> None:
    with (
        GatewayThread(real_redis.url, served, debounce_seconds=0.05) as one,
        GatewayThread(real_redis.url, served, debounce_seconds=0.05) as other,
    ):
        readers = [ChangeReader(replica.ready().url, view) for replica in (one, other) for view in ("", "channel=ci")]
        try:
            publisher.session("web:1")
            publisher.session("ci:1").tool_running("make")
            publisher.flush()
            for reader in readers[::2]:
                reader.wait_for({"ci:1": "tool_running", "web:1": "thinking"})
            for reader in readers[1::2]:
                reader.wait_for({"ci:1": "tool_running"})
            assert len({reader.folded.id for reader in readers[::2]}) == 1
            assert len({reader.folded.id for reader in readers[1::2]}) == 1
            with ChangeReader(other.url, headers=f"Last-Event-ID: {readers[0].folded.id}\r\n") as again:
                assert again.wait_for_first().id == readers[0].folded.id
                publisher.session("web:1").streaming()
                again.wait_for({"ci:1": "tool_running", "web:1": "streaming"})
                assert again.names == ["status", "change"]
        finally:
            for reader in readers:
                reader.close()


@pytest.mark.parametrize("headers", ["", GZIP], ids=["plain", "gzip"])
def test_a_drain_ends_a_stream_of_changes_with_a_time_to_come_back(gateway: GatewayThread, headers: str) -> None:
    with ChangeReader(gateway.url, headers=headers) as reader, ChangeReader(gateway.url, "channel=ci") as other:
        reader.wait_for_first()
        other.wait_for_first()
        gateway.drain()
        for ended in (reader, other):
            wait_until(lambda ended=ended: ended.has_ended or ended.body.endswith(b"\n"), "it ends")  # type: ignore[misc]
            wait_until(lambda ended=ended: re.search(rb"\n\nretry: [1-4]\d{3}\n$", ended.body), "with a retry")  # type: ignore[misc]


def test_an_idle_stream_of_changes_gets_comments(real_redis: RedisServer, served: Served) -> None:
    with (
        GatewayThread(real_redis.url, served, keepalive_seconds=0.2) as gateway,
        ChangeReader(gateway.ready().url) as whole,
        ChangeReader(gateway.url, "session=web:1", GZIP) as view,
    ):
        for reader in (whole, view):
            wait_until(lambda reader=reader: reader.body.count(b": keepalive\n") >= 3, "keepalives come")  # type: ignore[misc]
            assert reader.names == ["status"]


@pytest.mark.parametrize("events", ["changes,feed", "feed,changes", "all,changes", "status,changes,feed"])
def test_feed_events_come_beside_changes(gateway: GatewayThread, publisher: StatusPublisher, events: str) -> None:
    with ChangeReader(gateway.url, events=events) as reader:
        wait_until(lambda: reader.names == ["status", "feed"], "first the snapshot, then the feed's state")
        publisher.session("web:1")
        reader.wait_for({"web:1": "thinking"})
        assert reader.names == ["status", "feed", "change"]


@pytest.mark.parametrize("query", ["events=status,changes", "events=changes&events=status", "events=changes,changes"])
def test_changes_take_the_place_of_snapshots(gateway: GatewayThread, publisher: StatusPublisher, query: str) -> None:
    with ChangeReader(gateway.url, events=query.removeprefix("events=")) as reader:
        reader.wait_for_first()
        publisher.session("web:1")
        reader.wait_for({"web:1": "thinking"})
        assert reader.names == ["status", "change"]


WRONG = ["", "change", "changes,", ",", "Changes", "changes%20", "status,,feed", "%ff"]


def test_an_unknown_kind_of_event_is_a_422_that_names_the_field(gateway: GatewayThread) -> None:
    for value, accept in product(WRONG, ("text/event-stream", "*/*")):
        answer = gateway.get(f"{STREAM}?events={value}", headers={"Accept": accept})
        assert answer.status_code == 422
        (problem,) = answer.json()["detail"]
        assert problem["loc"] == ["query", "events"]


def test_a_head_says_what_a_get_would_be_and_opens_nothing(gateway: GatewayThread) -> None:
    for query in ("events=changes", "channel=ci", "channel=ci&events=changes,feed"):
        with Dashboard(gateway.url, f"{STREAM}?{query}") as dashboard:
            dashboard.wait_for_first()
        answer = httpx_head(gateway, query)
        assert answer == (200, "text/event-stream; charset=utf-8", b"")
    assert httpx_head(gateway, "events=nonsense")[0] == 422
    wait_until(lambda: not len(gateway.app.replica.hub), "no stream is open")


def httpx_head(gateway: GatewayThread, query: str) -> tuple[int, str, bytes]:
    answer = httpx.head(f"{gateway.url}{STREAM}?{query}", timeout=8)
    return answer.status_code, answer.headers["content-type"], answer.content
