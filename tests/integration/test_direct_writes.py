"""Streams that write straight to their sockets: what real clients see of it, on both event loops."""

import asyncio
import gzip
import random
import re
import ssl
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count

import pytest
import uvloop

from agent_status_gateway.http.asking.entity_tag import entity_tag
from agent_status_gateway.server import sockets
from agent_status_gateway.server.open_requests.borrowed_socket import BorrowedSocket
from agent_status_gateway.server.open_requests.open_stream import OpenStream
from agent_status_publisher import StatusPublisher
from chaos.gateways.gateway_thread import EVERY_WAY, GatewayThread, Served
from chaos.servers.certificate import Certificate
from chaos.servers.redis_server import RedisServer
from chaos.wait import wait_until
from tests.integration.conftest import way
from tests.support.clients.http import RawClient, stream_request

OURS = [way(name) for name in EVERY_WAY if name.startswith("connection")]
BIG = "GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n"
SESSIONS = 500
"""Of 200 random digits each: a snapshot of 170 KB, and 60 KB with gzip."""


@pytest.fixture
def gateway(real_redis: RedisServer, served: Served, monkeypatch: pytest.MonkeyPatch) -> Iterator[GatewayThread]:
    monkeypatch.setattr(sockets, "UNSENT_BYTES", 1)  # so that little is enough to wait with us, not in the kernel
    with GatewayThread(real_redis.url, served, debounce_seconds=0, drain_seconds=0.1) as made:
        yield made.ready()


def length_of(head: bytes) -> int:
    return int(re.findall(rb"content-length: (\d+)", head)[0])


def unchunked(body: bytes) -> bytes:
    text = b""
    while body:
        size, _, body = body.partition(b"\r\n")
        text, body = text + body[: int(size, 16)], body[int(size, 16) + 2 :]
    return text


@pytest.mark.parametrize("served", OURS, indirect=True)
def test_a_stream_behind_an_answer_that_is_not_read_yet_begins_after_it(gateway: GatewayThread) -> None:
    with RawClient(gateway.port, BIG * 2, reads=False, receive_bytes=2048) as client:
        wait_until(lambda: any(connection.unsent_bytes for connection in gateway.connections()), "it is stuck")
        client.send(stream_request(headers="Connection: close\r\n"))
        client.read()
        client.wait_for(b"event: status")
        gateway.drain()
        rest = client.wait_for_end()
    for _ in range(2):
        head, _, rest = rest.partition(b"\r\n\r\n")
        rest = rest[length_of(head) :]
    head, _, body = rest.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"\r\ncontent-type: text/event-stream" in head
    assert unchunked(body).startswith(b"event: status\ndata: ")


@pytest.mark.parametrize("served", OURS, indirect=True)
@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_a_client_that_stalls_again_and_again_gets_whole_events_the_newest_and_the_next_answer(
    gateway: GatewayThread, publisher: StatusPublisher, encoding: str
) -> None:
    for number in range(SESSIONS):
        publisher.session(f"big:{number}", title=random.randbytes(100).hex())  # does not compress well
    publisher.flush()
    wait_until(lambda: len(gateway.states()) == SESSIONS, "the gateway knows the sessions")
    request = stream_request(headers=f"Accept-Encoding: {encoding}\r\n") + BIG[:-2] + "Connection: close\r\n\r\n"
    with RawClient(gateway.port, request, reads=False, receive_bytes=4096) as client:
        stream = wait_until(lambda: streams(gateway), "the stream is open")[0]

        def is_stuck(tools: Iterator[int]) -> bool:
            publisher.publish("web:1", "tool_running", tool_name=f"tool-{next(tools)}")
            publisher.flush()
            return stream.is_blocked

        def has_room() -> bool:
            client.read_available()
            return not stream.is_blocked

        for number in range(3):
            wait_until(partial(is_stuck, count(100 * number)), "its client is stuck")
            wait_until(has_room, "its client has read enough")
        publisher.publish("web:1", "tool_running", tool_name="the-newest")
        publisher.flush()
        wait_until(lambda: "the-newest" in gateway.get().text, "the gateway knows it")
        client.read()
        newest = gateway.get().headers["ETag"]
        # What waits for room at a drain is not sent any more.
        wait_until(lambda: stream.client and entity_tag(stream.client._written_id) == newest, "the newest is written")
        gateway.drain()
        head, _, rest = client.wait_for_end().partition(b"\r\n\r\n")
    body, _, answer = rest.partition(b"\r\n0\r\n\r\n")
    text = unchunked(body + b"\r\n")
    events = (gzip.decompress(text) if encoding == "gzip" else text).split(b"\n\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert all(event.startswith(b"event: status\ndata: {") for event in events[:-1])
    assert b"the-newest" in events[-2]
    assert re.fullmatch(rb"retry: [1-4]\d{3}\n", events[-1])
    head, _, body = answer.partition(b"\r\n\r\n")
    assert len(body) == length_of(head)


def streams(gateway: GatewayThread) -> list[OpenStream]:
    return [connection._open for connection in gateway.connections() if connection._open is not None]


@pytest.mark.parametrize("served", OURS, indirect=True)
def test_a_client_that_ends_its_half_gets_nothing_more_and_is_gone(
    gateway: GatewayThread, publisher: StatusPublisher, caplog: pytest.LogCaptureFixture
) -> None:
    with RawClient(gateway.port, stream_request()) as client:
        client.wait_for(b"retry: ")
        client.end_writing()
        wait_until(lambda: not gateway.connections(), "the connection is over")
        publisher.publish("web:1", "thinking")
        publisher.flush()
        assert b"web:1" not in client.wait_for_end()
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize("loop_factory", [uvloop.new_event_loop, asyncio.SelectorEventLoop])
def test_nothing_is_written_past_the_encryption_of_tls(loop_factory: Callable[[], asyncio.AbstractEventLoop]) -> None:
    certificate = Certificate()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate.folder / "cert.pem", certificate.folder / "key.pem")
    made: asyncio.Queue[asyncio.BaseTransport] = asyncio.Queue()

    class Connection(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            made.put_nowait(transport)

    async def play() -> None:
        server = await asyncio.get_running_loop().create_server(Connection, "127.0.0.1", 0, ssl=context)
        trusting = ssl.create_default_context(cafile=certificate.ca)
        _, writer = await asyncio.open_connection(*server.sockets[0].getsockname(), ssl=trusting)
        transport = await made.get()
        assert transport.get_extra_info("socket") is not None
        assert BorrowedSocket.of(transport) is None
        writer.close()
        server.close()

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(asyncio.wait_for(play(), 10))
    certificate.close()
