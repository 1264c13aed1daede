"""A response that stays open: its bytes go straight to the socket, in their order, and never to a stranger."""

import asyncio
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import SimpleNamespace
from typing import Any, cast

import pytest
import uvloop
from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle
from uvicorn.server import ServerState

from agent_status_gateway.server.open_requests.open_stream import OpenStream

LOOPS = pytest.mark.parametrize("loop_factory", [uvloop.new_event_loop, asyncio.SelectorEventLoop])
SECONDS = 10.0


def cycle(*, keep_alive: bool = True) -> RequestResponseCycle:
    made = SimpleNamespace(
        scope={"http_version": "1.1"}, keep_alive=keep_alive, response_started=False, response_complete=False
    )
    return cast("RequestResponseCycle", made)


class FakeTransport(asyncio.Transport):
    """Transport that keeps what it is given, as one that waits for room."""

    def __init__(self, owned: socket.socket | None) -> None:
        super().__init__(extra={"socket": owned})
        self.taken = b""
        self.high: int | None = None
        self.is_over = False

    @override
    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.taken += data

    @override
    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self.high = high

    @override
    def get_write_buffer_size(self) -> int:
        return len(self.taken)

    @override
    def is_closing(self) -> bool:
        return self.is_over

    @override
    def close(self) -> None:
        self.is_over = True

    @override
    def abort(self) -> None:
        self.is_over = True


class FakeClient:
    """Client that counts what it is called for."""

    unblocked_times = 0
    closed_times = 0

    def unblocked(self) -> None:
        self.unblocked_times += 1

    def closed(self) -> None:
        self.closed_times += 1


