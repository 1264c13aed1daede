"""The shipped configurations of load balancers, in front of two replicas: the real programs, the shipped files."""

import re
from collections.abc import Iterator
from statistics import median

import httpx
import pytest

from bench.balancers import BALANCERS
from chaos.clients.sse import Dashboard
from chaos.gateways.gateway_process import STATUS, STREAM
from chaos.servers.redis_server import RedisServer
from chaos.wait import let_pass, wait_until
from tests.support.clients.http import RawClient, stream_request
from tests.support.clients.repeated_requests import RepeatedRequests
from tests.support.clients.viewers import Viewers
from tests.support.gateways.balancers import Balancer
from tests.support.gateways.replica_pair import SESSION, Changes, ReplicaPair

pytestmark = pytest.mark.slow

KEEPALIVE_SECONDS = 1.0
LATE_SECONDS = 1.0
"""Seconds that a client may be without a snapshot beyond the `retry` that it was sent."""
SHARED_MACHINE_SECONDS = 2.0
"""Over a promise: tests share their cores with each other and with what they start."""
BUFFERED_SECONDS = 0.1
EVENTS = 10
VIEWERS = 40
DRAIN_SECONDS = 2.0
"""More than the shortest `retry`, so that clients come back while the replica that let them go still drains."""
SECRET = "secret-of-the-test"
CUT_IDLE = {
    "nginx": [("proxy_read_timeout 75s;", "proxy_read_timeout 2s;"), ("send_timeout 75s;", "send_timeout 2s;")],
    "haproxy": [("timeout server 75s\n", "timeout server 2s\n"), ("timeout client 75s\n", "timeout client 2s\n")],
}


