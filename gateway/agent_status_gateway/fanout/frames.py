"""Pure: a snapshot as bytes, made once for everybody. Before it comes the picture, after it the hub.

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
from agent_status_gateway.state.schema import Fingerprint, Snapshot, fingerprint

KEEPALIVE: Final = b": keepalive\n"
"""One LF and no blank line: two popular clients dispatch an empty event on a blank line."""

FeedState = Literal["live", "lost"]


@dataclass(frozen=True, kw_only=True)
class Frame:
    """One picture, ready for every client; what only some of them need is made when the first one does, and kept.

    Attributes:
        fingerprint: What is compared with what a client saw last.
        id: Its hash.
        json: The body of the JSON endpoint.
        event: The SSE event.
        made_at: When, in seconds on the replica's monotonic clock: durations are as of then.
    """

    fingerprint: Fingerprint
    id: str
    json: bytes
    event: bytes
    made_at: float

    def first_event(self, retry_ms: int) -> bytes:
        """The event as a new client's first one, with how long it shall wait before it reconnects."""
        return self.event[:-1] + self.first_tail(retry_ms)

    def first_tail(self, retry_ms: int) -> bytes:
        """What a new client's event has instead of the last blank line."""
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
    """The only place where a picture becomes bytes."""
    news = fingerprint(snapshot)
    frame_id = blake2b(orjson.dumps(news), digest_size=8).hexdigest()
    json = orjson.dumps(snapshot)
    event = b"event: status\ndata: %b\nid: %b\n\n" % (json, frame_id.encode())
    return Frame(fingerprint=news, id=frame_id, json=json, event=event, made_at=made_at)


def retry(milliseconds: int) -> bytes:
    """The line that tells a client how long to wait before it reconnects; no event by itself."""
    return b"retry: %d\n" % milliseconds


def feed_event(state: FeedState, since_seconds: float) -> bytes:
    """For clients that asked by `?events=all`: whether Redis is heard, and for how long it has been so."""
    return b"event: feed\ndata: %b\n\n" % orjson.dumps({"state": state, "since_seconds": round(since_seconds, 1)})
