"""A ledger in a file of SQLite, for the notifiers of one machine. Several processes may use one file."""

import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Final

from agent_status_gateway.cli.notify.ledger.entries import Act, Row, claimed, noted, settled
from agent_status_gateway.cli.notify.ledger.ledger import KEEP_SECONDS, Claim, Entry, LedgerError, new_owner

BUSY_SECONDS: Final = 5.0
"""Maximum seconds to wait for another process that writes."""
_TABLE: Final = """
CREATE TABLE IF NOT EXISTS told (
    name TEXT PRIMARY KEY, began REAL NOT NULL, claimed REAL NOT NULL, owner TEXT NOT NULL, id TEXT NOT NULL,
    forget REAL NOT NULL)
"""


class FileLedger:
    """Ledger in a file. `clock` gives seconds since 1970, which must go on over restarts.

    Raises:
        LedgerError: The file cannot be used.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._clock = clock
        self._owner = new_owner()
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise LedgerError(f"{path.parent}: {error.strerror or error}") from None
        self.note([])  # makes the file, or says why it cannot

    def note(self, entries: Sequence[Entry]) -> None:
        """Note what is due (ledger: Rule 1)."""
        self._for_each(entries, noted)

    def claim(self, entries: Sequence[Entry], id_: str, lease_seconds: float) -> list[Claim]:
        """Claim for a time (ledger: Rule 2)."""
        return self._for_each(entries, partial(claimed, owner=self._owner, id_=id_, lease_seconds=lease_seconds))

    def settle(self, entries: Sequence[Entry]) -> None:
        """Note what was told."""
        self._for_each(entries, partial(settled, owner=self._owner))

    def _for_each(self, entries: Sequence[Entry], act: Act) -> list[Claim]:
        """Look up each entry's row, and write what comes of it, all in one transaction."""
        now, claims = self._clock(), []
        try:
            with closing(sqlite3.connect(self._path, timeout=BUSY_SECONDS, isolation_level=None)) as file:
                file.execute("BEGIN IMMEDIATE")
                file.execute(_TABLE)
                file.execute("DELETE FROM told WHERE forget < ?", (now,))
                for entry in entries:
                    found = file.execute(
                        "SELECT began, claimed, owner, id FROM told WHERE name = ?", (entry.name,)
                    ).fetchone()
                    row = None if found is None else Row(*found)
                    written, claim = act(row, entry, now)
                    claims.append(claim)
                    if written is not None:
                        file.execute(
                            "INSERT OR REPLACE INTO told VALUES (?, ?, ?, ?, ?, ?)",
                            (entry.name, *written, now + KEEP_SECONDS),
                        )
                file.execute("COMMIT")
        except sqlite3.Error as error:
            raise LedgerError(f"{self._path}: {error}") from None
        return claims
