"""The sockets that a replica listens on."""

import socket
import sys
from collections.abc import Iterator

import pytest

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


@pytest.mark.skipif(sys.platform != "linux", reason="one socket takes all there")
def test_more_connections_may_wait_than_one_socket_has_room_for(listeners: list[socket.socket]) -> None:
    assert len(listeners) * BACKLOG >= 10_000
