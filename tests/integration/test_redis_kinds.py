"""Every kind of Redis that the URL can name, for real, from a worker's call to a dashboard."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
import redis

from agent_status_gateway.paths import WORKERS_PATH
from agent_status_gateway.settings import Settings, SettingsError
from agent_status_publisher import ConfigurationError, PublisherError, StatusPublisher
from chaos.gateways.gateway_thread import GatewayThread
from chaos.ports import free_port
from chaos.servers.certificate import Certificate
from chaos.servers.redis_cluster import RedisCluster
from chaos.servers.redis_sentinel import RedisSentinel
from chaos.servers.redis_server import RedisServer
from chaos.wait import wait_until
from tests.support.clients.changes import check_that_changes_come_at_once

pytestmark = pytest.mark.slow


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as made:
        yield made


@pytest.fixture(scope="module")
def certificate() -> Iterator[Certificate]:
    made = Certificate()
    yield made
    made.close()


def _over_tcp(stack: ExitStack, certificate: Certificate | None) -> str:
    port = free_port()
    listen = certificate.server_arguments(port) if certificate else ("--port", str(port))
    stack.callback(RedisServer(*listen).close)
    return f"rediss://127.0.0.1:{port}?ssl_ca_certs={certificate.ca}" if certificate else f"redis://127.0.0.1:{port}/1"


def _by_socket(stack: ExitStack, _: Certificate | None) -> str:
    server = RedisServer()
    stack.callback(server.close)
    return server.url


def _by_sentinel(stack: ExitStack, certificate: Certificate | None) -> str:
    servers = RedisSentinel(certificate)
    stack.callback(servers.close)
    return servers.url


def _by_cluster(stack: ExitStack, certificate: Certificate | None) -> str:
    servers = RedisCluster(certificate)
    stack.callback(servers.close)
    return servers.url


KINDS: dict[str, Callable[[ExitStack, Certificate | None], str]] = {
    "redis": _over_tcp,
    "unix": _by_socket,
    "redis+sentinel": _by_sentinel,
}
TLS_KINDS = {"rediss": _over_tcp, "rediss+sentinel": _by_sentinel, "rediss+cluster": _by_cluster}


@pytest.mark.parametrize("scheme", KINDS)
def test_a_change_is_shown_at_once_whatever_kind_of_redis_the_url_names(stack: ExitStack, scheme: str) -> None:
    url = KINDS[scheme](stack, None)
    assert url.startswith(f"{scheme}://")
    check_that_changes_come_at_once(worker_url=url, gateway_url=url)


@pytest.mark.parametrize("scheme", ["redis+sentinel", "redis+cluster"])
def test_two_workers_of_one_key_agree_behind_sentinels_and_in_a_cluster(
    stack: ExitStack, shared_cluster: RedisCluster, scheme: str
) -> None:
    url = shared_cluster.url if scheme == "redis+cluster" else KINDS[scheme](stack, None)
    gateway = stack.enter_context(GatewayThread(url, debounce_seconds=0.05)).ready()
    one, other = (stack.enter_context(StatusPublisher(url, heartbeat_seconds=0.5, lease_seconds=30)) for _ in range(2))

    def shows(states: dict[str, str]) -> None:
        wait_until(lambda: gateway.states() == states, f"the gateway shows {states}", 8)

    working = one.session("web:works")
    working.streaming()
    asked = one.session("web:asks")
    asked.waiting_for_user()
    shows({"web:works": "streaming", "web:asks": "waiting_for_user"})
    for key in ("web:works", "web:asks"):
        other.session(key).thinking()
    shows({"web:works": "thinking", "web:asks": "thinking"})
    for key in ("web:works", "web:asks"):
        other.session(key).end()
    shows({"web:works": "streaming"})
    wait_until(lambda: held_by(one, gateway) == {"web:works"}, "the worker that asked has let its question go", 8)
    other.close()
    asked.waiting_for_user()  # again, which begins no run
    one.session("web:next").thinking()
    shows({"web:works": "streaming", "web:next": "thinking"})
    asked.thinking()
    shows({"web:works": "streaming", "web:next": "thinking", "web:asks": "thinking"})


def held_by(publisher: StatusPublisher, gateway: GatewayThread) -> set[str]:
    """The sessions in the worker's newest report, hidden ones included."""
    workers = gateway.get(WORKERS_PATH).json()["workers"]
    (held,) = (worker["sessions"] for worker in workers if worker["worker_id"] == publisher.worker_id)
    return set(held)


def test_in_a_cluster_it_is_the_same(shared_cluster: RedisCluster) -> None:
    assert shared_cluster.url.startswith("redis+cluster://")
    check_that_changes_come_at_once(worker_url=shared_cluster.url, gateway_url=shared_cluster.url)


@pytest.mark.parametrize("scheme", TLS_KINDS)
def test_with_tls_it_is_the_same(stack: ExitStack, scheme: str, certificate: Certificate) -> None:
    url = TLS_KINDS[scheme](stack, certificate)
    assert url.startswith(f"{scheme}://")
    check_that_changes_come_at_once(worker_url=url, gateway_url=url)


@pytest.mark.parametrize("scheme", ["rediss", "rediss+sentinel"])
def test_a_certificate_of_another_authority_is_refused_by_both_sides(
    stack: ExitStack, scheme: str, certificate: Certificate
) -> None:
    url = TLS_KINDS[scheme](stack, certificate).replace(str(certificate.ca), str(certificate.wrong_ca))
    reported: list[PublisherError] = []
    gateway = stack.enter_context(GatewayThread(url))
    publisher = StatusPublisher(url, on_error=reported.append)
    began_at = time.monotonic()
    publisher.session("web:1")
    wait_until(lambda: reported, "the publisher says so", 8)
    wait_until(lambda: "verify failed" in gateway.get("/readyz").text, "the gateway says so", 8)
    assert "certificate verify failed" in str(reported[0])
    publisher.close()
    assert time.monotonic() - began_at < 6


def test_an_agent_may_give_its_own_cluster_client(stack: ExitStack, shared_cluster: RedisCluster) -> None:
    gateway = stack.enter_context(GatewayThread(shared_cluster.url)).ready()
    client = stack.enter_context(redis.RedisCluster.from_url(shared_cluster.seed_url))
    publisher = stack.enter_context(StatusPublisher(client, heartbeat_seconds=30, lease_seconds=60))
    publisher.session("web:1")
    wait_until(lambda: gateway.states() == {"web:1": "thinking"}, "the gateway hears it on the shard's channel", 8)


@pytest.mark.parametrize(
    "url",
    [
        "redis+sentinel://u:secret@host",
        "redis+cluster://u:secret@host?option=secret",
        "rediss+sentinel://host/service?ssl_cert_reqs=secret&sentinel_password=secret",
    ],
)
def test_a_wrong_url_is_refused_by_both_sides_and_not_repeated(url: str) -> None:
    with pytest.raises(ConfigurationError, match="REDIS_URL: cannot be parsed") as publishers:
        StatusPublisher(url)
    with pytest.raises(SettingsError, match="REDIS_URL: cannot be parsed") as gateways:
        Settings.load(redis_url=url)
    assert "secret" not in f"{publishers.value} {gateways.value}"
