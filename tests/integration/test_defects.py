"""A defect in the pipeline: it starts again, and shows nobody anything but what is true."""

from typing import Any

import pytest

from agent_status_gateway.state.fold.folded_rows import FoldedRows
from agent_status_gateway.state.fold.row import Shown
from agent_status_publisher import StatusPublisher
from chaos.clients.sse import Dashboard
from chaos.gateways.gateway_thread import GatewayThread
from chaos.servers.redis_server import RedisServer
from chaos.wait import wait_until


def test_a_defect_in_the_fold_empties_no_dashboard(real_redis: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    failures: list[str] = []
    show = FoldedRows.show

    def fail_once(rows: FoldedRows, key: str, shown: Shown, *rest: Any) -> None:
        if shown.state == "streaming" and not failures:
            failures.append(key)
            raise RuntimeError("a defect")
        show(rows, key, shown, *rest)

    monkeypatch.setattr(FoldedRows, "show", fail_once)
    with (
        GatewayThread(real_redis.url, debounce_seconds=0.1) as gateway,
        StatusPublisher(real_redis.url) as publisher,
    ):
        others = [publisher.session(f"web:{number}") for number in range(3)]
        publisher.flush()
        wait_until(lambda: len(gateway.states()) == 3, "the gateway knows the sessions")
        with Dashboard(gateway.url) as dashboard:
            dashboard.wait_for_first()
            others[0].streaming()
            dashboard.wait_for({"web:0": "streaming", "web:1": "thinking", "web:2": "thinking"})
            assert failures == ["web:0"]
            assert {len(event.data["sessions"]) for event in dashboard.statuses} == {3}
