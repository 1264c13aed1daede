"""The sockets that a replica listens on."""

import errno
import socket
import sys
from collections.abc import Iterator

import pytest

from agent_status_gateway.server import sockets
from agent_status_gateway.server.sockets import BACKLOG, ListeningError, listen
from chaos import need


@pytest.fixture
def listeners() -> Iterator[list[socket.socket]]:
    made = listen("127.0.0.1", 0)
    yield made
    for listener in made:
        listener.close()


def test_all_listen_on_one_port(listeners: list[socket.socket]) -> None:
    assert len({listener.getsockname() for listener in listeners}) == 1


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_a_port_of_another_replica_is_taken_though_that_one_shares_it(
    listeners: list[socket.socket], host: str
) -> None:
    port = listeners[0].getsockname()[1]
    with pytest.raises(ListeningError, match=f"port {port} is taken on {host}: choose another with --port"):
        listen(host, port)


def test_an_address_of_another_machine_is_named_in_the_error() -> None:
    with pytest.raises(ListeningError, match=r"cannot listen on 192\.0\.2\.1, port 8000: "):
        listen("192.0.2.1", 8000)


def test_ipv6_works() -> None:
    need.ipv6()
    made = listen("::1", 0)
    assert {listener.family for listener in made} == {socket.AF_INET6}
    for listener in made:
        listener.close()


def _answers(family: int, host: str, port: int) -> bool:
    with socket.socket(family) as caller:
        caller.settimeout(5)
        return caller.connect_ex((host, port)) == 0


def test_every_address_of_ipv6_means_every_address_of_ipv4_too_on_the_same_port() -> None:
    need.ipv6()
    made = listen("::", 0)
    try:
        (port,) = {listener.getsockname()[1] for listener in made}
        assert {listener.family for listener in made} == {socket.AF_INET, socket.AF_INET6}
        assert _answers(socket.AF_INET, "127.0.0.1", port)
        assert _answers(socket.AF_INET6, "::1", port)
        with pytest.raises(ListeningError, match=f"port {port} is taken on 0.0.0.0"):
            listen("0.0.0.0", port)
    finally:
        for listener in made:
            listener.close()


def test_a_client_of_ipv4_keeps_its_address_where_every_address_is_listened_on() -> None:
    need.ipv6()
    made = listen("::", 0)
    ipv4 = [listener for listener in made if listener.family == socket.AF_INET]
    with socket.create_connection(("127.0.0.1", ipv4[0].getsockname()[1])) as caller:
        addresses = []
        for listener in made:
            listener.settimeout(0.2)
            try:
                accepted, address = listener.accept()
            except TimeoutError:
                continue
            accepted.close()
            addresses.append(address)
        assert addresses == [caller.getsockname()]
    for listener in made:
        listener.close()


@pytest.mark.parametrize("port_taken_on", ["127.0.0.1", "0.0.0.0"])
def test_a_given_port_that_only_ipv4_lacks_is_an_error_and_a_free_one_is_free_for_both(port_taken_on: str) -> None:
    need.ipv6()
    with socket.create_server((port_taken_on, 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ListeningError, match=f"port {port} is taken on ::"):
            listen("::", port)
        made = listen("::", 0)
        assert port not in {listener.getsockname()[1] for listener in made}
        for listener in made:
            listener.close()


def test_a_free_port_of_ipv6_that_ipv4_lacks_is_replaced_by_another(monkeypatch: pytest.MonkeyPatch) -> None:
    need.ipv6()
    free_port = sockets._free_port
    refused: list[int] = []

    def taken_at_first(host: str, family: int, port: int) -> int:
        if family == socket.AF_INET and not refused:
            refused.append(port)
            raise OSError(errno.EADDRINUSE, "taken")
        return free_port(host, family, port)

    monkeypatch.setattr(sockets, "_free_port", taken_at_first)
    made = listen("::", 0)
    assert refused
    assert len({listener.getsockname()[1] for listener in made}) == 1
    for listener in made:
        listener.close()


@pytest.mark.skipif(sys.platform != "linux", reason="one socket takes all there")
def test_more_connections_may_wait_than_one_socket_has_room_for(listeners: list[socket.socket]) -> None:
    assert len(listeners) * BACKLOG >= 10_000
