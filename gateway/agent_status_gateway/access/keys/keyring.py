"""Pure: the keys of now, by name. The work for a request does not depend on their number.

A key is found by its digest. The digest is keyed with a secret of this ring. So nobody outside knows which digest a
guess has, and the time of the search says nothing about a key.

Any replica that has a key can verify its tickets without a store. A ticket is void once its key is removed. What its
reader may see is the ticket's scope within the key's scope of now: so a ticket can only narrow.
"""

import hashlib
import secrets
from collections.abc import Iterable, Mapping

from agent_status_gateway.access.keys.key_lines import Key, KeysError
from agent_status_gateway.access.keys.reader import Reader
from agent_status_gateway.access.keys.tickets import mark_of, parse_ticket, verified_scope, write_ticket
from agent_status_gateway.state.views.view import WHOLE, View


class KeyRing:
    """Keys by name. Without any, anyone may read.

    Raises:
        KeysError: Two names have one key, with different scopes, so that nobody could tell which of them counts.
    """

    def __init__(self, keys: Mapping[str, Key]) -> None:
        self._keys = dict(keys)
        scopes: dict[str, View] = {}
        for key in keys.values():
            if scopes.setdefault(key.secret, key.scope) != key.scope:
                raise KeysError("the same key has two names with different scopes")
        self._secrets = {name: key.secret.encode() for name, key in keys.items()}
        self._readers = {name: Reader(name, key.scope) for name, key in keys.items()}
        self._secret = secrets.token_bytes(hashlib.blake2b.MAX_KEY_SIZE)
        self._by_digest = {self._digest(key): self._readers[name] for name, key in self._secrets.items()}
        self._by_mark = {mark_of(key): name for name, key in self._secrets.items()}

    @property
    def is_open(self) -> bool:
        """True if no key is required."""
        return not self._keys

    @property
    def has_scopes(self) -> bool:
        """True if there is a key that may not see all."""
        return any(not reader.sees_all for reader in self._readers.values())

    @property
    def names(self) -> frozenset[str]:
        """The names of all keys."""
        return frozenset(self._keys)

    def readers(self, given: Iterable[bytes]) -> list[Reader]:
        """The readers whose keys are among these; all are looked up, whichever matches."""
        return [reader for key in given if (reader := self._by_digest.get(self._digest(key))) is not None]

    def ticket(self, name: str, expires_at: int, scope: View = WHOLE) -> str:
        """Sign a ticket with this key, valid until `expires_at` (Unix seconds), for this scope within the key's.

        Raises:
            ValueError: The scope is too long for a URL.
        """
        return write_ticket(self._secrets[name], expires_at, scope)

    def reader_of_ticket(self, text: str, now: float) -> Reader | None:
        """The reader that a ticket lets in, if it is valid at `now` (Unix seconds)."""
        ticket = parse_ticket(text)
        if ticket is None or int(ticket.expires_at) <= now:
            return None
        name = self._by_mark.get(ticket.mark)
        if name is None or (scope := verified_scope(ticket, self._secrets[name])) is None:
            return None
        return Reader(name, scope.within(self._keys[name].scope))

    def lost_to(self, newer: "KeyRing") -> frozenset[str]:
        """The names whose key or scope is removed or changed in `newer`."""
        return frozenset(name for name, key in self._keys.items() if newer._keys.get(name) != key)  # noqa: SLF001

    def _digest(self, key: bytes) -> bytes:
        return hashlib.blake2b(key, key=self._secret).digest()
