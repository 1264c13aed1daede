"""Pure: a snapshot as bytes, made once for all clients. The snapshot comes before it, the hub after it.

Each event is `event: status`, `data:` on one line right after it, then `id:`, LF only. The id is a hash of the
fingerprint, so it is equal on all replicas.
"""

import gzip
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import Final, Literal

import orjson

from agent_status_gateway.fanout.chunks import chunk
from agent_status_gateway.fanout.gzip_stream import LEVEL, GzippedEvent
from agent_status_gateway.fanout.retry import retry
from agent_status_gateway.state.schema import Fingerprint, Snapshot, fingerprint

KEEPALIVE: Final = b": keepalive\n"
"""One LF and no blank line: two popular clients dispatch an empty event on a blank line."""

FeedState = Literal["live", "lost"]


@dataclass(frozen=True, kw_only=True)
class Frame:
    """One snapshot as bytes for every client. A form that only some clients need is made on first use and kept.

    Attributes:
        fingerprint: What decides whether a change is worth an event.
        id: The fingerprint's hash.
        json: The body of the JSON endpoint.
        event: The SSE event.
        made_at: The moment that durations refer to, in seconds on the replica's monotonic clock.
    """

    fingerprint: Fingerprint
    id: str
    json: bytes
    event: bytes
    made_at: float

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


def encode_frame(snapshot: Snapshot, made_at: float) -> Frame:
    """Encode a snapshot. No other code turns a snapshot into bytes."""
    compared = fingerprint(snapshot)
    frame_id = blake2b(orjson.dumps(compared), digest_size=8).hexdigest()
    json = orjson.dumps(snapshot)
    event = b"event: status\ndata: %b\nid: %b\n\n" % (json, frame_id.encode())
    return Frame(fingerprint=compared, id=frame_id, json=json, event=event, made_at=made_at)


def feed_event(state: FeedState, since_seconds: float) -> bytes:
    """The event for `?events=all`: whether the feed is live or lost, and for how long."""
    return b"event: feed\ndata: %b\n\n" % orjson.dumps({"state": state, "since_seconds": round(since_seconds, 1)})
