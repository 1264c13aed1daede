"""Sessions that have ended, from a real gateway: snapshot, stream and changes, whichever way it is served."""

from collections.abc import Iterator
from typing import Any

import pytest

from agent_status_gateway.paths import STATUS_PATH, SUMMARY_PATH, SUMMARY_STREAM_PATH, WORKERS_PATH
from agent_status_publisher import StatusPublisher
from agent_status_publisher.contract.wire import Keys
from chaos.clients.change_reader import ChangeReader
from chaos.clients.sse import Dashboard
from chaos.gateways.gateway_client import STREAM
from chaos.gateways.gateway_thread import GatewayThread, Served
from chaos.servers.redis_server import RedisServer
from chaos.wait import wait_until

KEYS = Keys("default")


@pytest.fixture
def gateway(real_redis: RedisServer, served: Served) -> Iterator[GatewayThread]:
    with GatewayThread(real_redis.url, served, debounce_seconds=0.05, drain_seconds=0.1) as made:
        yield made.ready()


def ended(gateway: GatewayThread, query: str = "ended=900") -> list[tuple[str, str]]:
    return [(one["session_key"], one["outcome"]) for one in gateway.snapshot(f"?{query}")["ended"]]


def test_sessions_that_have_ended_are_told_to_those_who_ask(gateway: GatewayThread, fleet: StatusPublisher) -> None:
    wait_until(lambda: len(gateway.states()) == 3, "all sessions are there")
    assert ended(gateway) == []
    with (
        ChangeReader(gateway.url, "ended=900") as changes,
        Dashboard(gateway.url, f"{STREAM}?ended=900&channel=ci") as of_ci,
    ):
        changes.wait_for_first()
        of_ci.wait_for_first()
        fleet.session("web:1").end()
        wait_until(lambda: ended(gateway) == [("web:1", "done")], "an end is told")
        session = fleet.session("web:2")
        session.error("boom")
        session.end()
        wait_until(lambda: ended(gateway) == [("web:2", "failed"), ("web:1", "done")], "the newest comes first")
        (failed, done) = gateway.snapshot("?ended=900")["ended"]
        assert [*failed] == ["session_key", "title", "outcome", "ended_seconds_ago", "error_message"]
        assert (failed["error_message"], done["error_message"]) == ("boom", None)
        assert 0 <= failed["ended_seconds_ago"] <= done["ended_seconds_ago"] < 60
        assert ended(gateway, "ended=900&channel=ci") == []
        fleet.session("ci:1").end("cancelled")
        wait_until(lambda: of_ci.events[-1].data["ended"], "an end is news to those who ask")
        wait_until(lambda: ended(gateway, "ended=900&channel=ci") == [("ci:1", "cancelled")], "it is in the view")
        wait_until(lambda: len(changes.changes) and changes.newest == {}, "every change comes")
    assert "ended" not in gateway.snapshot()


def test_a_session_that_is_open_again_has_not_ended(gateway: GatewayThread, fleet: StatusPublisher) -> None:
    fleet.session("web:1").end()
    wait_until(lambda: ended(gateway) == [("web:1", "done")], "an end is told")
    fleet.publish("web:1", "thinking")
    wait_until(lambda: ended(gateway) == [], "it is open again")
    assert ended(gateway, "ended=900&state=error") == [], "though the view does not show it"


def test_what_a_worker_that_has_left_had_ended_is_told_on_a_fresh_replica(
    real_redis: RedisServer, gateway: GatewayThread
) -> None:
    with StatusPublisher(real_redis.url) as publisher:
        worker_id = publisher.worker_id
        publisher.session("web:1", "First").end()
        publisher.session("web:2", "Second").thinking()
    told = [("web:1", "done"), ("web:2", "cancelled")]
    wait_until(lambda: sorted(ended(gateway)) == told, "both are told")
    with real_redis.client() as client:  # so long after its end that it is no worker any more
        client.zadd(KEYS.workers, {str(worker_id): 5})
        with GatewayThread(real_redis.url) as fresh:
            wait_until(lambda: sorted(ended(fresh.ready())) == told, "a fresh replica knows them")
            assert fresh.get(WORKERS_PATH).json()["workers"] == []
            shown: list[list[Any]] = [one.snapshot("?ended=900")["ended"] for one in (gateway, fresh)]
            for one in shown:
                assert [row.pop("ended_seconds_ago") < 60 for row in one] == [True, True]
            assert shown[0] == shown[1]


@pytest.mark.parametrize(
    ("path", "query"),
    [
        (STATUS_PATH, "ended=0"),
        (STREAM, "ended=3601"),
        (STREAM, "ended=60&ended=60"),
        (SUMMARY_PATH, "ended=900"),
        (SUMMARY_STREAM_PATH, "ended=900"),
    ],
)
def test_a_wrong_or_useless_ended_is_refused(gateway: GatewayThread, path: str, query: str) -> None:
    answer = gateway.get(f"{path}?{query}")
    assert (answer.status_code, answer.json()["detail"][0]["loc"]) == (422, ["query", "ended"])


def test_an_end_changes_the_tag_of_those_who_ask_alone(gateway: GatewayThread, fleet: StatusPublisher) -> None:
    fleet.session("web:1").end()
    wait_until(lambda: ended(gateway) == [("web:1", "done")], "an end is told")
    asked, plain = (gateway.get(f"{STATUS_PATH}{query}").headers["etag"] for query in ("?ended=900", ""))
    assert asked != plain
    assert gateway.get(f"{STATUS_PATH}?ended=900", headers={"If-None-Match": asked}).status_code == 304
