"""A channel that is silent while Redis is well: nobody is called lost, and a warning reaches the operator."""

import time
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from typing import Any

import pytest

from agent_status_publisher import StatusPublisher
from chaos.gateways.gateway_thread import GatewayThread
from chaos.servers.redis_server import RedisServer
from chaos.wait import let_pass, wait_until
from chaos.wall_clock import WallClock

pytestmark = pytest.mark.slow

HEARTBEAT = 0.6
"""So that most readings find a word that should have come long ago."""


@pytest.fixture
def silent_url(real_redis: RedisServer) -> Iterator[str]:
    """Of a user that may write, but not say it on the channel."""
    yield _silent(real_redis)
    with real_redis.client() as admin:
        admin.execute_command("ACL", "DELUSER", "silent")


def _silent(server: RedisServer) -> str:
    with server.client() as admin:
        admin.execute_command("ACL", "SETUSER", "silent", "on", ">pw", "~*", "+@all", "resetchannels")
    return server.url.replace("unix://", "unix://silent:pw@")


def test_changes_are_seen_with_the_next_reading_and_probe_metrics_and_one_log_line_name_it(
    silent_url: str, real_redis: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    publisher = StatusPublisher(silent_url, heartbeat_seconds=HEARTBEAT, lease_seconds=2)
    with GatewayThread(real_redis.url) as gateway, publisher:
        gateway.ready()
        session = publisher.session("web:1")
        wait_until(lambda: gateway.states() == {"web:1": "thinking"}, "a new worker is seen", 12)
        wait_until(lambda: "channel" in gateway.get("/readyz").json(), "the probe names it", 12)
        session.streaming()
        wait_until(lambda: gateway.states() == {"web:1": "streaming"}, "a change is seen", 2 * HEARTBEAT + 1)
        assert gateway.get("/readyz").status_code == 200
        assert gateway.get("/readyz").json()["channel"].startswith("1 worker is not heard on the channel")
        assert "agent_status_unheard_workers 1.0" in gateway.get("/metrics").text
        warnings = [record for record in caplog.records if "not heard on the channel" in record.getMessage()]
        assert len(warnings) == 1
        assert "error" not in gateway.states().values(), "and nobody is called lost"
    assert "agent-status" in caplog.text, "the worker has been told, too"


def test_a_channel_that_is_heard_is_not_named(real_redis: RedisServer) -> None:
    publisher = StatusPublisher(real_redis.url, heartbeat_seconds=0.2, lease_seconds=1)
    with GatewayThread(real_redis.url) as gateway, publisher:
        gateway.ready()
        for number in range(15):
            publisher.publish("web:1", "tool_running", tool_name=str(number))
            publisher.flush()
        assert gateway.get("/readyz").json() == {"status": "ok"}


def test_steps_of_rediss_clock_on_top_change_no_duration_and_lose_nobody() -> None:
    """Each step is right behind a change that nobody has heard: its stamp is of before, the reading's time of after."""
    clock = WallClock()
    with closing(RedisServer(wrapper=clock.wrapper)) as server:
        publisher = StatusPublisher(_silent(server), heartbeat_seconds=HEARTBEAT, lease_seconds=2)
        with GatewayThread(server.url) as gateway, publisher:
            session = publisher.session("web:1")
            wait_until(lambda: gateway.states() == {"web:1": "thinking"}, "a new worker is seen", 12)
            for offset_seconds in (60, 0, -60, 3, 0):
                tool = f"after {clock.offset_seconds}"
                publisher.publish("web:1", "tool_running", tool_name=tool)
                publisher.flush()
                said_at = time.monotonic()
                clock.set(offset_seconds)
                row = wait_until(partial(_row_of, gateway, tool), f"{tool} is seen", 2 * HEARTBEAT + 1)
                assert abs(row["duration_seconds"] - (time.monotonic() - said_at)) < 0.2
                let_pass(1.1)  # replicas ask once a second how late it is
            session.end()


def _row_of(gateway: GatewayThread, tool: str) -> dict[str, Any]:
    """The session's, once it runs that tool; in error it is never, nor missing."""
    (row,) = gateway.snapshot()["sessions"]
    assert row["state"] != "error"
    return row if row["tool_name"] == tool else {}
