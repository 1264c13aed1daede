"""A server of metrics, which no stranger can make grow."""

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from http.client import HTTPConnection
from urllib.request import urlopen

import pytest
from prometheus_client import CollectorRegistry, Gauge

from agent_status_gateway.cli.notify import metrics_server
from agent_status_gateway.cli.notify.metrics_server import MOST_CONNECTIONS, serve_metrics
from chaos.wait import wait_until


@pytest.fixture
def port() -> int:
    registry = CollectorRegistry()
    Gauge("answer", "A gauge.", registry=registry).set(42)
    return serve_metrics(registry, "127.0.0.1", 0)


@pytest.fixture
def opened() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def connect(opened: ExitStack, port: int) -> socket.socket:
    connection = opened.enter_context(socket.create_connection(("127.0.0.1", port), timeout=30.0))
    connection.sendall(b"GET /metrics HTTP/1.1\r\n")  # and never the end of its head
    return connection


def scrape(port: int) -> bytes:
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30.0) as answer:
        text: bytes = answer.read()
    return text


def of_connections() -> int:
    return sum("process_request_thread" in thread.name for thread in threading.enumerate())


def test_metrics_are_served(port: int) -> None:
    assert b"answer 42.0" in scrape(port)


@pytest.mark.parametrize(
    ("host", "status"), [("localhost:1", 200), ("127.0.0.1", 200), ("[::1]:1", 200), ("rebound.example:1", 421)]
)
def test_a_page_whose_name_leads_to_this_machine_reads_nothing(port: int, host: str, status: int) -> None:
    # metrics_server: Rule 3
    connection = HTTPConnection("127.0.0.1", port, timeout=30.0)
    connection.request("GET", "/metrics", headers={"Host": host})
    answer = connection.getresponse()
    assert answer.status == status
    assert (b"answer 42.0" in answer.read()) == (status == 200)
    connection.close()


def test_a_server_listens_on_ipv6_too() -> None:
    try:
        port = serve_metrics(CollectorRegistry(), "::1", 0)
    except OSError:
        pytest.skip("this machine has no IPv6")
    with urlopen(f"http://[::1]:{port}/metrics", timeout=30.0) as answer:
        assert answer.status == 200


def test_a_connection_too_many_has_the_oldest_one_closed(
    port: int, opened: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    # metrics_server: Rule 1
    monkeypatch.setattr(metrics_server, "ANSWER_SECONDS", 3600.0)
    connections = [connect(opened, port) for _ in range(MOST_CONNECTIONS + 3)]
    for connection in connections[:3]:
        assert connection.recv(1) == b""
    assert b"answer 42.0" in scrape(port)
    connections[-1].sendall(b"\r\n")
    assert connections[-1].recv(8) == b"HTTP/1.0", "the newest ones stay"


def test_any_number_of_connections_has_a_few_threads(port: int, opened: ExitStack) -> None:
    # metrics_server: Rule 1
    before = of_connections()
    for _ in range(5 * MOST_CONNECTIONS):
        connect(opened, port)
        assert of_connections() - before <= MOST_CONNECTIONS + 1, "one may be about to end"
    assert b"answer 42.0" in scrape(port)


def test_a_connection_that_sends_a_byte_now_and_then_is_closed_all_the_same(
    port: int, opened: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    # metrics_server: Rule 2
    monkeypatch.setattr(metrics_server, "ANSWER_SECONDS", 0.3)
    connection = connect(opened, port)
    connection.settimeout(0.05)

    def is_closed() -> bool:
        try:
            connection.sendall(b"X")
            return connection.recv(1) == b""
        except TimeoutError:
            return False
        except ConnectionError:
            return True

    wait_until(is_closed, "the server closes it")
