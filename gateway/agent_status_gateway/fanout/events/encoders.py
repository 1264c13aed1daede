"""Pure: the bytes that one client gets: its content encoding, and the framing of HTTP.

An event is encoded once for all clients of a kind: an encoder only chooses which of its bytes its client gets.
"""

import zlib
from collections.abc import Sequence
from typing import Final, Protocol

from typing_extensions import override

from agent_status_gateway.fanout.events.chunks import LAST_CHUNK, chunk
from agent_status_gateway.fanout.events.frames import SHARED_BYTES, Frame, Piece
from agent_status_gateway.fanout.events.gzip_stream import HEAD, finish, store


class Encoder(Protocol):
    """Encoder of one stream; its methods are called in the order of the stream."""

    __slots__ = ()
    is_gzipped: bool = False

    def first(self, frame: Frame, retry_ms: int, text: bytes) -> Sequence[bytes]:
        """Encode a new client's first event, which is not large, and the wait before it reconnects; then `text`.

        Of a long event, the first part is the same object for all clients of a kind.
        """

    def begin(self, text: bytes) -> bytes:
        """Encode the beginning of a stream whose first event is not made yet; then comes `event`."""

    def event(self, piece: Piece) -> bytes:
        """Encode a later event, or the first one after `begin`; of a large event, one of its pieces."""

    def text(self, text: bytes) -> bytes:
        """Encode text that is written to this client alone, or seldom."""

    def last(self, text: bytes) -> bytes:
        """Encode the last bytes and the end of the response."""


class Identity(Encoder):
    """Encoder that changes nothing: the server frames the text, or ends it with the connection as HTTP/1.0 does."""

    @override
    def first(self, frame: Frame, retry_ms: int, text: bytes) -> Sequence[bytes]:
        if frame.length >= SHARED_BYTES:
            return frame.opening.event, frame.first_tail(retry_ms) + text
        return (frame.first_event(retry_ms) + text,)

    @override
    def begin(self, text: bytes) -> bytes:
        return text

    @override
    def event(self, piece: Piece) -> bytes:
        return piece.event

    @override
    def text(self, text: bytes) -> bytes:
        return text

    @override
    def last(self, text: bytes) -> bytes:
        return text


class Chunked(Encoder):
    """Encoder that makes chunks of HTTP/1.1."""

    @override
    def first(self, frame: Frame, retry_ms: int, text: bytes) -> Sequence[bytes]:
        if frame.length >= SHARED_BYTES:
            return frame.opening.chunk, chunk(frame.first_tail(retry_ms) + text)
        return (chunk(frame.first_event(retry_ms) + text),)

    @override
    def begin(self, text: bytes) -> bytes:
        return chunk(text)

    @override
    def event(self, piece: Piece) -> bytes:
        return piece.chunk

    @override
    def text(self, text: bytes) -> bytes:
        return chunk(text)

    @override
    def last(self, text: bytes) -> bytes:
        return chunk(text) + LAST_CHUNK


class Gzip(Encoder):
    """Encoder that compresses, with or without chunks; one per client, since each stream ends with its own checksum."""

    __slots__ = ("_crc", "_is_chunked", "_length")
    is_gzipped = True

    def __init__(self, *, is_chunked: bool) -> None:
        self._is_chunked = is_chunked
        self._crc = 0
        self._length = 0

    @override
    def first(self, frame: Frame, retry_ms: int, text: bytes) -> Sequence[bytes]:
        zipped, self._crc, self._length = frame.gzipped.first(frame.first_tail(retry_ms) + text)
        return (self._framed(zipped),)  # a sixth of the text, or less

    @override
    def begin(self, text: bytes) -> bytes:
        self._count(text)
        return self._framed(HEAD + store(text))

    @override
    def event(self, piece: Piece) -> bytes:
        gzipped = piece.gzipped
        self._crc = gzipped.crc_after(self._crc)
        self._length += gzipped.length
        return gzipped.chunk if self._is_chunked else gzipped.event

    @override
    def text(self, text: bytes) -> bytes:
        self._count(text)
        return self._framed(store(text))  # too short to be worth compressing

    @override
    def last(self, text: bytes) -> bytes:
        self._count(text)
        return self._framed(store(text) + finish(self._crc, self._length)) + (LAST_CHUNK if self._is_chunked else b"")

    def _count(self, text: bytes) -> None:
        self._crc = zlib.crc32(text, self._crc)
        self._length += len(text)

    def _framed(self, zipped: bytes) -> bytes:
        return chunk(zipped) if self._is_chunked else zipped


IDENTITY: Final = Identity()
CHUNKED: Final = Chunked()


def encoder_for(*, is_gzipped: bool, is_chunked: bool) -> Encoder:
    """Choose one client's encoder."""
    if is_gzipped:
        return Gzip(is_chunked=is_chunked)
    return CHUNKED if is_chunked else IDENTITY
