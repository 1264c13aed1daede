"""Pure: an event compressed once for every client, whatever was written to its stream before.

Rule 1. A piece refers to nothing before it and ends on a byte with an empty block, so that it may stand anywhere in a
        gzip stream, and every decoder returns all of it at once (RFC 1951: stored blocks, full flush).
Rule 2. A gzip stream ends with the CRC-32 and the length of all its text (RFC 1952). A CRC is linear: what an event
        does to any CRC before it is the same for all clients, so it is computed once, and then takes four look-ups.
Rule 3. A short text is stored, not deflated. Deflating it, and working out what it does to a CRC, cost a hundred times
        more than all else that is done for it. Its CRC is continued for each client from its own bytes.
"""

import struct
import zlib
from collections.abc import Iterable
from functools import cached_property
from typing import Final

from agent_status_gateway.fanout.events.chunks import chunk

LEVEL: Final = 2
"""The zlib level: for snapshots, hardly more bytes than level 6, in a third of the time."""
HEAD: Final = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
EMPTY_BLOCK: Final = b"\x00\x00\x00\xff\xff"
LAST_BLOCK: Final = b"\x01\x00\x00\xff\xff"
MAX_STORED_BYTES: Final = 65_535
POLYNOMIAL: Final = 0xEDB88320
SHORT_BYTES: Final = 4096
"""A text with fewer bytes is short: to continue a CRC with it takes less than a microsecond."""
ONE: Final = 1 << 31
"""The polynomial 1: the highest bit is the lowest power of x."""
X_TO_8: Final = ONE >> 8


class GzippedEvent:
    """An event's text, compressed."""

    def __init__(self, text: bytes) -> None:
        self._body = deflate(text[:-1])
        self._body_crc = zlib.crc32(text[:-1])
        self._crc = zlib.crc32(text)
        self.length = len(text)
        self.event = self._body + store(text[-1:])
        self.chunk = chunk(self.event)

    def first(self, tail: bytes) -> tuple[bytes, int, int]:
        """The beginning of a stream, with `tail` instead of the last blank line; then the CRC and the length so far."""
        length = self.length - 1 + len(tail)
        return HEAD + self._body + store(tail), zlib.crc32(tail, self._body_crc), length

    def crc_after(self, crc: int) -> int:
        """The CRC of a text with this CRC, once the event is appended."""
        a, b, c, d = self._tables
        return a[crc & 255] ^ b[crc >> 8 & 255] ^ c[crc >> 16 & 255] ^ d[crc >> 24] ^ self._crc

    @cached_property
    def _tables(self) -> list[list[int]]:
        """The event's effect on each byte of a CRC."""
        columns = [_power(self.length)]
        while len(columns) < 32:  # noqa: PLR2004 - the bits of a CRC
            columns.append(_times_x(columns[-1]))
        columns.reverse()
        tables = []
        for byte in range(4):
            table = [0]
            for column in columns[8 * byte : 8 * byte + 8]:
                table += [value ^ column for value in table]
            tables.append(table)
        return tables


class StoredEvent:
    """A short event's text, stored. It is used as a `GzippedEvent` is."""

    __slots__ = ("_text", "chunk", "event", "length")

    def __init__(self, text: bytes) -> None:
        self._text = text
        self.length = len(text)
        self.event = store(text)
        self.chunk = chunk(self.event)

    def first(self, tail: bytes) -> tuple[bytes, int, int]:
        """The beginning of a stream, with `tail` instead of the last blank line; then the CRC and the length so far."""
        text = self._text[:-1] + tail
        return HEAD + store(text), zlib.crc32(text), len(text)

    def crc_after(self, crc: int) -> int:
        """The CRC of a text with this CRC, once the event is appended."""
        return zlib.crc32(self._text, crc)


def gzipped(text: bytes) -> GzippedEvent | StoredEvent:
    """An event's text, or a part of it, as any gzip stream can take it."""
    return StoredEvent(text) if len(text) < SHORT_BYTES else GzippedEvent(text)


def deflate(text: bytes) -> bytes:
    """Compress a piece."""
    compressor = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    return compressor.compress(text) + compressor.flush(zlib.Z_FULL_FLUSH)


def store(text: bytes) -> bytes:
    """Store a piece uncompressed, for text that is short or written once."""
    starts = range(0, len(text), MAX_STORED_BYTES)
    blocks = [text[start : start + MAX_STORED_BYTES] for start in starts]
    return b"".join(struct.pack("<BHH", 0, len(b), len(b) ^ 0xFFFF) + b for b in blocks) + EMPTY_BLOCK


def finish(crc: int, length: int) -> bytes:
    """The end of a stream with that much text."""
    return LAST_BLOCK + struct.pack("<II", crc, length & 0xFFFFFFFF)


def gzip_of(pieces: Iterable[GzippedEvent | StoredEvent]) -> list[bytes]:
    """A whole gzip stream of these pieces, in pieces."""
    stream, crc, length = [HEAD], 0, 0
    for piece in pieces:
        stream.append(piece.event)
        crc = piece.crc_after(crc)
        length += piece.length
    return [*stream, finish(crc, length)]


def _times_x(a: int) -> int:
    return a >> 1 ^ POLYNOMIAL if a & 1 else a >> 1


def _times(a: int, b: int) -> int:
    product = 0
    while a:
        if a & ONE:
            product ^= b
        a = a << 1 & 0xFFFFFFFF
        b = _times_x(b)
    return product


def _power(length: int) -> int:
    """The effect of that many bytes on a CRC before them: x to the power of 8 for each byte."""
    power, square = ONE, X_TO_8
    while length:
        if length & 1:
            power = _times(power, square)
        square = _times(square, square)
        length >>= 1
    return power
