"""Keys that may read now: those of the settings, and of the file, which is read again when it changes."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Final

from starlette.types import Scope

from agent_status_gateway.access.credentials import MAX_GIVEN_KEYS, bearer_tokens, given_keys, given_ticket
from agent_status_gateway.access.guests import LET_IN
from agent_status_gateway.access.keys.key_lines import Key, KeysError, parse_keys
from agent_status_gateway.access.keys.keyring import KeyRing
from agent_status_gateway.access.keys.reader import ANYONE, EVERYBODY, Reader
from agent_status_gateway.access.watched_file import WatchedFile
from agent_status_gateway.settings import Settings, SettingsError
from agent_status_gateway.state.views.view import WHOLE, View

logger = logging.getLogger(__name__)

LOOK_SECONDS: Final = 1.0
"""Seconds between two looks at the file. A change counts at the second look that sees it."""
NAME_OF_API_KEY: Final = "API_KEY"


class Access:
    """Current keys, and how often each was used.

    Raises:
        SettingsError: The file cannot be read, or is not a list of keys.
    """

    def __init__(self, settings: Settings, wall_clock: Callable[[], float] = time.time) -> None:
        self._ticket_seconds = settings.ticket_seconds
        self._wall_clock = wall_clock
        self._own = {} if settings.api_key is None else {NAME_OF_API_KEY: Key(settings.api_key.get_secret_value())}
        self._path = settings.api_keys_file
        self._file = None if self._path is None else WatchedFile(self._path)
        self._has_warned = False
        self.uses: Counter[str] = Counter()
        """Requests that were let in, including streams, by the key's name."""
        try:
            self._ring = self._ring_of(b"" if self._file is None else self._file.read())
        except ValueError as error:
            raise SettingsError(f"AGENT_STATUS_API_KEYS_FILE: {error}") from None
        self._warn_if_world_writable()

    @property
    def names(self) -> frozenset[str]:
        """The names of all keys; `EVERYBODY` if no key is required."""
        return self._ring.names or frozenset({EVERYBODY})

    @property
    def asks_for_key(self) -> bool:
        """True if there is any key; without one, anyone may read."""
        return not self._ring.is_open

    @property
    def has_scopes(self) -> bool:
        """True if there is a key that may not see all."""
        return self._ring.has_scopes

    def reader(self, scope: Scope) -> Reader | None:
        """The reader whose key a request carries; None if it may not read."""
        if self._ring.is_open:
            return ANYONE
        readers = self._ring.readers(given_keys(scope))
        return readers[-1] if readers else None

    def streaming_reader(self, scope: Scope) -> Reader | None:
        """The reader whose key or ticket a request carries, where tickets are taken; None if it may not read."""
        reader = self.reader(scope)
        if reader is None and (ticket := given_ticket(scope)) is not None:
            reader = self._ring.reader_of_ticket(ticket, self._wall_clock())
        return reader

    def may_read_metrics(self, scope: Scope) -> bool:
        """Test whether a request may read the metrics: once any key has a scope, it must carry one without."""
        if not self.has_scopes:
            return True
        given = [*given_keys(scope), *bearer_tokens(scope)[:MAX_GIVEN_KEYS]]
        readers = [reader for reader in self._ring.readers(given) if reader.sees_all]
        if not readers:
            return False
        self.uses[readers[-1].key_name] += 1
        scope[LET_IN] = True
        return True

    def ticket(self, key_name: str, scope: View = WHOLE, seconds: int | None = None) -> tuple[str, int]:
        """Make a ticket signed with this key, for this scope within the key's; return it with the seconds it is valid.

        It is empty if no key is required.

        Raises:
            ValueError: The scope is too long for a URL.
        """
        seconds = seconds or self._ticket_seconds
        expires_at = int(self._wall_clock()) + seconds
        return ("" if self._ring.is_open else self._ring.ticket(key_name, expires_at, scope)), seconds

    async def watch(self, on_lost: Callable[[frozenset[str]], Awaitable[object]]) -> None:
        """Look at the file for ever; pass the names of removed and changed keys to `on_lost`."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if self._file is None:
                continue
            try:
                content = self._file.changed()
                newer = None if content is None else self._ring_of(content)
            except ValueError as error:
                logger.error("the keys stay as they were: %s", error)  # noqa: TRY400 - no traceback: keys
                continue
            self._warn_if_world_writable()
            if newer is None:
                continue
            lost, self._ring = self._ring.lost_to(newer), newer
            logger.info("keys read again: %d keys; %d were removed or changed", len(newer.names), len(lost))
            await on_lost(lost)

    def _ring_of(self, content: bytes) -> KeyRing:
        """All keys, with this content of the file."""
        try:
            named = parse_keys(content.decode())
        except UnicodeDecodeError:
            raise KeysError(f"{self._path} is not UTF-8") from None
        except KeysError as error:
            raise KeysError(f"{self._path}, {error}") from None
        if NAME_OF_API_KEY in named and self._own:
            raise KeysError(f"{NAME_OF_API_KEY} is the name of the other setting's key")
        if self._path is not None and not named and not self._own:
            raise KeysError(f"{self._path} has no key in it; unset it to let anyone read")
        secrets_with_scopes = {key.secret for key in named.values() if not key.scope.is_whole}
        if any(own.secret in secrets_with_scopes for own in self._own.values()):
            raise KeysError(f"{self._path} gives the other setting's key a scope")
        return KeyRing(self._own | named)

    def _warn_if_world_writable(self) -> None:
        """Warn once, and again if the right was taken away and has been given again."""
        is_writable = self._file is not None and self._file.is_world_writable
        if is_writable and not self._has_warned:
            logger.warning(
                "every user of this machine can write to the key file %s, and so can let anyone read: `chmod o-w` it",
                self._path,
            )
        self._has_warned = is_writable
