"""Whose word a replica takes for who its client is."""

import pytest

from chaos.clients.sse import Dashboard
from chaos.gateways.gateway_process import GatewayProcess
from chaos.servers.redis_server import RedisServer
from chaos.wait import wait_until

SAID = "203.0.113.9"


@pytest.mark.parametrize(("trusted", "known_as"), [("127.0.0.1", SAID), ("192.0.2.1", "127.0.0.1")])
def test_a_proxys_header_counts_only_if_its_address_is_named(
    real_redis: RedisServer, trusted: str, known_as: str
) -> None:
    with GatewayProcess(real_redis.url, environment={"FORWARDED_ALLOW_IPS": trusted}) as gateway:
        gateway.ready()
        with Dashboard(gateway.url, headers=f"X-Forwarded-For: {SAID}\r\n") as dashboard:
            dashboard.wait_for_first()
        wait_until(lambda: f"stream to {known_as}:" in gateway.log(), "the stream's line is written")
