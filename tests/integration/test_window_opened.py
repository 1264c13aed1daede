"""Whoever opens the window, it is closed in time, and the change is sent."""

import pytest

from agent_status_publisher import StatusPublisher
from chaos.clients.sse import Dashboard
from chaos.gateways.gateway_thread import GatewayThread
from chaos.servers.redis_server import RedisServer
from chaos.wait import wait_until
from chaos.workers.reports import record, report, session


@pytest.mark.parametrize("path", ["/api/v1/agent/status", "/api/v1/agent/workers"])
def test_a_change_that_an_answer_in_steps_finds_is_sent_when_its_window_closes(
    path: str, real_redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        GatewayThread(real_redis.url, debounce_seconds=0.1) as gateway,
        StatusPublisher(real_redis.url, heartbeat_seconds=60, lease_seconds=180) as publisher,
    ):
        pipeline = gateway.ready().app.replica.pipeline
        publisher.session("web:1")
        publisher.flush()
        with Dashboard(gateway.url) as dashboard:
            dashboard.wait_for({"web:1": "thinking"})
            wait_until(lambda: not pipeline._audiences.plain.debounce.is_open, "all is quiet")
            monkeypatch.setattr(pipeline, "frame_at_once", lambda *_: None)
            pipeline._settling.inbox.put(report(1, record("other", session("web:2"))), pipeline._clock())
            wait_until(lambda: "web:2" in gateway.get(path).text, "an answer shows the change")
            dashboard.wait_for({"web:1": "thinking", "web:2": "thinking"})
