"""A connection that closes under an open stream: nothing more is written to it."""

import asyncio
import socket
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest
import uvicorn
from uvicorn.server import ServerState

from agent_status_gateway.access.guests import LET_IN
from agent_status_gateway.http.stream import STREAM
from agent_status_gateway.server.connection import Connection
from agent_status_gateway.server.lazy_parts import NOBODY_WAITS
from agent_status_gateway.server.open_requests.open_stream import OpenStream
from tests.unit.gateway.server.open_requests.test_open_stream import FakeClient, FakeTransport

GET = b"GET /stream HTTP/1.1\r\nHost: localhost\r\n"


class Endpoint:
    """Endpoint that opens a stream for every request."""

    client = FakeClient()

    def opens_at_once(self, _scope: object) -> bool:
        return True

    def open(self, _scope: object, transport: Any, **_: object) -> FakeClient:
        transport.open(b"")
        return self.client


@pytest.fixture
def connection() -> Iterator[Connection]:
    """One with a real socket and a transport that does as little as possible."""
    loop = asyncio.new_event_loop()
    ours, theirs = socket.socketpair()
    transport = FakeTransport(ours)
    made = Connection(
        uvicorn.Config(cast("Any", SimpleNamespace()), proxy_headers=False),
        ServerState(),
        {STREAM: Endpoint()},
        loop,
    )
    made.connection_made(transport)
    yield made
    ours.close()
    theirs.close()
    loop.close()


def send_nonsense(connection: Connection) -> None:
    connection.data_received(b"nonsense\r\n\r\n")


# open_stream: Rule 2
@pytest.mark.parametrize("close", [Connection.eof_received, Connection.time_out, send_nonsense])
def test_once_a_connection_closes_its_stream_is_blocked(
    connection: Connection, close: Callable[[Connection], None]
) -> None:
    connection.data_received(GET + (b"Content-Length: 9\r\n\r\n" if close is Connection.time_out else b"\r\n"))
    stream = connection._open
    assert isinstance(stream, OpenStream)
    assert not stream.is_blocked
    close(connection)
    assert stream.is_blocked


# open_stream: Rule 3
def test_a_lost_connection_has_given_the_socket_back(connection: Connection) -> None:
    connection.data_received(GET + b"\r\n")
    stream = connection._open
    assert isinstance(stream, OpenStream)
    borrowed = stream._socket
    assert borrowed is not None
    connection.connection_lost(None)
    assert (borrowed.fileno(), stream.is_blocked, connection._open) == (-1, True, None)


def test_nothing_of_the_request_is_kept_while_its_stream_is_open(connection: Connection) -> None:
    connection.data_received(GET + b"X-Long: " + b"x" * 1000 + b"\r\n\r\n")
    assert dict(connection.cycle.scope) == dict(connection.scope) == {LET_IN: True}
    assert connection.is_let_in
    assert (list(connection.headers), connection.url) == ([], b"")
    assert connection.cycle.message_event is NOBODY_WAITS
