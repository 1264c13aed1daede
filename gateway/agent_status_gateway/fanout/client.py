"""One open stream as the hub sees it: what was last written to it, and what waits. Its transport moves the bytes.

Rule 1. At most one snapshot waits, the newest: a slow client delays nobody and holds one frame at most.
Rule 2. A snapshot goes to a client if its id differs from that of the last one *written* to it.
Rule 3. A blocked transport is not written to. When it has room again, what waits goes out: the last bytes and nothing
        else, or the feed's state and then the snapshot.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from agent_status_gateway.fanout.delivery_counts import DeliveryCounts
from agent_status_gateway.fanout.events.encoders import Encoder
from agent_status_gateway.fanout.events.frames import KEEPALIVE, Event, Frame
from agent_status_gateway.fanout.events.update import Update


class Transport(Protocol):
    """Where a client's bytes go. A transport that has ended stays blocked."""

    is_blocked: bool
    """True while there is no room to write."""

    @property
    def backlog_bytes(self) -> int:
        """How many of the written bytes still wait while the transport is blocked: a change is progress."""

    def open(self, chunks: Sequence[bytes]) -> None:
        """Send the first bytes, one after another, whatever room there is."""

    def write(self, chunk: bytes) -> None:
        """Send these bytes; only while not blocked."""

    def write_all(self, chunks: Sequence[bytes]) -> None:
        """Send these bytes, one after another, whatever room there is; only while not blocked before the first."""

    def end(self, chunk: bytes) -> None:
        """Send the last bytes; only while not blocked."""

    def abort(self) -> None:
        """End at once and drop what is unsent."""


class Peer(NamedTuple):
    """The reader of a stream: the client's address, and the name of its key."""

    address: str
    port: int
    key_name: str

    def __str__(self) -> str:
        return f"{self.address}:{self.port}"


class Client:
    """One open stream; `leave` takes it out of the hub."""

    __slots__ = (
        "_backlog_bytes",
        "_counts",
        "_encoder",
        "_fed_in",
        "_feed",
        "_frame",
        "_last_bytes",
        "_leave",
        "_transport",
        "_written_id",
        "_written_in",
        "ending",
        "events",
        "joined_at",
        "peer",
        "visited_in",
        "wants_feed",
    )

    def __init__(
        self,
        transport: Transport,
        encoder: Encoder,
        leave: Callable[["Client"], None],
        *,
        wants_feed: bool,
        peer: Peer,
        joined_at: float,
        counts: DeliveryCounts,
    ) -> None:
        self.wants_feed = wants_feed
        self.peer = peer
        self.joined_at = joined_at
        self.events = 1
        self.ending = "the client closed it"
        self._transport = transport
        self._encoder = encoder
        self._leave = leave
        self._written_id = ""
        self._counts = counts
        self._frame: Frame | None = None
        self._feed: bytes | None = None
        self._last_bytes: bytes | None = None
        self._backlog_bytes = 0
        self._written_in = counts.rounds
        """The round in which a byte was last written, or progress was seen."""
        self._fed_in = counts.rounds
        """The round of the last feed event: every new stream that asks for feed events begins with one."""
        self.visited_in = counts.rounds
        """The round of the next visit, which the hub gives."""

    def open(self, frame: Frame, retry_ms: int, feed: bytes) -> None:
        """Write the first event, followed by the feed event, if any."""
        self._written_id = frame.id
        chunks = self._encoder.first(frame, retry_ms, feed)
        self._transport.open(chunks)
        self._counts.events += 1
        self._counts.bytes += sum(map(len, chunks))

    @property
    def has_event(self) -> bool:
        """True once a snapshot was written to the client, or waits for room."""
        return bool(self._written_id) or self._frame is not None

    @property
    def is_gzipped(self) -> bool:
        """True when the client gets compressed events."""
        return self._encoder.is_gzipped

    def open_without_frame(self, beginning: bytes) -> None:
        """Write the beginning of a stream whose first event is not made yet. Until then no feed event is written."""
        chunk = self._encoder.begin(beginning)
        self.events = 0
        self._transport.open((chunk,))
        self._counts.bytes += len(chunk)

    def update(self, update: Update) -> None:
        """Write the newest snapshot now or when there is room, unless the client has it already."""
        if update.whole is not None:
            self.offer(update.whole)

    def offer(self, frame: Frame) -> bool:
        """Write this snapshot now or when there is room; False if the client has it already."""
        if frame.id == self._written_id:
            self._frame = None
            return False
        if self._transport.is_blocked:
            if self._frame is not None:
                self._counts.conflated += 1
            self._frame = frame
        else:
            self._write_frame(frame)
        return True

    def offer_feed(self, event: bytes) -> None:
        """Write this feed event, before any snapshot that waits, if the client asked for feed events."""
        if self.wants_feed:
            self._feed = event
            self._fed_in = self._counts.rounds
            self._write_pending()

    def close(self, last_bytes: bytes, reason: str = "drained") -> None:
        """End the stream with these bytes as soon as there is room."""
        self._last_bytes = last_bytes
        self.ending = reason
        self._write_pending()

    def unblocked(self) -> None:
        """Continue: the transport has room again."""
        self._written_in = self._counts.rounds
        self._write_pending()

    def closed(self) -> None:
        """Leave the hub: the transport has ended."""
        self._leave(self)

    def abort(self, reason: str) -> None:
        """End the stream at once."""
        self.ending = reason
        self._transport.abort()

    @property
    def rounds_since_feed(self) -> int:
        """Rounds since the last feed event."""
        return self._counts.rounds - self._fed_in

    def round(self, *, keepalive_rounds: int, stuck_rounds: int) -> int:
        """Write a keepalive if the stream has been idle for long; abort it if the client reads nothing.

        Returns:
            After how many rounds it may need that again.
        """
        idle_rounds = self._counts.rounds - self._written_in
        if not self._transport.is_blocked:
            if idle_rounds > keepalive_rounds:
                self._write(self._encoder.text(KEEPALIVE))
                self._counts.keepalives += 1
                idle_rounds = 0
            return keepalive_rounds + 1 - idle_rounds
        if (backlog_bytes := self._transport.backlog_bytes) != self._backlog_bytes:
            self._backlog_bytes = backlog_bytes
            self._written_in = self._counts.rounds
        elif idle_rounds > stuck_rounds:
            self.abort("the client read nothing for too long")
        return 1

    def _write_pending(self) -> None:
        if self._transport.is_blocked:
            return
        if self._last_bytes is not None:
            self._transport.end(self._encoder.last(self._last_bytes))
            return
        if self._feed is not None and self._written_id:
            self._write_feed(self._feed)
        if self._frame is not None and not self._transport.is_blocked:
            frame, self._frame = self._frame, None
            self._write_frame(frame)
        if self._feed is not None and self._written_id and not self._transport.is_blocked:
            self._write_feed(self._feed)

    def _write_feed(self, event: bytes) -> None:
        self._feed = None
        self._write(self._encoder.text(event))

    def _write_frame(self, frame: Event) -> None:
        self._written_id = frame.id
        self.events += 1
        chunk = self._encoder.event(frame)
        counts = self._counts
        self._written_in = counts.rounds
        counts.events += 1
        counts.bytes += len(chunk)
        if frame.rest:
            rest = [self._encoder.event(piece) for piece in frame.rest]
            counts.bytes += sum(map(len, rest))
            self._transport.write_all([chunk, *rest])
        else:
            self._transport.write(chunk)

    def _write(self, chunk: bytes) -> None:
        self._written_in = self._counts.rounds
        self._transport.write(chunk)
        self._counts.bytes += len(chunk)
