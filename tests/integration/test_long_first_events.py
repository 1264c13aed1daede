"""Clients that join a fleet of some hundred sessions: the first event is long, and has parts that all of them share."""

import re

import pytest

from agent_status_publisher import StatusPublisher
from chaos.gateways.gateway_thread import GatewayThread, Served
from chaos.servers.redis_server import RedisServer
from chaos.wait import wait_until
from tests.integration.test_waiting_joiners import CLOSE, KINDS, body_of, statuses
from tests.support.clients.http import RawClient, stream_request

SESSIONS = 400


@pytest.mark.parametrize("kind", KINDS)
def test_a_long_first_event_comes_whole_and_the_next_one_behind_it(
    real_redis: RedisServer, served: Served, kind: str
) -> None:
    version, headers = KINDS[kind]
    request = stream_request(version=version, headers=headers + CLOSE)
    with (
        StatusPublisher(real_redis.url) as publisher,
        GatewayThread(real_redis.url, served, debounce_seconds=0, drain_seconds=0.1, keepalive_seconds=3600) as gateway,
    ):
        for number in range(SESSIONS):
            publisher.session(f"web:{number:03}", title=f"{number} " * 20)
        publisher.flush()
        wait_until(lambda: len(gateway.ready().states()) == SESSIONS, "the gateway knows the sessions")
        with RawClient(gateway.port, request) as client:
            wait_until(lambda: body_of(client).endswith(b"\n\n"), "the first event comes")
            first = body_of(client)
            assert re.fullmatch(rb"event: status\ndata: \{.*\}\nid: [0-9a-f]{32}\nretry: [1-4]\d{3}\n\n", first)
            publisher.session("tg:1")
            publisher.flush()
            wait_until(lambda: statuses(client), "the next event comes")
            assert len(statuses(client)[0]["sessions"]) == SESSIONS + 1
            gateway.drain()
            client.wait_for_end()
        assert body_of(client, is_whole=True).startswith(first)
