"""As many connections of strangers as there may be: whoever comes is let in, and a stranger goes for it."""

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest

from agent_status_gateway.http.stream import StatusStream
from agent_status_publisher.testing import RecordingPublisher
from chaos.clients.sse import Dashboard
from chaos.gateways.gateway_client import STATUS, STREAM
from chaos.gateways.gateway_thread import EVERY_WAY, GatewayThread, Served
from chaos.servers.redis_server import RedisServer
from chaos.wait import wait_until
from tests.integration.conftest import way
from tests.support.clients.http import RawClient
from tests.support.gateways.ingest_thread import ingest

OURS = [way(name) for name in EVERY_WAY if name.startswith("connection")]
MAX_CLIENTS = 2
SPARE = 6
GET = "GET {} HTTP/1.1\r\nHost: localhost\r\n\r\n"
LOCAL = "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"
STRANGERS = {
    "who say nothing": "",
    "who say half of it": "GET /livez HTTP/1.1\r\nHost:",
    "who stay after an answer": GET.format("/livez"),
    "who have no key": GET.format(STATUS),
    "who do not read": GET.format("/openapi.json") * 8,
}

pytestmark = pytest.mark.parametrize("served", OURS, indirect=True)


@pytest.fixture
def gateway(real_redis: RedisServer, served: Served, monkeypatch: pytest.MonkeyPatch) -> Iterator[GatewayThread]:
    monkeypatch.setattr("agent_status_gateway.http.stream.SPARE_CONNECTIONS", SPARE)
    with GatewayThread(real_redis.url, served, max_clients=MAX_CLIENTS, api_key="geheim") as made:
        yield made.ready()


@contextmanager
def crowd(port: int, size: int, text: str = "") -> Iterator[list[socket.socket]]:
    """So many strangers."""
    with ExitStack() as everybody:
        made = []
        for _ in range(size):
            stranger = everybody.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
            stranger.sendall(text.encode())
            made.append(stranger)
        yield made


def is_there(gateway: GatewayThread, size: int) -> None:
    wait_until(lambda: len(gateway.connections()) == size, f"{size} connections are there")


def is_over(client: socket.socket) -> bool:
    client.setblocking(False)
    try:
        return client.recv(65536, socket.MSG_PEEK) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


@pytest.mark.parametrize("text", STRANGERS.values(), ids=STRANGERS.keys())
def test_probes_and_readers_get_in_whatever_strangers_do(gateway: GatewayThread, text: str) -> None:
    with crowd(gateway.port, 5 * SPARE, text):
        for path in ("/livez", "/healthz", "/readyz", "/metrics", f"{STATUS}?key=geheim"):
            assert gateway.probe(path) == 200
        with Dashboard(gateway.url, f"{STREAM}?key=geheim") as dashboard:
            dashboard.wait_for_first()
            with crowd(gateway.port, 5 * SPARE, text):
                assert gateway.probe("/livez") == 200
            assert not dashboard.has_ended
        most = MAX_CLIENTS + SPARE
        wait_until(lambda: len(gateway.connections()) <= most, "there are no more than there may be")


def test_the_connection_that_was_idle_for_longest_is_closed_first(gateway: GatewayThread) -> None:
    with ExitStack() as everybody:
        strangers: list[socket.socket] = []
        for number in range(1, MAX_CLIENTS + SPARE + 1):
            strangers += everybody.enter_context(crowd(gateway.port, 1))
            is_there(gateway, number)
        with crowd(gateway.port, 2):
            wait_until(lambda: is_over(strangers[0]) and is_over(strangers[1]), "the first two have gone")
            assert not any(is_over(stranger) for stranger in strangers[2:])


def test_a_client_that_goes_on_asking_stays(gateway: GatewayThread) -> None:
    with RawClient(gateway.port, "") as busy:
        for number in range(1, SPARE + 1):
            busy.send(GET.format("/livez"))
            busy.wait_for_count(b'{"status":"ok"}', number)
            with crowd(gateway.port, MAX_CLIENTS + SPARE - 1, "GET"):
                is_there(gateway, MAX_CLIENTS + SPARE)
            is_there(gateway, 1)
        assert not busy.has_ended


def test_a_reader_with_a_key_that_reads_slowly_outstays_strangers(gateway: GatewayThread) -> None:
    text = f"GET {STATUS} HTTP/1.1\r\nHost: localhost\r\nX-Status-Key: geheim\r\n\r\n"
    with RawClient(gateway.port, text) as reader:
        reader.wait_for(b'"sessions"')
        for _ in range(3):
            with crowd(gateway.port, 2 * (MAX_CLIENTS + SPARE), GET.format("/livez")):
                assert not reader.has_ended


@pytest.fixture
def on_the_ordinary_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have streams opened by a task on our connection, as before the first snapshot."""
    refuse: Callable[..., bool] = lambda *_: False  # noqa: E731 - it takes the place of a method
    monkeypatch.setattr(StatusStream, "opens_at_once", refuse)


@pytest.mark.usefixtures("on_the_ordinary_way")
def test_a_stream_on_the_ordinary_way_outstays_strangers(gateway: GatewayThread) -> None:
    with Dashboard(gateway.url, f"{STREAM}?key=geheim") as dashboard:
        dashboard.wait_for_first()
        for _ in range(3):
            with crowd(gateway.port, 2 * (MAX_CLIENTS + SPARE)):
                assert gateway.probe("/livez") == 200
        assert not dashboard.has_ended


def test_a_place_on_the_ordinary_way_is_free_when_its_reader_leaves_with_a_request_behind(
    gateway: GatewayThread, on_the_ordinary_way: None
) -> None:
    del on_the_ordinary_way
    text = GET.format(f"{STREAM}?key=geheim") + GET.format("/livez")
    with RawClient(gateway.port, text) as reader:
        reader.wait_for(b"event: status")
    wait_until(lambda: "agent_status_clients 0.0" in gateway.get("/metrics").text, "the place is free")


def test_ingest_lets_a_late_client_in_too(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent_status_gateway.ingest.app.CONNECTIONS", SPARE)
    with ingest(RecordingPublisher(), http=served.http) as url:
        port = int(url.rpartition(":")[2])
        with crowd(port, 5 * SPARE) as strangers, RawClient(port, LOCAL) as late:
            late.wait_for(b'{"status":"ok"}')
            wait_until(lambda: sum(not is_over(one) for one in strangers) <= SPARE, "strangers have gone for it")
