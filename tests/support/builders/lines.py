"""A transport that keeps what is written to it, for tests without a socket."""

from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

from agent_status_gateway.access.key_file import EVERYBODY
from agent_status_gateway.fanout.client import Client, Peer
from agent_status_gateway.fanout.events.encoders import IDENTITY, Encoder
from agent_status_gateway.fanout.events.frames import Frame
from agent_status_gateway.fanout.hub import Hub

T = TypeVar("T")
PEER = Peer("10.0.0.1", 4711, EVERYBODY)


class RecordingTransport:
    def __init__(self) -> None:
        self.is_blocked = False
        self.backlog_bytes = 0
        self.chunks: list[bytes] = []
        self.has_ended = False
        self.is_aborted = False

    def open(self, chunk: bytes) -> None:
        self.write(chunk)

    def write(self, chunk: bytes) -> None:
        assert not self.is_blocked, "a blocked transport was written to"
        self.chunks.append(chunk)

    def write_all(self, chunks: Sequence[bytes]) -> None:
        assert not self.is_blocked, "a blocked transport was written to"
        self.chunks += chunks

    def end(self, chunk: bytes) -> None:
        self.write(chunk)
        self.has_ended = self.is_blocked = True

    def abort(self) -> None:
        self.is_aborted = self.is_blocked = True


class Listener:
    """A client of a hub, and its transport."""

    def __init__(
        self, hub: Hub, frame: Frame | None, encoder: Encoder = IDENTITY, *, wants_feed: bool = False, peer: Peer = PEER
    ) -> None:
        self.transport = RecordingTransport()
        self.client: Client = hub.join(self.transport, encoder, frame, peer=peer, wants_feed=wants_feed)
        self.first = self.transport.chunks.pop()

    def block(self) -> None:
        self.transport.is_blocked = True

    def unblock(self) -> None:
        self.transport.is_blocked = False
        self.client.unblocked()

    def taken(self) -> list[bytes]:
        """What has been written since the last time."""
        chunks, self.transport.chunks = self.transport.chunks, []
        return chunks


def at_once(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run what waits for nothing, outside of any event loop."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    raise AssertionError("it waits for something")
