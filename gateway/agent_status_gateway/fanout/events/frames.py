"""Pure: a snapshot or a summary as bytes, made once for all clients. The fold comes before it, the hub after it.

Each event is `event: status`, or `event: summary` if the rows are counted, `data:` on one line right after it, then
`id:`, LF only. The id is that of the rows, so it is equal on all replicas.
"""

import gzip
from collections.abc import Iterable
from functools import cached_property
from itertools import islice
from typing import Final, Literal

import orjson
from typing_extensions import override

from agent_status_gateway.fanout.events.chunks import chunk
from agent_status_gateway.fanout.events.gzip_stream import LEVEL, GzippedEvent, StoredEvent, gzip_of, gzipped
from agent_status_gateway.fanout.events.retry import retry
from agent_status_gateway.state.fold.rows import Rows
from agent_status_gateway.state.fold.schema import GlobalStatus
from agent_status_gateway.state.steps import Steps
from agent_status_gateway.state.views.summary.summary import Summary

KEEPALIVE: Final = b": keepalive\n"
"""One LF and no blank line: two popular clients dispatch an empty event on a blank line."""

FeedState = Literal["live", "lost"]


STEP_ROWS: Final = 1000
"""Rows that are joined in one step, and the most of an event that is one piece: less than two milliseconds."""
SHARED_BYTES: Final = 64 * 1024
"""Bytes from which a first event is not copied for each client that joins. The kernel takes a shorter one at once."""
SHORT_ENDS: Final = 2
"""Parts that a list of ends has at most if it is one piece."""
HEAD: Final = b"event: status\ndata: "
SUMMARY_HEAD: Final = b"event: summary\ndata: "


class Piece:
    """Some bytes of an event, for every client. A form that only some clients need is made on first use and kept."""

    def __init__(self, event: bytes) -> None:
        self.event = event

    @cached_property
    def chunk(self) -> bytes:
        """The bytes as a chunk of HTTP/1.1."""
        return chunk(self.event)

    @cached_property
    def gzipped(self) -> GzippedEvent | StoredEvent:
        """The bytes in a gzip stream."""
        return gzipped(self.event)


class Event(Piece):
    """A whole event with an id, as bytes for every client.

    A large one comes in pieces, since copying it, or compressing it at once, would hold the event loop.

    Attributes:
        id: The id of the rows that the event leads to.
        event: The bytes; of a large event, its first piece.
        rest: The other pieces of a large event.
        length: The number of bytes of all pieces.
    """

    def __init__(self, *, id_: str, event: bytes, rest: tuple[Piece, ...] = ()) -> None:
        super().__init__(event)
        self.id = id_
        self.rest = rest
        self.length = len(event) + sum(len(piece.event) for piece in rest)

    @property
    def is_large(self) -> bool:
        """True when the event has several pieces."""
        return bool(self.rest)

    def compress(self) -> None:
        """Compress all pieces: of a large event in a thread, since it takes a tenth of a second and more."""
        for piece in (self, *self.rest):
            piece.gzipped.crc_after(0)


class Frame(Event):
    """One snapshot, or one summary, as bytes. Its id decides whether a change is worth an event.

    Attributes:
        made_at: The moment that durations refer to, in seconds on the replica's monotonic clock.
        version: The number of its rows' version: changes for clients that got it begin there.
        head: The bytes before its JSON.
        is_of_all: True for the whole fleet's frame, which is compressed however short it is: it has the most readers.
    """

    def __init__(
        self,
        *,
        id_: str,
        event: bytes,
        rest: tuple[Piece, ...] = (),
        made_at: float,
        version: int = 0,
        head: bytes = HEAD,
        is_of_all: bool = True,
    ) -> None:
        super().__init__(id_=id_, event=event, rest=rest)
        self.head = head
        self.made_at = made_at
        self.version = version
        self.is_of_all = is_of_all

    @cached_property
    @override
    def gzipped(self) -> GzippedEvent | StoredEvent:
        """The bytes in a gzip stream."""
        return GzippedEvent(self.event) if self.is_of_all else gzipped(self.event)

    @cached_property
    def opening(self) -> Piece:
        """The bytes of a first event that are equal for all who join: all but the last blank line."""
        return Piece(self.event[:-1])

    @property
    def json(self) -> list[bytes]:
        """The body of the JSON endpoint, in pieces."""
        if self.rest:
            return [piece.event for piece in self.rest[:-1]]
        return [self.event[len(self.head) : -len(end_of_event(self.id))]]

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


def encode_frame(
    rows: Rows, status: GlobalStatus, made_at: float, version: int = 0, *, is_of_all: bool = True
) -> Steps[Frame]:
    """Encode a snapshot, or the summary of rows that are counted, in steps during which the rows must not change.

    No other code turns a snapshot or a summary into bytes.
    """
    frame_id, head, name = rows.id, HEAD, b"sessions"
    form = rows.form
    elements: Iterable[bytes] = (form(row, made_at) for row in rows)
    if isinstance(rows, Summary):
        head, name = SUMMARY_HEAD, b"groups"
        elements = map(orjson.dumps, (yield from rows.shown(made_at)))
    beginning = b'{"global":%b,"%b":[' % (orjson.dumps(status), name)
    parts = yield from in_parts(elements)
    told: list[bytes] = []
    if rows.ended is not None:
        told = yield from ends_in_parts((yield from rows.ended.newest(made_at)))
    pieces = (beginning, *parts, *told, b"]}", end_of_event(frame_id))
    is_large = len(parts) > 1 or len(told) > SHORT_ENDS
    return Frame(
        id_=frame_id,
        event=head if is_large else b"".join([head, *pieces]),
        rest=tuple(map(Piece, pieces)) if is_large else (),
        made_at=made_at,
        version=version,
        head=head,
        is_of_all=is_of_all,
    )


def in_parts(elements: Iterable[bytes]) -> Steps[list[bytes]]:
    """Join the elements of a JSON list in steps; each gives a part of the text between its brackets."""
    parts: list[bytes] = []
    rest = iter(elements)
    while some := list(islice(rest, STEP_ROWS)):
        parts.append(b",".join([b"", *some] if parts else some))
        if len(some) < STEP_ROWS:
            break
        yield
    return parts


def ends_in_parts(ends: Iterable[bytes]) -> Steps[list[bytes]]:
    """Join ends, after the sessions or what is gone, in parts; they are `SHORT_ENDS` at most if they are one piece."""
    return [b'],"ended":[', *(yield from in_parts(ends))]


def end_of_event(event_id: str) -> bytes:
    """The bytes after an event's data: its id, and the blank line."""
    return b"\nid: %b\n\n" % event_id.encode()


def feed_event(state: FeedState, since_seconds: float) -> bytes:
    """The event for `?events=all`: whether the feed is live or lost, and for how long."""
    return b"event: feed\ndata: %b\n\n" % orjson.dumps({"state": state, "since_seconds": round(since_seconds, 1)})
