"""Pure: a text as a number, of which ids are sums."""

from hashlib import blake2b
from typing import Final

HASH_BYTES: Final = 16
"""Bytes of a hash. With eight, two sets of sessions with one sum could be found in a few hours."""


def text_hash(text: str | bytes) -> int:
    """Hash a text. Texts of different kinds must not be equal, since the numbers are added up."""
    encoded = text if isinstance(text, bytes) else text.encode()
    return int.from_bytes(blake2b(encoded, digest_size=HASH_BYTES).digest())
