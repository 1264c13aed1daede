"""Pure: named keys, and tickets that are signed with one. Keys are compared as bytes, in constant time.

A ticket is `<when it expires, Unix seconds>.<HMAC-SHA256 of that, by the key>`: any replica that has the key can tell
that it is good, without a store, and it dies with its key.
"""

import hashlib
import hmac
import re
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Mapping
from typing import Final

TICKET_PURPOSE: Final = b"agent-status ticket "
"""So that nothing else that may ever be signed with a key is a ticket."""
_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_TICKET: Final = re.compile(r"([0-9]{1,12})\.([A-Za-z0-9_-]{43})")


class KeysError(ValueError):
    """A list of keys that is not one; the message names the line, and repeats nothing of it."""


class KeyRing:
    """Keys by name. Without any, everybody may read, and is nobody in particular."""

    def __init__(self, keys: Mapping[str, str]) -> None:
        self._keys = {name: key.encode() for name, key in keys.items()}
        self._digests = {name: _digest(key) for name, key in self._keys.items()}

    @property
    def is_open(self) -> bool:
        """Whether no key is asked for."""
        return not self._keys

    @property
    def names(self) -> frozenset[str]:
        """Of all keys."""
        return frozenset(self._keys)

    def name_of(self, given: Iterable[bytes]) -> str | None:
        """The name of the key that one of these is; each is compared with each, whichever matches."""
        digests = [_digest(key) for key in given]
        found = None
        for name, digest in self._digests.items():
            for other in digests:
                if hmac.compare_digest(digest, other):
                    found = name
        return found

    def ticket(self, name: str, expires_at: int) -> str:
        """A ticket by this key, good until then (Unix seconds)."""
        return f"{expires_at}.{_signature(self._keys[name], str(expires_at))}"

    def name_of_ticket(self, ticket: str, now: float) -> str | None:
        """The name of the key that signed it, if it is good at `now` (Unix seconds)."""
        parts = _TICKET.fullmatch(ticket)
        if parts is None or int(parts[1]) <= now:
            return None
        found = None
        for name, key in self._keys.items():
            if hmac.compare_digest(_signature(key, parts[1]), parts[2]):
                found = name
        return found

    def lost_to(self, newer: "KeyRing") -> frozenset[str]:
        """Names whose key is another one there, or none."""
        return frozenset(name for name, key in self._keys.items() if newer._keys.get(name) != key)  # noqa: SLF001


def parse_keys(text: str) -> dict[str, str]:
    """Keys by name, of lines `name: key`; empty ones and those that begin with `#` are nobody's.

    Raises:
        KeysError: A line is something else, or says a name twice.
    """
    keys: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, colon, key = (part.strip() for part in line.partition(":"))
        if not colon or not key or not _NAME.fullmatch(name):
            raise KeysError(f"line {number}: `name: key` is wanted, a name of letters, digits, dot, hyphen, underscore")
        if name in keys:
            raise KeysError(f"line {number}: a name for the second time")
        keys[name] = key
    return keys


def _digest(key: bytes) -> bytes:
    return hashlib.sha256(key).digest()


def _signature(key: bytes, expires_at: str) -> str:
    signed = hmac.digest(key, TICKET_PURPOSE + expires_at.encode(), "sha256")
    return urlsafe_b64encode(signed).rstrip(b"=").decode()
