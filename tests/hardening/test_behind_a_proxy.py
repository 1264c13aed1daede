"""Limits by address and by key, behind a proxy: on each way of serving they go by who asks, not by the proxy.

The proxy is this test's client: it writes `X-Forwarded-For`, and 127.0.0.1 is trusted unless a test says otherwise.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from starlette.types import Message, Scope

from chaos.clients.sse import Dashboard
from chaos.gateways.gateway_client import STATUS, STREAM
from chaos.gateways.gateway_process import GatewayProcess
from chaos.gateways.gateway_thread import EVERY_WAY, GatewayThread, Served
from chaos.servers.redis_server import RedisServer
from chaos.wait import wait_until
from tests.integration.conftest import way

TICKET = "/api/v1/agent/status/ticket"
ONE, OTHER = "203.0.113.9", "203.0.113.10"
SAME_CLIENT = {
    "with another port": (ONE, f"{ONE}:4711"),
    "behind what the client wrote itself": (ONE, f"192.0.2.7, {ONE}"),
    "through two proxies": (ONE, f"192.0.2.7, {ONE}, 127.0.0.1"),
    "IPv6 with a port": ("2001:db8::1", "[2001:db8::1]:4711"),
    "IPv6 in another spelling": ("2001:db8::1", "2001:DB8:0:0::1"),
    "another IPv6 address of the same customer": ("2001:db8::1", "2001:db8::f00d:2"),
    "IPv4 written as IPv6": (ONE, f"::ffff:{ONE}"),
    "garbage and other garbage": ("garbage", "<b>%s</b>" % ("x" * 5000)),
}
OTHER_CLIENT = {
    "IPv4": (ONE, OTHER),
    "behind two proxies": (f"{ONE}, 127.0.0.1", f"{OTHER}, 127.0.0.1"),
    "IPv6 of two customers": ("2001:db8:0:1::1", "2001:db8:0:2::1"),
    "garbage and an address": ("garbage", ONE),
}
SETTINGS = {
    "streams": {"max_clients_per_address": 1},
    "requests": {"max_requests_per_second": 1},
    "tickets": {"max_requests_per_second": 1},
}
Limit = str


def forwarded(value: str) -> dict[str, str]:
    return {"X-Forwarded-For": value}


def ask(gateway: GatewayThread, limit: Limit, client: str) -> int:
    """The status of one request that the limit counts; the stream is only looked at."""
    match limit:
        case "streams":
            with httpx.stream("GET", gateway.url + STREAM, headers=forwarded(client), timeout=8) as response:
                return response.status_code
        case "requests":
            return gateway.get(STATUS, headers=forwarded(client)).status_code
        case _:
            return httpx.post(gateway.url + TICKET, headers=forwarded(client), timeout=8).status_code


@contextmanager
def at_the_limit(gateway: GatewayThread, limit: Limit, client: str) -> Iterator[None]:
    """This client has had all that it may have."""
    if limit != "streams":
        assert ask(gateway, limit, client) == 200
        yield
        return
    with Dashboard(gateway.url, headers=f"X-Forwarded-For: {client}\r\n") as dashboard:
        dashboard.wait_for_first()
        yield


@pytest.fixture(params=SETTINGS)
def limit(request: pytest.FixtureRequest) -> Limit:
    name: str = request.param
    return name


@pytest.fixture
def gateway(real_redis: RedisServer, served: Served, limit: Limit) -> Iterator[GatewayThread]:
    with GatewayThread(real_redis.url, served, **SETTINGS[limit]) as made:
        yield made.ready()


@pytest.mark.parametrize(("first", "second"), SAME_CLIENT.values(), ids=SAME_CLIENT.keys())
def test_one_client_has_one_measure_however_it_is_written(
    gateway: GatewayThread, limit: Limit, first: str, second: str
) -> None:
    with at_the_limit(gateway, limit, first):
        assert ask(gateway, limit, second) in {429, 503}


@pytest.mark.parametrize(("first", "second"), OTHER_CLIENT.values(), ids=OTHER_CLIENT.keys())
def test_another_client_of_the_same_proxy_has_a_measure_of_its_own(
    gateway: GatewayThread, limit: Limit, first: str, second: str
) -> None:
    with at_the_limit(gateway, limit, first):
        assert ask(gateway, limit, second) == 200


def test_a_header_from_an_untrusted_proxy_does_not_change_which_client_is_measured(
    real_redis: RedisServer, served: Served, limit: Limit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "192.0.2.1")
    with (
        GatewayThread(real_redis.url, served, **SETTINGS[limit]) as gateway,
        at_the_limit(gateway.ready(), limit, ONE),
    ):
        assert ask(gateway, limit, OTHER) in {429, 503}


def test_several_fields_are_read_as_one_list(real_redis: RedisServer, served: Served) -> None:
    fields = [("X-Forwarded-For", OTHER), ("X-Forwarded-For", ONE)]
    with (
        GatewayThread(real_redis.url, served, max_clients_per_address=1) as gateway,
        Dashboard(gateway.ready().url, headers=f"X-Forwarded-For: {ONE}\r\n") as dashboard,
    ):
        dashboard.wait_for_first()
        assert gateway.get(STREAM, headers=fields).status_code == 503


def test_a_place_is_free_again_when_its_stream_is_over(real_redis: RedisServer, served: Served) -> None:
    with GatewayThread(real_redis.url, served, max_clients_per_address=1) as gateway:
        gateway.ready()
        for _ in range(3):
            with Dashboard(gateway.url, headers="X-Forwarded-For: 2001:db8::1\r\n") as dashboard:
                dashboard.wait_for_first()
            wait_until(lambda: "agent_status_clients 0.0" in gateway.get("/metrics").text, "the place is free")


@pytest.mark.parametrize("way_in", ["key", "ticket"])
def test_a_key_has_as_many_streams_as_it_may_whatever_addresses_they_come_from(
    real_redis: RedisServer, served: Served, way_in: str
) -> None:
    with GatewayThread(real_redis.url, served, max_clients_per_key=1, api_key="geheim") as gateway:
        gateway.ready()
        given = httpx.post(gateway.url + TICKET, headers=forwarded(ONE) | {"X-Status-Key": "geheim"}).json()
        path = f"{STREAM}?key=geheim" if way_in == "key" else f"{STREAM}?ticket={given['ticket']}"
        with Dashboard(gateway.url, path, f"X-Forwarded-For: {ONE}\r\n") as dashboard:
            dashboard.wait_for_first()
            assert gateway.get(path, headers=forwarded(OTHER)).status_code == 503


def test_a_client_that_guesses_keys_behind_a_proxy_stops_no_other(real_redis: RedisServer, served: Served) -> None:
    with GatewayThread(real_redis.url, served, max_requests_per_second=1, api_key="geheim") as gateway:
        gateway.ready()
        guesses = [gateway.get(headers=forwarded(ONE) | {"X-Status-Key": "guess"}).status_code for _ in range(3)]
        assert guesses == [403, 429, 429]
        assert gateway.get(headers=forwarded(OTHER) | {"X-Status-Key": "geheim"}).status_code == 200


@pytest.mark.parametrize("served", [way(name) for name in EVERY_WAY if name.startswith("connection")], indirect=True)
def test_the_log_names_the_client_for_every_answer_that_it_was_given(
    real_redis: RedisServer, served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "uvicorn.access")
    with GatewayThread(real_redis.url, served, api_key="geheim") as gateway:
        gateway.ready()
        for path in (STATUS, STREAM, "/nowhere", "/nowhere?" + "x" * 9000):
            gateway.get(path, headers=forwarded(ONE))
        gateway.get("/nowhere", headers=forwarded("garbage" * 100))
    lines = [record.getMessage() for record in caplog.records if record.name == "uvicorn.access"]
    lines = [line for line in lines if "/readyz" not in line]
    assert [line.partition(":")[0] for line in lines] == [ONE] * 4 + ["unknown"], lines


@pytest.mark.parametrize(("said", "known_as"), [(f"{ONE}:4711", f"{ONE}:4711"), ("x" * 5000, "unknown:0")])
def test_the_streams_line_in_the_log_names_the_client_and_never_a_text_of_its_own(
    real_redis: RedisServer, said: str, known_as: str
) -> None:
    with GatewayProcess(real_redis.url) as gateway:
        gateway.ready()
        with Dashboard(gateway.url, headers=f"X-Forwarded-For: {said}\r\n") as dashboard:
            dashboard.wait_for_first()
        wait_until(lambda: f"stream to {known_as} ended" in gateway.log(), "the stream's line is written")


def test_a_client_that_is_let_in_has_the_place_before_the_first_byte_is_taken(real_redis: RedisServer) -> None:
    """Else any number of slow clients would be let in for the last place."""
    with GatewayThread(real_redis.url, max_clients=1) as gateway:
        gateway.ready()
        scope: Scope = {"type": "http", "method": "GET", "path": STREAM, "query_string": b"", "headers": []}
        statuses = gateway.run(_two_at_once(gateway, scope))
    assert statuses == [200, 503]


async def _two_at_once(gateway: GatewayThread, scope: Scope) -> list[int]:
    """The status of each, the first of which has not been taken when the second one asks."""
    statuses: asyncio.Queue[int] = asyncio.Queue()
    is_taken = asyncio.Event()

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.put_nowait(message["status"])
            await is_taken.wait()

    async def receive() -> Message:
        await is_taken.wait()
        return {"type": "http.disconnect"}

    answer = gateway.app.stream.answer
    first = asyncio.create_task(answer(dict(scope), receive, send))
    statuses_seen = [await statuses.get()]
    second = asyncio.create_task(answer(dict(scope), receive, send))
    statuses_seen.append(await statuses.get())
    is_taken.set()
    await asyncio.gather(first, second)
    return statuses_seen
