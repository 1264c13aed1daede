"""The end of a gateway, as operators and dashboards see it."""

import re
import signal
import time

import pytest

from chaos.clients.sse import Dashboard
from chaos.gateways.gateway_client import STREAM
from chaos.gateways.gateway_process import GatewayProcess
from chaos.servers.redis_server import RedisServer
from chaos.wait import wait_until

DRAIN = 1.5


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, -signal.SIGTERM), (signal.SIGINT, 0)])
@pytest.mark.slow
def test_a_hundred_open_streams_are_ended_cleanly_within_the_drain_and_two_seconds(
    real_redis: RedisServer, number: signal.Signals, status: int
) -> None:
    with GatewayProcess(real_redis.url, drain_seconds=DRAIN) as gateway:
        gateway.ready()
        dashboards = [Dashboard(gateway.url) for _ in range(100)]
        try:
            for dashboard in dashboards:
                dashboard.wait_for_first()
            signalled_at = time.monotonic()
            assert gateway.stop(number) == status
            assert time.monotonic() - signalled_at < DRAIN + 2
            for dashboard in dashboards:
                wait_until(lambda d=dashboard: d.has_ended, "the stream has ended")  # type: ignore[misc]
            farewells = {dashboard.body.rpartition(b"\n\n")[2] for dashboard in dashboards}
            assert all(re.fullmatch(rb"retry: [1-4]\d{3}\n", farewell) for farewell in farewells)
            assert len(farewells) > 20, "each has a time of its own to come back"
            assert all(dashboard.raw.endswith(b"0\r\n\r\n") for dashboard in dashboards), "no response is cut"
        finally:
            for dashboard in dashboards:
                dashboard.close()
        log = gateway.log()
    assert "draining 100 open streams" in log
    assert not re.search("Traceback|ERROR|CancelledError|without completing", log), log


def test_during_a_drain_healthz_and_newcomers_get_503(real_redis: RedisServer) -> None:
    with GatewayProcess(real_redis.url, drain_seconds=5) as gateway:
        gateway.ready()
        dashboards = [Dashboard(gateway.url) for _ in range(3)]
        try:
            for dashboard in dashboards:
                dashboard.wait_for_first()
            gateway.process.send_signal(signal.SIGTERM)
            wait_until(lambda: gateway.probe("/healthz") == 503, "the gateway drains")
            assert gateway.get("/readyz").json()["reason"] == "this replica is draining"
            assert gateway.probe("/livez") == 200
            assert gateway.get(STREAM).status_code == 503
            assert gateway.get(STREAM, headers={"Accept": "text/event-stream"}).text.startswith("retry: ")
        finally:
            for dashboard in dashboards:
                dashboard.close()


def test_a_second_signal_is_at_once(real_redis: RedisServer) -> None:
    with GatewayProcess(real_redis.url, drain_seconds=60) as gateway:
        gateway.ready()
        with Dashboard(gateway.url) as one, Dashboard(gateway.url) as other:
            one.wait_for_first()
            other.wait_for_first()
            gateway.process.send_signal(signal.SIGINT)
            wait_until(lambda: gateway.probe("/healthz") == 503, "the gateway drains")
            asked_at = time.monotonic()
            gateway.stop(signal.SIGINT, timeout_seconds=5)
            assert time.monotonic() - asked_at < 2
            wait_until(lambda: one.has_ended and other.has_ended, "both streams have ended")
            assert b"\nretry: " in one.body.removesuffix(b"\n")
            assert not re.search("Traceback|ERROR|CancelledError|without completing", gateway.log()), gateway.log()


def test_at_a_stop_clients_that_wait_for_a_first_snapshot_get_a_retry_and_nothing_is_in_the_log(
    own_redis: RedisServer,
) -> None:
    own_redis.kill()
    with GatewayProcess(own_redis.url) as gateway, Dashboard(gateway.url) as waiting:
        time.sleep(0.2)  # it waits by now; if not, it is told the same
        assert gateway.stop() == -signal.SIGTERM
        wait_until(lambda: waiting.has_ended, "the stream has ended")
        assert re.fullmatch(rb"retry: [1-4]\d{3}\n", waiting.body)
        assert not re.search("Traceback|ERROR", gateway.log()), gateway.log()


def test_a_drain_that_fails_does_not_swallow_the_signal(real_redis: RedisServer) -> None:
    code = (
        "import sys; from agent_status_gateway.replica import Replica; from agent_status_gateway.__main__ import main\n"
        "async def fail(self): raise RuntimeError('a defect')\n"
        "Replica.drain = fail; sys.argv = ['agent-status', 'serve']; main()"
    )
    with GatewayProcess(real_redis.url, command=("-c", code)) as gateway:
        gateway.ready()
        assert gateway.stop() == -signal.SIGTERM
        assert "the drain has failed" in gateway.log()
