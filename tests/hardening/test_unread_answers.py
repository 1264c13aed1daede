"""Clients that ask and do not read: what waits for them is bounded, whatever the answer, without a key."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from agent_status_gateway.server import request_limits as limited
from agent_status_gateway.server import sockets
from agent_status_gateway.server.request_limits import MAX_BEHIND, MAX_FIELDS
from agent_status_publisher import StatusPublisher
from chaos.clients.sse import Dashboard
from chaos.gateways.gateway_client import STATUS, STREAM
from chaos.gateways.gateway_process import GatewayProcess
from chaos.gateways.gateway_thread import EVERY_WAY, GatewayThread, Served
from chaos.servers.redis_server import RedisServer
from chaos.wait import wait_until
from tests.integration.conftest import way
from tests.support.clients.http import RawClient
from tests.support.gateways.footprint import Footprint

OURS = [way(name) for name in EVERY_WAY if name.startswith("connection")]
STUCK_SECONDS = 1.0
NOWHERE = "redis://127.0.0.1:1"
KEYED = "X-Status-Key: geheim\r\n"


def get(path: str, headers: str = "", method: str = "GET") -> str:
    return f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n"


BEHIND_BYTES = 8 * 1024
"""A limit so low that what exceeds it arrives in one read: uvicorn reads no further behind a waiting request."""
TOO_MUCH = {
    "requests": get("/livez") * (MAX_BEHIND + 1),
    "thousands of requests": get("/livez") * 5000,
    "heads": get("/livez", f"X-Long: {'x' * 3000}\r\n") * 4,
    "fields": get("/livez", "a:\r\n" * (MAX_FIELDS + 1)),
    "a body": get("/livez", f"Content-Length: {4 * BEHIND_BYTES}\r\n", "POST") + "x" * 2 * BEHIND_BYTES,
    "bodies": (get("/livez", "Content-Length: 3000\r\n", "POST") + "x" * 3000) * 4,
}
ANSWERS = {
    "the page": get("/"),
    "the documents": get("/docs"),
    "the figures": get("/metrics"),
    "the snapshot": get(STATUS, KEYED),
    "a refused key": get(STATUS),
    "a refused stream": get(STREAM),
    "what is not there": get("/nowhere"),
    "the last answer": get("/livez", "Connection: close\r\n"),
    "a path too long": get("/" + "x" * 9000),
    "fields too many": get("/livez", "a:\r\n" * (MAX_FIELDS + 1)),
    "what is not HTTP": "\r\n\r\nnonsense\r\n\r\n",
    "half a request": "GET /livez",
}


@pytest.fixture
def gateway(real_redis: RedisServer, served: Served, monkeypatch: pytest.MonkeyPatch) -> Iterator[GatewayThread]:
    monkeypatch.setattr(limited, "STUCK_SECONDS", STUCK_SECONDS)
    monkeypatch.setattr(sockets, "UNSENT_BYTES", 1)  # so that little is enough to wait with us, not in the kernel
    with GatewayThread(real_redis.url, served, api_key="geheim") as made:
        yield made.ready()


pytestmark = pytest.mark.parametrize("served", OURS, indirect=True)


@pytest.mark.parametrize("text", TOO_MUCH.values(), ids=TOO_MUCH.keys())
def test_a_client_that_sends_too_much_behind_a_request_is_aborted(
    served: Served, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limited, "MAX_BEHIND_BYTES", BEHIND_BYTES)
    with (
        GatewayThread(NOWHERE, served) as gateway,
        RawClient(gateway.port, get(STATUS) + text) as client,  # the first request waits for the first snapshot
    ):
        client.wait_for_end()
        assert b" 503 " not in client.received, "nothing has been answered"
        wait_until(lambda: not gateway.connections(), "nothing of it is kept")


def test_requests_that_wait_behind_another_are_answered_in_their_order(gateway: GatewayThread) -> None:
    paths = ["/livez", "/nowhere"] * (MAX_BEHIND // 2)
    text = "".join(get(path) for path in ["/healthz", *paths[1:]]) + get("/livez", "Connection: close\r\n")
    with RawClient(gateway.port, text) as client:
        answers = client.wait_for_end().split(b"HTTP/1.1 ")[1:]
    assert [int(answer[:3]) for answer in answers] == [200, 404] * (MAX_BEHIND // 2) + [200]


@pytest.mark.parametrize("text", ANSWERS.values(), ids=ANSWERS.keys())
@pytest.mark.slow
def test_a_client_that_takes_nothing_for_long_is_aborted_whatever_the_answer_is(
    gateway: GatewayThread, text: str
) -> None:
    with RawClient(gateway.port, get("/openapi.json"), reads=False, receive_bytes=2048) as client:
        wait_until(lambda: any(connection.unsent_bytes for connection in gateway.connections()), "it is stuck")
        client.send(text)
        wait_until(lambda: not gateway.connections(), "the connection is over", STUCK_SECONDS + 15)


def test_a_client_that_reads_slowly_gets_the_whole_answer(gateway: GatewayThread, real_redis: RedisServer) -> None:
    with StatusPublisher(real_redis.url) as publisher:
        for number in range(1000):
            publisher.session(f"big:{number}", title="x" * 200)
        publisher.flush()
        wait_until(lambda: len(shown(gateway)) == 1000, "the gateway knows the sessions")
        text = get(STATUS, KEYED + "Connection: close\r\n")
        with RawClient(gateway.port, text, reads=False, receive_bytes=4096) as slow:

            def reads() -> bool:
                slow.read_some(2048)
                return slow.received.endswith(b"}")

            wait_until(reads, "the whole snapshot has come", 30)
    assert slow.received.count(b'"big:') == 1000


def shown(gateway: GatewayThread) -> list[object]:
    rows: list[object] = gateway.get(headers={"X-Status-Key": "geheim"}).json()["sessions"]
    return rows


def test_an_answer_that_a_client_leaves_unread_ends_without_an_exception_in_the_log(
    gateway: GatewayThread, caplog: pytest.LogCaptureFixture
) -> None:
    with RawClient(gateway.port, get("/openapi.json") * MAX_BEHIND, reads=False, receive_bytes=2048):
        wait_until(lambda: any(connection.flow.write_paused for connection in gateway.connections()), "it is stuck")
    wait_until(lambda: not gateway.connections(), "the connection is over")
    wait_until(lambda: not gateway.requests(), "nobody writes any more")
    assert "Exception in ASGI application" not in caplog.text


@pytest.mark.slow
def test_hundreds_of_clients_that_never_read_hold_little_and_readers_and_probes_are_answered(
    real_redis: RedisServer, served: Served
) -> None:
    """Eight megabytes each it was once, and for ever."""
    assert served == EVERY_WAY["connection on uvloop"] or pytest.skip("a process has that one")
    with (
        GatewayProcess(real_redis.url, api_key="geheim") as gateway,
        Dashboard(gateway.ready().url, f"{STREAM}?key=geheim") as dashboard,
        ExitStack() as attackers,
    ):
        dashboard.wait_for_first()
        before = Footprint(gateway.process.pid)
        clients = [attackers.enter_context(never_reading(gateway.port)) for _ in range(300)]
        for _ in range(10):
            for client in clients:
                ask_again(client)
            for path in ("/livez", "/healthz", "/readyz", "/metrics", f"{STATUS}?key=geheim"):
                assert gateway.probe(path) == 200
        assert before.grown_kb() < 300 * 250
        assert not dashboard.has_ended
        with Dashboard(gateway.url, f"{STREAM}?key=geheim") as newcomer:
            newcomer.wait_for_first()


def never_reading(port: int) -> socket.socket:
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    client.connect(("127.0.0.1", port))
    client.setblocking(False)
    return client


def ask_again(client: socket.socket) -> None:
    """In the limits at first, and then far above them."""
    try:
        client.send(get("/openapi.json").encode() * MAX_BEHIND)
    except OSError:
        return  # it has been cut off, or its requests are not read any more
