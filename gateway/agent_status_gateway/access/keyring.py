"""Pure: named keys, and tickets that are signed with one. The work for a request does not depend on the number of keys.

A key is found by its digest. The digest is keyed with a secret of this ring. So nobody outside knows which digest a
guess has, and the time of the search says nothing about a key.

A ticket is `<expiry in Unix seconds>.<mark of the key>.<HMAC-SHA256 of the expiry, by the key>`. The mark is a part of
another HMAC by the key, so it is the same on every replica, whatever the key's name is there. Any replica that has the
key can verify a ticket without a store. A ticket is void once its key is removed.
"""

import hashlib
import hmac
import re
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Mapping
from typing import Final

TICKET_PURPOSE: Final = b"agent-status ticket "
"""The prefix of what is signed, so that no other signature by a key is a ticket."""
MARK_PURPOSE: Final = b"agent-status ticket key"
"""The text whose HMAC marks a key in its tickets."""
MARK_BYTES: Final = 12
"""The bytes of a mark: two keys with one mark do not happen."""
_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_TICKET: Final = re.compile(r"([0-9]{1,12})\.([A-Za-z0-9_-]{16})\.([A-Za-z0-9_-]{43})")


class KeysError(ValueError):
    """Text that is not a list of keys. The message names the line and repeats nothing of it."""


class KeyRing:
    """Keys by name. Without any, anyone may read."""

    def __init__(self, keys: Mapping[str, str]) -> None:
        self._keys = {name: key.encode() for name, key in keys.items()}
        self._secret = secrets.token_bytes(hashlib.blake2b.MAX_KEY_SIZE)
        self._by_digest = {self._digest(key): name for name, key in self._keys.items()}
        self._marks = {name: _mark(key) for name, key in self._keys.items()}
        self._by_mark = {mark: name for name, mark in self._marks.items()}

    @property
    def is_open(self) -> bool:
        """True if no key is required."""
        return not self._keys

    @property
    def names(self) -> frozenset[str]:
        """The names of all keys."""
        return frozenset(self._keys)

    def name_of(self, given: Iterable[bytes]) -> str | None:
        """The name of the key that is among these; all are looked up, whichever matches."""
        found = [name for key in given if (name := self._by_digest.get(self._digest(key))) is not None]
        return found[-1] if found else None

    def ticket(self, name: str, expires_at: int) -> str:
        """Sign a ticket with this key, valid until `expires_at` (Unix seconds)."""
        return f"{expires_at}.{self._marks[name]}.{_signature(self._keys[name], str(expires_at))}"

    def name_of_ticket(self, ticket: str, now: float) -> str | None:
        """The name of the key that signed a ticket, if the ticket is valid at `now` (Unix seconds)."""
        parts = _TICKET.fullmatch(ticket)
        if parts is None or int(parts[1]) <= now:
            return None
        name = self._by_mark.get(parts[2])
        if name is None or not hmac.compare_digest(_signature(self._keys[name], parts[1]), parts[3]):
            return None
        return name

    def lost_to(self, newer: "KeyRing") -> frozenset[str]:
        """The names whose key is removed or changed in `newer`."""
        return frozenset(name for name, key in self._keys.items() if newer._keys.get(name) != key)  # noqa: SLF001

    def _digest(self, key: bytes) -> bytes:
        return hashlib.blake2b(key, key=self._secret).digest()


def parse_keys(text: str) -> dict[str, str]:
    """Parse keys by name from lines `name: key`; empty lines and those that begin with `#` are skipped.

    Raises:
        KeysError: A line is something else, or repeats a name.
    """
    keys: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, colon, key = (part.strip() for part in line.partition(":"))
        if not colon or not key or not _NAME.fullmatch(name):
            raise KeysError(
                f"line {number}: must be `name: key`, with a name of letters, digits, dots, hyphens and underscores"
            )
        if name in keys:
            raise KeysError(f"line {number}: the name is a duplicate")
        keys[name] = key
    return keys


def _mark(key: bytes) -> str:
    return urlsafe_b64encode(hmac.digest(key, MARK_PURPOSE, "sha256")[:MARK_BYTES]).decode()


def _signature(key: bytes, expires_at: str) -> str:
    signed = hmac.digest(key, TICKET_PURPOSE + expires_at.encode(), "sha256")
    return urlsafe_b64encode(signed).rstrip(b"=").decode()
