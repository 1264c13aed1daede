"""A transport that keeps what is written to it, for tests without a socket."""

from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

from agent_status_gateway.access.keys.reader import EVERYBODY
from agent_status_gateway.fanout.audiences import Audiences
from agent_status_gateway.fanout.client import Client, Peer
from agent_status_gateway.fanout.events.encoders import IDENTITY, Encoder
from agent_status_gateway.fanout.events.frames import Frame
from agent_status_gateway.fanout.events.update import Update
from agent_status_gateway.fanout.hub import Hub
from agent_status_gateway.fanout.places import Limits
from agent_status_gateway.state.views.view import WHOLE, View
from tests.support.builders.clock import Clock

T = TypeVar("T")
PEER = Peer("10.0.0.1", 4711, EVERYBODY)


class RecordingTransport:
    def __init__(self) -> None:
        self.is_blocked = False
        self.backlog_bytes = 0
        self.chunks: list[bytes] = []
        self.has_ended = False
        self.is_aborted = False

    def open(self, chunks: Sequence[bytes]) -> None:
        self.write_all(chunks)

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


def new_hub(limits: Limits, *, keepalive_seconds: float = 30.0) -> Hub:
    """A hub without streams."""
    return Hub(limits, Audiences(1.0, Clock()), keepalive_seconds)


async def broadcast(hub: Hub, frame: Frame) -> None:
    """Send a snapshot to all that read the whole one."""
    await hub.broadcast(whole(frame), hub._audiences.plain.readers)


async def serve_waiting(hub: Hub, frame: Frame, feed_event: bytes) -> None:
    """Serve a snapshot to all that wait for one."""
    for _, clients in hub.waiting.take():
        await hub.serve(whole(frame), clients, lambda: feed_event)


def whole(frame: Frame) -> Update:
    """An update of which nobody needs but the snapshot."""
    return Update(frame.id, frame.version, frame, {})


class Listener:
    """A client of a hub, and its transport."""

    def __init__(
        self,
        hub: Hub,
        frame: Frame | None,
        encoder: Encoder = IDENTITY,
        *,
        view: View = WHOLE,
        wants_changes: bool = False,
        wants_feed: bool = False,
        feed: bytes = b"",
        peer: Peer = PEER,
    ) -> None:
        self.transport = RecordingTransport()
        self.client: Client = hub.join(
            self.transport,
            encoder,
            hub._audiences.of(view),
            frame,
            peer=peer,
            wants_changes=wants_changes,
            wants_feed=wants_feed,
            feed=feed,
        )
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
