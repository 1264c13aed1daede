"""A transport's socket, written to directly: it stays the transport's own."""

import asyncio
import gc
import os
import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress

import pytest

from agent_status_gateway.server.open_requests.borrowed_socket import BorrowedSocket


class FakeTransport(asyncio.Transport):
    """Transport of a socket, or of none."""

    def __init__(self, owned: socket.socket | None, context: ssl.SSLContext | None = None) -> None:
        super().__init__(extra={"socket": owned, "sslcontext": context})


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    theirs.settimeout(5)
    with ours, theirs:
        yield ours, theirs


def borrow(owned: socket.socket) -> BorrowedSocket:
    borrowed = BorrowedSocket.of(FakeTransport(owned))
    assert borrowed is not None
    return borrowed


def test_bytes_go_to_the_other_end(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    assert borrow(ours).send(b"abc") == 3
    assert theirs.recv(10) == b"abc"


# borrowed_socket: Rule 1
@pytest.mark.parametrize("end", ["close", "detach", "drop"])
@pytest.mark.filterwarnings("error")
def test_the_descriptor_stays_open_however_the_borrowing_ends(
    pair: tuple[socket.socket, socket.socket], end: str
) -> None:
    ours, theirs = pair
    borrowed = borrow(ours)
    if end != "drop":
        getattr(borrowed, end)()
    del borrowed
    gc.collect()
    ours.send(b"abc")
    assert theirs.recv(10) == b"abc"


# borrowed_socket: Rule 2
def test_after_detach_nothing_reaches_the_next_owner_of_the_number(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, _ = pair
    borrowed, number = borrow(ours), ours.fileno()
    borrowed.detach()
    stranger, reader = socket.socketpair()
    with stranger, reader:
        os.dup2(stranger.fileno(), number)  # as if the transport had closed, and the next connection got its number
        with pytest.raises(OSError, match="Bad file descriptor"):
            borrowed.send(b"abc")
        reader.setblocking(False)
        with pytest.raises(BlockingIOError):
            reader.recv(1)


# borrowed_socket: Rule 3
def test_a_full_socket_does_not_block_whatever_the_default_timeout_is(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    socket.setdefaulttimeout(60)
    try:
        borrowed = borrow(pair[0])
    finally:
        socket.setdefaulttimeout(None)
    with suppress(BlockingIOError):
        while borrowed.send(b"x" * 65_536):
            pass
    assert borrowed.gettimeout() == 0


# borrowed_socket: Rule 4
def test_tls_and_a_transport_without_a_descriptor_write_by_themselves(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, _ = pair
    closed = socket.socket()
    closed.close()
    for transport in (FakeTransport(ours, ssl.create_default_context()), FakeTransport(None), FakeTransport(closed)):
        assert BorrowedSocket.of(transport) is None
