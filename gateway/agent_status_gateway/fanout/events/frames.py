"""Pure: a snapshot as bytes, made once for all clients. The fold comes before it, the hub after it.

Each event is `event: status`, `data:` on one line right after it, then `id:`, LF only. The id is that of the rows, so
it is equal on all replicas.
"""

import gzip
from functools import cached_property
from itertools import islice
from typing import Final, Literal

import orjson

from agent_status_gateway.fanout.events.chunks import chunk
from agent_status_gateway.fanout.events.gzip_stream import LEVEL, GzippedEvent, gzip_of
from agent_status_gateway.fanout.events.retry import retry
from agent_status_gateway.state.fold.rows import Rows
from agent_status_gateway.state.fold.schema import GlobalStatus
from agent_status_gateway.state.steps import Steps

KEEPALIVE: Final = b": keepalive\n"
"""One LF and no blank line: two popular clients dispatch an empty event on a blank line."""

FeedState = Literal["live", "lost"]


STEP_ROWS: Final = 1000
"""Rows that are joined in one step, and the most of a frame that is one piece: less than two milliseconds."""
HEAD: Final = b"event: status\ndata: "


class Piece:
    """Some bytes of an event, for every client. A form that only some clients need is made on first use and kept."""

    def __init__(self, event: bytes) -> None:
        self.event = event

    @cached_property
    def chunk(self) -> bytes:
        """The bytes as a chunk of HTTP/1.1."""
        return chunk(self.event)

    @cached_property
    def gzipped(self) -> GzippedEvent:
        """The bytes, compressed."""
        return GzippedEvent(self.event)


class Frame(Piece):
    """One snapshot as bytes for every client.

    A large one comes in pieces, since copying it, or compressing it at once, would hold the event loop.

    Attributes:
        id: The id of its rows, which decides whether a change is worth an event.
        event: The SSE event; of a large frame, its first piece.
        rest: The other pieces of a large frame.
        made_at: The moment that durations refer to, in seconds on the replica's monotonic clock.
    """

    def __init__(self, *, id_: str, event: bytes, rest: tuple[Piece, ...] = (), made_at: float) -> None:
        super().__init__(event)
        self.id = id_
        self.rest = rest
        self.made_at = made_at
        self.length = len(event) + sum(len(piece.event) for piece in rest)

    @property
    def is_large(self) -> bool:
        """True when the frame has several pieces."""
        return bool(self.rest)

    @property
    def json(self) -> list[bytes]:
        """The body of the JSON endpoint, in pieces."""
        if self.rest:
            return [piece.event for piece in self.rest[:-1]]
        return [self.event[len(HEAD) : -len(_tail(self.id))]]

    def compress(self) -> None:
        """Compress all pieces: of a large frame in a thread, since it takes a tenth of a second and more."""
        for piece in (self, *self.rest):
            piece.gzipped.crc_after(0)

    def first_event(self, retry_ms: int) -> bytes:
        """The event for a new client, with the wait before it reconnects."""
        return self.event[:-1] + self.first_tail(retry_ms)

    def first_tail(self, retry_ms: int) -> bytes:
        """The bytes that replace the last blank line in a new client's first event."""
        return retry(retry_ms) + b"\n"

    @cached_property
    def gzipped_json(self) -> list[bytes]:
        """The body of the JSON endpoint, compressed, in pieces."""
        if self.rest:
            return gzip_of([piece.gzipped for piece in self.rest[:-1]])
        return [gzip.compress(self.json[0], LEVEL, mtime=0)]


def encode_frame(rows: Rows, status: GlobalStatus, made_at: float) -> Steps[Frame]:
    """Encode a snapshot, in steps during which its rows must not change. No other code turns a snapshot into bytes."""
    frame_id = rows.id
    beginning = b'{"global":%b,"sessions":[' % orjson.dumps(status)
    parts = []
    rest, left = iter(rows), len(rows)
    while some := [row.json(made_at) for row in islice(rest, STEP_ROWS)]:
        left -= len(some)
        parts.append(b",".join(some) + (b"," if left else b""))
        yield
    if len(parts) > 1:
        pieces = tuple(map(Piece, (beginning, *parts, b"]}", _tail(frame_id))))
        return Frame(id_=frame_id, event=HEAD, rest=pieces, made_at=made_at)
    return Frame(id_=frame_id, event=b"".join([HEAD, beginning, *parts, b"]}", _tail(frame_id)]), made_at=made_at)


def _tail(frame_id: str) -> bytes:
    return b"\nid: %b\n\n" % frame_id.encode()


def feed_event(state: FeedState, since_seconds: float) -> bytes:
    """The event for `?events=all`: whether the feed is live or lost, and for how long."""
    return b"event: feed\ndata: %b\n\n" % orjson.dumps({"state": state, "since_seconds": round(since_seconds, 1)})