class FakeCarrier:
    """Connection that goes on when the stream is complete."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self.transport = transport
        self.server_state = ServerState()
        self.completed = 0

    def on_stream_complete(self) -> None:
        self.completed += 1


class Stage:
    """A stream between a fake transport and a real socket."""

    def __init__(self, *, has_descriptor: bool = True, keep_alive: bool = True) -> None:
        self.ours, self.theirs = socket.socketpair()
        self.ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        self.theirs.setblocking(False)
        self.transport = FakeTransport(self.ours if has_descriptor else None)
        self.carrier = FakeCarrier(self.transport)
        self.cycle = cycle(keep_alive=keep_alive)
        self.stream = OpenStream(self.carrier, self.cycle)
        self.client = FakeClient()
        self.stream.client = cast("Any", self.client)
        self.stream.open([b""])
        self.head, self.transport.taken = self.transport.taken, b""

    def came(self) -> bytes:
        """All that has come at the other end."""
        came = b""
        try:
            while part := self.theirs.recv(65_536):
                came += part
        except BlockingIOError:
            pass
        return came

    def close(self) -> None:
        self.ours.close()
        self.theirs.close()


@pytest.fixture
def stage() -> Iterator[Stage]:
    made = Stage()
    yield made
    made.close()


# open_stream: Rule 1
def test_bytes_go_straight_to_the_socket(stage: Stage) -> None:
    stage.stream.write(b"one")
    stage.stream.write(b"two")
    assert (stage.came(), stage.transport.taken) == (b"onetwo", b"")


# open_stream: Rule 1
def test_the_rest_goes_to_the_transport_of_which_one_byte_blocks(stage: Stage) -> None:
    text = bytes(range(256)) * 4096
    stage.stream.write(text)
    came = stage.came()
    assert 0 < len(came) < len(text)
    assert came + stage.transport.taken == text
    assert stage.transport.high == 0


# open_stream: Rule 1
def test_the_pieces_of_a_large_event_come_in_their_order_though_the_kernel_has_room_for_some(stage: Stage) -> None:
    pieces = [bytes([number]) * 50_000 for number in range(20)]
    stage.stream.write_all(pieces)
    came = stage.came()  # now the kernel has room again, but the transport's bytes go first
    stage.stream.write_all([b"end"])
    assert 0 < len(came) < 1_000_000
    assert came + stage.transport.taken == b"".join([*pieces, b"end"])
    assert stage.came() == b""


# open_stream: Rule 1
def test_the_parts_of_a_long_first_event_come_behind_the_head_and_are_not_copied_into_it(stage: Stage) -> None:
    stage.stream.open([b"shared", b"own"])
    assert stage.transport.taken == stage.head + b"sharedown", "the head waits there, and so they do"
    stage.transport.taken = b""
    stage.stream.write_all([b"shared", b"own"])
    assert stage.came() == b"sharedown"


# open_stream: Rule 1
def test_all_goes_to_the_transport_when_the_kernel_takes_nothing(stage: Stage) -> None:
    stage.ours.setblocking(False)
    with suppress(BlockingIOError):
        while stage.ours.send(b"x" * 4096):
            pass
    stage.stream.write(b"abc")
    assert stage.transport.taken == b"abc"


# open_stream: Rule 1
def test_the_head_goes_behind_what_waits_in_the_transport_already(stage: Stage) -> None:
    assert stage.head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert stage.came() == b""


def test_a_transport_without_a_descriptor_writes_all_by_itself_and_keeps_its_limits() -> None:
    stage = Stage(has_descriptor=False)
    stage.stream.write(b"abc")
    stage.stream.end(b"def")
    assert (stage.transport.taken, stage.came(), stage.transport.high) == (b"abcdef", b"", None)
    stage.close()


def test_an_error_of_the_socket_is_left_to_the_transport(stage: Stage) -> None:
    stage.theirs.close()
    stage.stream.write(b"abc")
    assert stage.transport.taken == b"abc"


# open_stream: Rule 2
@pytest.mark.parametrize("end", [OpenStream.abort, OpenStream.stop, OpenStream.closed])
def test_a_stream_that_ends_is_blocked_and_stays_so(stage: Stage, end: Callable[[OpenStream], None]) -> None:
    end(stage.stream)
    stage.transport.close()
    stage.stream.set_blocked(is_blocked=False)  # the transport has written the rest
    assert stage.stream.is_blocked
    assert stage.client.unblocked_times == 0


# open_stream: Rule 3
def test_after_the_end_nothing_reaches_the_next_owner_of_the_descriptor(stage: Stage) -> None:
    stage.stream.closed()
    stranger, reader = socket.socketpair()
    with stranger, reader:
        os.dup2(stranger.fileno(), stage.ours.fileno())
        stage.stream.write(b"abc")
        reader.setblocking(False)
        with pytest.raises(BlockingIOError):
            reader.recv(1)
    assert stage.transport.taken == b"abc"


# open_stream: Rule 3
def test_the_end_gives_the_socket_back_and_restores_the_limits_of_the_transport(stage: Stage) -> None:
    stage.stream.end(b"last")
    assert (stage.came(), stage.transport.high, stage.client.closed_times) == (b"last", None, 1)
    assert (stage.carrier.completed, stage.cycle.response_complete, stage.transport.is_over) == (1, True, False)
    stage.ours.send(b"and the next answer")
    assert stage.came() == b"and the next answer"


def test_the_end_closes_a_connection_that_is_not_kept_alive() -> None:
    stage = Stage(keep_alive=False)
    assert b"\r\nconnection: close\r\n" in stage.head
    stage.stream.end(b"last")
    assert stage.transport.is_over
    stage.close()


class Connection(asyncio.Protocol):
    """A real transport's protocol, which passes on its flow control to a stream."""

    def __init__(self) -> None:
        self.opened = asyncio.Event()
        self.has_room = asyncio.Event()

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        carrier = FakeCarrier(cast("asyncio.Transport", transport))
        self.stream = OpenStream(carrier, cycle())
        self.stream.client = cast("Any", FakeClient())
        self.stream.open([b""])
        self.opened.set()

    @override
    def pause_writing(self) -> None:
        self.stream.set_blocked(is_blocked=True)

    @override
    def resume_writing(self) -> None:
        self.stream.set_blocked(is_blocked=False)
        self.has_room.set()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self.stream.closed()


# open_stream: Rule 1
@LOOPS
def test_a_slow_reader_gets_every_byte_in_order(loop_factory: Callable[[], asyncio.AbstractEventLoop]) -> None:
    async def play() -> None:
        loop, connection = asyncio.get_running_loop(), Connection()
        listener = socket.create_server(("127.0.0.1", 0))
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16_384)  # each connection inherits it
        server = await loop.create_server(lambda: connection, sock=listener)
        with socket.create_connection(listener.getsockname()) as reader:
            reader.setblocking(False)
            await connection.opened.wait()
            written = came = b""
            for number in range(3):
                connection.has_room.clear()
                while not connection.stream.is_blocked:
                    chunk = b"%07d\n" % (number + len(written)) * 512
                    connection.stream.write(chunk)
                    written += chunk
                assert connection.stream.backlog_bytes > 0
                while not connection.has_room.is_set():
                    came += await loop.sock_recv(reader, 65_536)
            while not came.endswith(written[-4096:]):
                came += await loop.sock_recv(reader, 65_536)
            assert came.partition(b"\r\n\r\n")[2] == written
        server.close()

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(asyncio.wait_for(play(), SECONDS))
