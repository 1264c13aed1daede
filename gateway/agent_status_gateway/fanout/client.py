"""One open stream as the hub sees it: what it saw last, and what waits for it. Its line moves the bytes.

Rule 1. At most one picture waits, the newest: a slow client delays nobody and holds one frame at most.
Rule 2. A picture goes to a client if its id differs from that of the last one *written* to it.
Rule 3. A line without room is not written to. When it has room again, what waits goes out: the farewell and nothing
        else, or the feed's state and then the picture.
"""

from collections.abc import Callable
from typing import NamedTuple, Protocol

from agent_status_gateway.fanout.delivery_counts import Told
from agent_status_gateway.fanout.encoders import Encoder
from agent_status_gateway.fanout.frames import KEEPALIVE, Frame


class Line(Protocol):
    """Where a client's bytes go. A line that has ended has no room for ever."""

    is_blocked: bool
    """Whether there is no room to write just now."""

    @property
    def backlog_bytes(self) -> int:
        """How much of what was written has not been taken yet, while blocked: less is progress."""

    def open(self, chunk: bytes) -> None:
        """Send the first bytes."""

    def write(self, chunk: bytes) -> None:
        """Send these bytes; only while not blocked."""

    def end(self, chunk: bytes) -> None:
        """Send the last bytes; only while not blocked."""

    def cut(self) -> None:
        """End at once, whatever is still unsent."""


class Peer(NamedTuple):
    """Who reads."""

    address: str
    port: int
    key_name: str

    def __str__(self) -> str:
        return f"{self.address}:{self.port}"


class Client:
    """One open stream; `leave` takes it out of the hub."""

    __slots__ = (
        "_backlog_bytes",
        "_coding",
        "_farewell",
        "_feed",
        "_frame",
        "_leave",
        "_line",
        "_quiet_rounds",
        "_seen",
        "_told",
        "ending",
        "events",
        "joined_at",
        "peer",
        "wants_feed",
    )

    def __init__(
        self,
        line: Line,
        coding: Encoder,
        leave: Callable[["Client"], None],
        *,
        wants_feed: bool,
        peer: Peer,
        joined_at: float,
        told: Told,
    ) -> None:
        self.wants_feed = wants_feed
        self.peer = peer
        self.joined_at = joined_at
        self.events = 1
        self.ending = "the client left"
        self._line = line
        self._coding = coding
        self._leave = leave
        self._seen = ""
        self._told = told
        self._frame: Frame | None = None
        self._feed: bytes | None = None
        self._farewell: bytes | None = None
        self._backlog_bytes = 0
        self._quiet_rounds = 0
        """Since a byte was written, or progress seen."""

    def begin(self, frame: Frame, retry_ms: int, feed: bytes) -> None:
        """Write the first event, and with it what is to be said of the feed."""
        self._seen = frame.id
        chunk = self._coding.first(frame, retry_ms, feed)
        self._line.open(chunk)
        self._told.events += 1
        self._told.bytes += len(chunk)

    def offer(self, frame: Frame) -> bool:
        """Write this picture, or have it written next, unless it is what the client saw last; True if it is news."""
        if frame.id == self._seen:
            self._frame = None
            return False
        if self._line.is_blocked:
            if self._frame is not None:
                self._told.conflated += 1
            self._frame = frame
        else:
            self._show(frame)
        return True

    def offer_feed(self, event: bytes) -> None:
        """Write this feed event, if the client asked for such, or have it written before any picture."""
        if self.wants_feed:
            self._feed = event
            self._write_what_waits()

    def let_go(self, farewell: bytes, reason: str = "drained") -> None:
        """End the stream with these bytes, as soon as there is room."""
        self._farewell = farewell
        self.ending = reason
        self._write_what_waits()

    def unblocked(self) -> None:
        """The line has room again."""
        self._quiet_rounds = 0
        self._write_what_waits()

    def gone(self) -> None:
        """The line has ended."""
        self._leave(self)

    def cut(self, reason: str) -> None:
        """End it at once."""
        self.ending = reason
        self._line.cut()

    def round(self, *, keepalive_rounds: int, stuck_rounds: int) -> None:
        """A round of the hub: break a long silence, and cut off who has not taken a byte for too long."""
        self._quiet_rounds += 1
        if not self._line.is_blocked:
            if self._quiet_rounds > keepalive_rounds:
                self._write(self._coding.text(KEEPALIVE))
                self._told.keepalives += 1
        elif (backlog_bytes := self._line.backlog_bytes) != self._backlog_bytes:
            self._backlog_bytes = backlog_bytes
            self._quiet_rounds = 0
        elif self._quiet_rounds > stuck_rounds:
            self.cut("it took nothing for too long")

    def _write_what_waits(self) -> None:
        if self._line.is_blocked:
            return
        if self._farewell is not None:
            self._line.end(self._coding.last(self._farewell))
            return
        if self._feed is not None:
            feed, self._feed = self._feed, None
            self._write(self._coding.text(feed))
        if self._frame is not None and not self._line.is_blocked:
            frame, self._frame = self._frame, None
            self._show(frame)

    def _show(self, frame: Frame) -> None:
        self._seen = frame.id
        self._quiet_rounds = 0
        self.events += 1
        chunk = self._coding.event(frame)
        self._line.write(chunk)
        told = self._told
        told.events += 1
        told.bytes += len(chunk)

    def _write(self, chunk: bytes) -> None:
        self._quiet_rounds = 0
        self._line.write(chunk)
        self._told.bytes += len(chunk)
