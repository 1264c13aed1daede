"""More of each session from a real gateway: snapshot, stream and changes, whichever way it is served."""

import pytest

from agent_status_gateway.paths import STATUS_PATH, SUMMARY_PATH, SUMMARY_STREAM_PATH
from agent_status_gateway.state.views.fields import FIELD_NAMES
from agent_status_publisher import StatusPublisher
from chaos.clients.change_reader import ChangeReader
from chaos.clients.folded import differences
from chaos.clients.sse import Dashboard
from chaos.gateways.gateway_client import STREAM
from chaos.gateways.gateway_thread import GatewayThread
from chaos.servers.redis_server import RedisServer
from chaos.wait import wait_until
from tests.support.clients.polls import LongPoll, tag_of

LINK = "https://ci.example/7"


def test_a_session_says_what_its_worker_says_of_it_to_those_who_ask(
    real_redis: RedisServer, gateway: GatewayThread
) -> None:
    with StatusPublisher(real_redis.url, labels={"team": "web"}) as publisher:
        session = publisher.session("web:1", labels={"agent": "reviewer"}, parent="ci:7", link=LINK)
        session.context(used=96_000, window=200_000)
        session.cost(usd=1.25)
        session.progress(done=3, of=7)
        session.waiting_for_user("approval")
        with ChangeReader(gateway.url, "fields=all") as changes, Dashboard(gateway.url) as plain:
            changes.wait_for({"web:1": "waiting_for_user"})
            (row,) = gateway.snapshot("?fields=all")["sessions"]
            assert {
                name: row[name] for name in row if name in FIELD_NAMES and name not in {"host", "quiet_seconds"}
            } == {
                "labels": {"agent": "reviewer", "team": "web"},
                "parent": "ci:7",
                "link": LINK,
                "worker_id": publisher.worker_id,
                "waiting_for": "approval",
                "context": {"used": 96_000, "window": 200_000},
                "cost_usd": 1.25,
                "progress": {"done": 3, "of": 7},
            }
            assert row["host"]
            assert 0 <= row["quiet_seconds"] <= row["duration_seconds"] + 1
            session.cost(usd=2.0)
            session.waiting_for_user("question")
            wait_until(
                lambda: changes.snapshot()["sessions"][0]["waiting_for"] == "question", "why it waits is news to it"
            )
            assert changes.snapshot()["sessions"][0]["cost_usd"] == 2.0
            assert differences(changes.snapshot(), gateway.snapshot("?fields=all")) == []
            plain.wait_for({"web:1": "waiting_for_user"})
            assert not {*FIELD_NAMES} & {*plain.statuses[-1].data["sessions"][0]}


def test_the_stream_says_the_fields_that_were_asked_for(gateway: GatewayThread, fleet: StatusPublisher) -> None:
    fleet.flush()
    with Dashboard(gateway.url, f"{STREAM}?fields=link&fields=parent,labels&channel=ci") as dashboard:
        dashboard.wait_for({"ci:1": "tool_running"})
        (row,) = dashboard.statuses[-1].data["sessions"]
        assert [*row][-3:] == ["labels", "parent", "link"]


@pytest.mark.parametrize("path", [STATUS_PATH, STREAM])
@pytest.mark.parametrize("value", ["", "labels,,link", "title"])
def test_an_unknown_field_is_refused_with_a_sentence(gateway: GatewayThread, path: str, value: str) -> None:
    answer = gateway.get(f"{path}?fields={value}")
    assert answer.status_code == 422
    (problem,) = answer.json()["detail"]
    assert problem["loc"] == ["query", "fields"]
    assert problem["msg"].startswith("Input should be 'all', 'labels'")


def test_a_session_that_stalls_is_told_of_without_a_report_and_a_call_ends_the_stall(
    real_redis: RedisServer, gateway: GatewayThread
) -> None:
    query = "stalled=4"
    with StatusPublisher(real_redis.url) as publisher:
        session = publisher.session("web:1")
        session.thinking()
        with ChangeReader(gateway.url, query) as changes, Dashboard(gateway.url) as plain:
            changes.wait_for({"web:1": "thinking"})
            with LongPoll(gateway, tag_of(gateway, query), query) as poll:
                (row,) = poll.answer().json()["sessions"]
            assert row["stalled"] is True
            wait_until(lambda: changes.snapshot()["sessions"][0]["stalled"], "a reader of changes is told")

            def goes_on() -> bool:
                session.thinking()  # which it was: nothing else changes
                return not changes.snapshot()["sessions"][0]["stalled"]

            wait_until(goes_on, "calls end the stall")
            assert differences(changes.snapshot(), gateway.snapshot(f"?{query}")) == []
            changes.check()
            assert changes.wrong == []
            plain.wait_for({"web:1": "thinking"})
            assert all("stalled" not in row for event in plain.statuses for row in event.data["sessions"])


@pytest.mark.parametrize("path", [STATUS_PATH, STREAM])
@pytest.mark.parametrize("value", ["", "0", "86401", "1.5", "5&stalled=5"])
def test_a_wrong_number_of_seconds_is_refused_with_a_sentence(gateway: GatewayThread, path: str, value: str) -> None:
    answer = gateway.get(f"{path}?stalled={value}")
    assert answer.status_code == 422
    (problem,) = answer.json()["detail"]
    assert problem["loc"] == ["query", "stalled"]
    assert problem["msg"] == "Input should be a whole number of seconds, 1 to 86400, once"


@pytest.mark.parametrize("path", [SUMMARY_PATH, SUMMARY_STREAM_PATH])
@pytest.mark.parametrize("query", ["fields=labels", "stalled=60"])
def test_a_summary_has_neither_fields_nor_stalls(gateway: GatewayThread, path: str, query: str) -> None:
    answer = gateway.get(f"{path}?{query}")
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["msg"] == "Input should be left out here: a summary has no rows"