@pytest.fixture(params=list(BALANCERS))
def kind(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def pair() -> Iterator[ReplicaPair]:
    """For tests that leave the replicas as they are."""
    server = RedisServer()
    try:
        with ReplicaPair(server.url, keepalive_seconds=KEEPALIVE_SECONDS) as made:
            yield made
    finally:
        server.close()


@pytest.fixture
def own_pair(own_redis: RedisServer) -> Iterator[ReplicaPair]:
    """Keepalives are far off: what is noticed until then is noticed without a write."""
    with ReplicaPair(own_redis.url, drain_seconds=DRAIN_SECONDS, keepalive_seconds=60) as made:
        yield made


def test_the_program_takes_the_file_without_a_warning(kind: str) -> None:
    said = Balancer(kind, 1, 2).complaints()
    # Caddy's own word for `auto_https off`.
    received = [line for line in said.splitlines() if "is completely disabled for server" not in line]
    assert not [line for line in received if re.search("warn|alert|emerg|not formatted", line, re.IGNORECASE)]


def test_an_event_comes_as_soon_as_it_is_written(kind: str, pair: ReplicaPair) -> None:
    with (
        Balancer(kind, *pair.ports) as balancer,
        Dashboard(balancer.url) as behind,
        Dashboard(pair.replicas[0].url) as before,
    ):
        dashboards = (behind, before)
        for dashboard in dashboards:
            dashboard.wait_for_first()
        later: list[float] = []
        for number in range(EVENTS):
            tool = f"{kind}-{number}"
            pair.session.tool_running(tool)
            for dashboard in dashboards:
                wait_until(lambda d=dashboard, t=tool: t in d.body.decode(), "the event comes")  # type: ignore[misc]
            later.append(behind.statuses[-1].came_at - before.statuses[-1].came_at)
        assert median(later) < BUFFERED_SECONDS
        assert behind.body.startswith(b"event: status\ndata: ")


def test_a_keepalive_comes_through_while_there_is_no_news(kind: str, pair: ReplicaPair) -> None:
    with Balancer(kind, *pair.ports) as balancer, Dashboard(balancer.url) as dashboard:
        dashboard.wait_for_first()
        wait_until(lambda: b": keepalive\n" in dashboard.body, "a keepalive comes")


@pytest.mark.parametrize("kind", CUT_IDLE, indirect=True)
def test_keepalives_keep_an_idle_stream_open_for_longer_than_the_timeouts(kind: str, pair: ReplicaPair) -> None:
    with Balancer(kind, *pair.ports, *CUT_IDLE[kind]) as balancer, Dashboard(balancer.url) as dashboard:
        dashboard.wait_for_first()
        let_pass(4)
        assert not dashboard.has_ended


def test_a_request_goes_on_with_its_path_its_query_and_its_key_and_none_of_them_is_logged(
    kind: str, pair: ReplicaPair
) -> None:
    with Balancer(kind, *pair.ports) as balancer:
        answer = balancer.get(f"{STREAM}?events=nonsense&key={SECRET}", headers={"X-Status-Key": SECRET})
        assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
        assert balancer.get(f"{STATUS}?key={SECRET}").status_code == httpx.codes.OK
        with Dashboard(balancer.url, f"{STREAM}?key={SECRET}") as dashboard:
            dashboard.wait_for_first()
        wait_until(lambda: sum(pair.clients()) == 0, "the client has left")
        assert SECRET not in balancer.log()


def test_a_client_cannot_say_that_it_is_somebody_else(kind: str, pair: ReplicaPair) -> None:
    with Balancer(kind, *pair.ports) as balancer:
        with Dashboard(balancer.url, headers="X-Forwarded-For: 203.0.113.9\r\n") as dashboard:
            dashboard.wait_for_first()
        wait_until(lambda: sum(pair.clients()) == 0, "the client has left")
    assert "203.0.113.9" not in pair.replicas[0].log() + pair.replicas[1].log()


def test_metrics_are_not_for_the_public(kind: str, pair: ReplicaPair) -> None:
    with Balancer(kind, *pair.ports) as balancer:
        assert balancer.probe("/metrics") == httpx.codes.NOT_FOUND


def test_a_clients_leaving_is_noticed_without_a_write_to_it(kind: str, own_pair: ReplicaPair) -> None:
    with Balancer(kind, *own_pair.ports) as balancer:
        dashboards = [Dashboard(balancer.url) for _ in range(6)]
        for dashboard in dashboards:
            dashboard.wait_for_first()
        assert own_pair.clients() == [3, 3]
        for dashboard in dashboards:
            dashboard.close()
        wait_until(lambda: own_pair.clients() == [0, 0], "nobody is there any more", 5)


def test_a_join_that_one_replica_refuses_is_tried_on_the_other(kind: str, own_redis: RedisServer) -> None:
    with ReplicaPair(own_redis.url, max_clients=6) as pair, Balancer(kind, *pair.ports) as balancer:
        full = [Dashboard(pair.replicas[0].url) for _ in range(6)]
        for dashboard in full:
            dashboard.wait_for_first()
        accepts = ("Accept: text/event-stream\r\n", "")
        joined = [RawClient(balancer.port, stream_request(headers=accepts[n % 2])) for n in range(6)]
        for client in joined:
            client.wait_for(b"event: status")
        assert pair.clients() == [6, 6]
        with RawClient(balancer.port, stream_request(headers=accepts[0] + "Connection: close\r\n")) as late:
            received = late.wait_for_end()
        assert received.startswith(b"HTTP/1.1 200")
        assert b"\nretry: " in received
        answer = balancer.get(STREAM)
        assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE
        assert answer.headers["Retry-After"]
        assert balancer.states() == {SESSION: "thinking"}
        for client in joined:
            client.__exit__(None, None, None)
        for dashboard in full:
            dashboard.close()


def test_without_any_replica_a_browser_is_asked_to_come_back(kind: str, own_pair: ReplicaPair) -> None:
    with Balancer(kind, *own_pair.ports) as balancer:
        for replica in own_pair.replicas:
            replica.process.kill()
            replica.process.wait()
        headers = "Accept: text/event-stream\r\nConnection: close\r\n"
        with RawClient(balancer.port, stream_request(headers=headers)) as client:
            answer = client.wait_for_end()
        assert answer.startswith(b"HTTP/1.1 200")
        assert b"content-type: text/event-stream" in answer.lower()
        assert b"retry: 2000\n" in answer
        answer_to_program = balancer.get(f"{STATUS}?key={SECRET}", headers={"X-Status-Key": SECRET})
        assert answer_to_program.status_code in (httpx.codes.BAD_GATEWAY, httpx.codes.SERVICE_UNAVAILABLE)
        assert SECRET not in balancer.log()


def test_a_rolling_restart_under_constant_change_costs_no_request_and_no_client_its_snapshot(
    kind: str, own_pair: ReplicaPair
) -> None:
    with (
        Balancer(kind, *own_pair.ports) as balancer,
        Changes(own_pair.session) as changes,
        Viewers(balancer.port, VIEWERS) as viewers,
        RepeatedRequests(balancer.port) as requests,
    ):
        for number in range(2):
            own_pair.restart(number)
        changes.__exit__(None, None, None)
        viewers.wait_for({SESSION: changes.last})
    _check(viewers, requests)


@pytest.mark.parametrize("count", [VIEWERS, pytest.param(1000, marks=pytest.mark.slow)])
def test_a_killed_replica_costs_no_request_and_no_client_its_snapshot(
    kind: str, count: int, own_pair: ReplicaPair
) -> None:
    with (
        Balancer(kind, *own_pair.ports) as balancer,
        Changes(own_pair.session) as changes,
        Viewers(balancer.port, count) as viewers,
        RepeatedRequests(balancer.port) as requests,
    ):
        killed = own_pair.replicas[0].process
        killed.kill()
        killed.wait()
        wait_until(lambda: own_pair.replicas[1].probe("/livez") and _all_are_back(viewers), "all are back", 30)
        own_pair.start(0)
        changes.__exit__(None, None, None)
        viewers.wait_for({SESSION: changes.last})
    _check(viewers, requests)


def _all_are_back(viewers: Viewers) -> bool:
    return bool(viewers.gaps_seconds) and all(viewer.lost_at is None for viewer in viewers.all)


def _check(viewers: Viewers, requests: RepeatedRequests) -> None:
    assert requests.failures == []
    assert requests.answered > 50
    assert viewers.finals == []
    assert len(viewers.lateness_seconds) >= len(viewers.all) // 3
    assert max(viewers.lateness_seconds) < LATE_SECONDS + SHARED_MACHINE_SECONDS, sorted(viewers.lateness_seconds)[-5:]
