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


@pytest.mark.parametrize("path", [SUMMARY_PATH, SUMMARY_STREAM_PATH])
def test_a_summary_has_no_fields(gateway: GatewayThread, path: str) -> None:
    answer = gateway.get(f"{path}?fields=labels")
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["msg"] == "Input should be left out here: a summary has no rows"
