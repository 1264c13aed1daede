"""Pure: a snapshot as bytes, made once for all clients. The fold comes before it, the hub after it.

Each event is `event: status`, `data:` on one line right after it, then `id:`, LF only. The id is that of the rows, so
it is equal on all replicas.
"""

import gzip
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Final, Literal

import orjson

from agent_status_gateway.fanout.chunks import chunk
from agent_status_gateway.fanout.gzip_stream import LEVEL, GzippedEvent
from agent_status_gateway.fanout.retry import retry
from agent_status_gateway.state.fold.rows import Rows
from agent_status_gateway.state.fold.schema import GlobalStatus
from agent_status_gateway.state.steps import Steps

KEEPALIVE: Final = b": keepalive\n"
"""One LF and no blank line: two popular clients dispatch an empty event on a blank line."""

FeedState = Literal["live", "lost"]


STEP_ROWS: Final = 1000
"""Rows that are joined in one step: less than two milliseconds."""
LARGE_BYTES: Final = 1_000_000
"""Bytes of an event from which it is compressed in a thread: that takes ten milliseconds and more."""
HEAD: Final = b"event: status\ndata: "


@dataclass(frozen=True, kw_only=True)
class Frame:
    """One snapshot as bytes for every client. A form that only some clients need is made on first use and kept.

    Attributes:
        id: The id of its rows, which decides whether a change is worth an event.
        event: The SSE event.
        made_at: The moment that durations refer to, in seconds on the replica's monotonic clock.
    """

    id: str
    event: bytes
    made_at: float

    @property
    def json(self) -> memoryview:
        """The body of the JSON endpoint, which is a part of the event's bytes."""
        return memoryview(self.event)[len(HEAD) : -len(_tail(self.id))]

    @property
    def is_large(self) -> bool:
        """True when compressing the frame would hold the event loop."""
        return len(self.event) > LARGE_BYTES

    def first_event(self, retry_ms: int) -> bytes:
        """The event for a new client, with the wait before it reconnects."""
        return self.event[:-1] + self.first_tail(retry_ms)

    def first_tail(self, retry_ms: int) -> bytes:
        """The bytes that replace the last blank line in a new client's first event."""
        return retry(retry_ms) + b"\n"

    @cached_property
    def chunk(self) -> bytes:
        """The event as a chunk of HTTP/1.1."""
        return chunk(self.event)

    @cached_property
    def gzipped(self) -> GzippedEvent:
        """The event, compressed."""
        return GzippedEvent(self.event)

    @cached_property
    def gzipped_json(self) -> bytes:
        """The body of the JSON endpoint, compressed."""
        return gzip.compress(self.json, LEVEL, mtime=0)


def encode_frame(rows: Rows, status: GlobalStatus, made_at: float) -> Steps[Frame]:
    """Encode a snapshot, in steps during which its rows must not change. No other code turns a snapshot into bytes."""
    frame_id = rows.id
    parts = [HEAD, b'{"global":', orjson.dumps(status), b',"sessions":[']
    rest = iter(rows)
    while some := [row.json(made_at) for row in islice(rest, STEP_ROWS)]:
        parts += [b",".join(some), b","]
        yield
    parts[-1:] = [b"]}", _tail(frame_id)] if rows else [parts[-1], b"]}", _tail(frame_id)]
    return Frame(id=frame_id, event=b"".join(parts), made_at=made_at)


def _tail(frame_id: str) -> bytes:
    return b"\nid: %b\n\n" % frame_id.encode()


def feed_event(state: FeedState, since_seconds: float) -> bytes:
    """The event for `?events=all`: whether the feed is live or lost, and for how long."""
    return b"event: feed\ndata: %b\n\n" % orjson.dumps({"state": state, "since_seconds": round(since_seconds, 1)})
