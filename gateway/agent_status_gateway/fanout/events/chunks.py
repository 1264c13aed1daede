"""Pure: the chunks of HTTP/1.1."""

from typing import Final

LAST_CHUNK: Final = b"0\r\n\r\n"


def chunk(text: bytes) -> bytes:
    """One chunk; `text` must not be empty, since that would end the response."""
    return b"%x\r\n%b\r\n" % (len(text), text)
