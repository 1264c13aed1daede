"""Pages whose own name leads to the gateway (DNS rebinding): on each way of serving, `Host` gives them away."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from chaos.gateways.gateway_client import STATUS, STREAM
from chaos.gateways.gateway_process import GatewayProcess
from chaos.gateways.gateway_thread import EVERY_WAY, GatewayThread, Served
from chaos.ports import free_port
from chaos.servers.redis_server import RedisServer
from tests.integration.conftest import way

WAYS_IN = [
    *(("GET", STATUS), ("HEAD", STATUS), ("GET", STREAM), ("HEAD", STREAM), ("GET", f"{STREAM}?events=all")),
    *(("POST", f"{STATUS}/ticket"), ("GET", "/api/v1/agent/workers"), ("GET", "/"), ("GET", "/dashboard/client.js")),
    *(("GET", "/docs"), ("GET", "/openapi.json"), ("GET", "/metrics"), ("GET", "/livez"), ("GET", "/nowhere")),
]
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module", params=[way(name) for name in EVERY_WAY])
def unkeyed(shared_redis: RedisServer, request: pytest.FixtureRequest) -> Iterator[GatewayThread]:
    with GatewayThread(shared_redis.url, EVERY_WAY[request.param]) as gateway:
        yield gateway.ready()


def status(gateway: GatewayThread | GatewayProcess, host: str, method: str = "GET", path: str = STATUS) -> int:
    with httpx.stream(method, gateway.url + path, headers={"Host": host}, timeout=8) as response:
        return response.status_code


@pytest.mark.parametrize(("method", "path"), WAYS_IN)
def test_without_a_key_a_page_under_its_own_name_is_refused(unkeyed: GatewayThread, method: str, path: str) -> None:
    assert status(unkeyed, f"evil.example:{unkeyed.port}", method, path) == 421


@pytest.mark.parametrize("path", [STATUS, STREAM, "/livez", "/metrics", "/"])
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "192.0.2.7"])
def test_localhost_and_addresses_are_answered(unkeyed: GatewayThread, host: str, path: str) -> None:
    assert status(unkeyed, f"{host}:{unkeyed.port}", "GET", path) == 200


@pytest.mark.parametrize("path", [STATUS, STREAM])
def test_the_refusal_names_the_host_and_the_setting_and_a_page_that_may_read_can_read_it(
    unkeyed: GatewayThread, path: str
) -> None:
    answer = unkeyed.get(path, headers={"Host": "evil.example", "Origin": "http://localhost:3000"})
    assert answer.status_code == 421
    assert "'evil.example'" in answer.json()["detail"]
    assert "AGENT_STATUS_ALLOWED_HOSTS" in answer.json()["detail"]
    assert answer.headers["access-control-allow-origin"] == "http://localhost:3000"


def test_a_refused_request_for_the_stream_leaves_the_connection_in_order(unkeyed: GatewayThread) -> None:
    with httpx.Client(base_url=unkeyed.url) as client:
        for host, expected in (("evil.example", 421), ("localhost", 200), ("evil.example", 421)):
            assert client.get(STATUS, headers={"Host": host}).status_code == expected
            with client.stream("GET", STREAM, headers={"Host": host}) as response:
                assert response.status_code == expected


@pytest.mark.parametrize("path", [STATUS, STREAM])
def test_with_a_key_a_name_is_asked_about_only_where_names_are_set(
    real_redis: RedisServer, served: Served, path: str
) -> None:
    key = {"X-Status-Key": "geheim"}
    with GatewayThread(real_redis.url, served, api_key="geheim") as gateway:
        gateway.ready()
        with httpx.stream("GET", gateway.url + path, headers={"Host": "any.example"} | key) as response:
            assert response.status_code == 200
    with GatewayThread(real_redis.url, served, api_key="geheim", allowed_hosts="status.example.org") as gateway:
        gateway.ready()
        for host, expected in (("any.example", 421), ("STATUS.example.org:443", 200), ("127.0.0.1", 200)):
            with httpx.stream("GET", gateway.url + path, headers={"Host": host} | key) as response:
                assert response.status_code == expected


def test_the_compose_stack_answers_for_localhost_and_caddy_unless_told_otherwise(
    real_redis: RedisServer, served: Served
) -> None:
    compose = (ROOT / "docker-compose.yml").read_text("utf-8")
    (default,) = re.findall(r"\$\{AGENT_STATUS_ALLOWED_HOSTS:-(.*)\}", compose)
    with GatewayThread(real_redis.url, served, allowed_hosts=default) as gateway:
        gateway.ready()
        answers = {host: status(gateway, host) for host in ("localhost:8000", "caddy", "127.0.0.1", "evil.example")}
    assert answers == {"localhost:8000": 200, "caddy": 200, "127.0.0.1": 200, "evil.example": 421}


@pytest.mark.parametrize("command", [(), ("-m", "uvicorn", "agent_status_gateway.main:app", "--port", "{port}")])
def test_a_listener_on_all_addresses_is_not_read_over_loopback_however_it_is_started(
    real_redis: RedisServer, command: tuple[str, ...]
) -> None:
    arguments = (*command, "--host", "0.0.0.0") if command else ()
    with GatewayProcess(real_redis.url, command=arguments, port=free_port(), host="0.0.0.0") as gateway:
        gateway.ready()
        assert [status(gateway, "evil.example", "GET", path) for path in (STATUS, STREAM)] == [421, 421]
        assert status(gateway, "localhost") == 200
