"""Views from a real gateway: each is a snapshot of its own, whichever way it is served."""

from typing import Any

import pytest

from agent_status_publisher import StatusPublisher
from chaos.clients.change_reader import ChangeReader
from chaos.clients.sse import Dashboard
from chaos.gateways.gateway_client import STREAM
from chaos.gateways.gateway_thread import GatewayThread
from chaos.wait import wait_until


def test_a_session_enters_and_leaves_a_view_by_its_state(gateway: GatewayThread, fleet: StatusPublisher) -> None:
    view = "channel=web&state=waiting_for_user,error"
    with Dashboard(gateway.url, f"{STREAM}?{view}") as whole, ChangeReader(gateway.url, view) as changes:
        for reader in (whole, changes):
            reader.wait_for({"web:2": "waiting_for_user"})
        fleet.publish("web:1", "error", error_message="boom")
        for reader in (whole, changes):
            reader.wait_for({"web:1": "error", "web:2": "waiting_for_user"})
        fleet.session("web:2").thinking()
        for reader in (whole, changes):
            reader.wait_for({"web:1": "error"})
        fleet.session("web:1").end()
        for reader in (whole, changes):
            reader.wait_for({})
        assert changes.changes[-1].data["gone"] == ["web:1"]


def test_a_view_is_sent_only_when_it_changes(gateway: GatewayThread, fleet: StatusPublisher) -> None:
    with (
        Dashboard(gateway.url) as everything,
        Dashboard(gateway.url, f"{STREAM}?channel=ci") as whole,
        ChangeReader(gateway.url, "channel=ci") as changes,
        ChangeReader(gateway.url, "session=ci:2") as other,
    ):
        for reader in (whole, changes):
            reader.wait_for({"ci:1": "tool_running"})
        other.wait_for({})
        everything.wait_for_first()
        for state in ("streaming", "thinking"):
            fleet.publish("web:1", state)
            everything.wait_for({"web:1": state, "web:2": "waiting_for_user", "ci:1": "tool_running"})
        fleet.session("ci:1").streaming()
        for reader in (whole, changes):
            reader.wait_for({"ci:1": "streaming"})
        assert len(whole.statuses) == 2
        assert changes.names == ["status", "change"]
        assert other.names == ["status"]


def test_a_view_counts_its_own_sessions_and_the_workers_of_all(gateway: GatewayThread, fleet: StatusPublisher) -> None:
    fleet.publish("ci:1", "error", error_message="boom")
    wait_until(lambda: gateway.states()["ci:1"] == "error", "it is known")

    def global_of(query: str) -> tuple[str, int]:
        found: dict[str, Any] = gateway.snapshot(query)["global"]
        assert found["max_concurrent"] == gateway.snapshot()["global"]["max_concurrent"]
        with Dashboard(gateway.url, f"{STREAM}{query}") as dashboard:
            streamed = dashboard.wait_for_first().data["global"]
        assert streamed | {"uptime_seconds": 0} == found | {"uptime_seconds": 0}
        return found["state"], found["active_sessions"]

    assert global_of("") == ("degraded", gateway.snapshot()["global"]["active_sessions"])
    assert global_of("?channel=web") == ("active", 2)
    assert global_of("?channel=ci")[0] == "degraded"
    assert global_of("?channel=nobody") == ("idle", 0)
    assert global_of("?state=thinking&session=web:2") == ("idle", 0)


VIEWS = {
    "channel=web": {"web:1", "web:2"},
    "channel=ci,web": {"ci:1", "web:1", "web:2"},
    "channel=ci&channel=web": {"ci:1", "web:1", "web:2"},
    "state=thinking,tool_running": {"web:1", "ci:1"},
    "state=thinking&channel=ci": set(),
    "session=web:1&session=ci:1": {"web:1", "ci:1"},
    "session=web:1&channel=ci": set(),
    "parent=web:1": set(),
    "label=team:web": set(),
    "chanel=ci": {"web:1", "web:2", "ci:1"},
}


@pytest.mark.usefixtures("fleet")
def test_a_view_shows_the_same_rows_on_both_endpoints(gateway: GatewayThread) -> None:
    whole = {row["session_key"]: row for row in gateway.snapshot()["sessions"]}
    for view, keys in VIEWS.items():
        assert set(gateway.states(f"?{view}")) == keys, view
        for row in gateway.snapshot(f"?{view}")["sessions"]:
            assert row | {"duration_seconds": 0} == whole[row["session_key"]] | {"duration_seconds": 0}
        with Dashboard(gateway.url, f"{STREAM}?{view}") as dashboard, ChangeReader(gateway.url, view) as changes:
            for reader in (dashboard, changes):
                assert {row["session_key"] for row in reader.wait_for_first().data["sessions"]} == keys, view


def test_a_view_that_shows_no_session_waits_for_the_first_one(gateway: GatewayThread, fleet: StatusPublisher) -> None:
    with (
        Dashboard(gateway.url, f"{STREAM}?session=new:1") as whole,
        ChangeReader(gateway.url, "session=new:1&session=new:2") as changes,
    ):
        for reader in (whole, changes):
            assert reader.wait_for_first().data["global"]["state"] == "idle"
        fleet.session("new:1")
        for reader in (whole, changes):
            reader.wait_for({"new:1": "thinking"})
        assert changes.changes[0].data["global"]["state"] == "active"
