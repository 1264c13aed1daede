"""A crowd: what counts as the beginning of a client's stream."""

from collections.abc import Iterator
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import Final

import pytest

from agent_status_gateway.fanout.events.chunks import chunk
from chaos.clients.crowd import Crowd
from chaos.wait import wait_until

HEAD: Final = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
ROW: Final = b'{"session_key":"web:1","state":"thinking"}'
FIRST: Final = chunk(b'event: status\ndata: {"sessions":[%b]}\nid: a\nretry: 1\n\n' % ROW)
KEEPALIVE: Final = chunk(b": keepalive\n")


class Handler(BaseRequestHandler):
    """A gateway whose first event and keepalive come in one piece, and which then ends."""

    def handle(self) -> None:
        self.request.recv(1000)
        self.request.sendall(HEAD + FIRST + KEEPALIVE)


@pytest.fixture
def port() -> Iterator[int]:
    with ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, name="gateway")
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def test_a_client_that_reads_its_first_event_late_has_it_also_if_a_keepalive_came_with_it(port: int) -> None:
    with Crowd(1, port, port) as crowd:
        wait_until(lambda: crowd.all_moved, "the client has come to the second gateway")
        assert crowd.snapshots == [{"web:1": "thinking"}]
