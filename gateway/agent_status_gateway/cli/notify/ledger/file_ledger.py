"""A ledger in a file of SQLite, for the notifiers of one machine. Several processes may use one file.

Rule 1. Its clock is the machine's when it was first used after the machine's start, and goes on by the seconds since.
        So a step of the machine's clock makes nothing that was told look new.
"""

import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Final

from agent_status_gateway.cli.notify.ledger.boot import Boot
from agent_status_gateway.cli.notify.ledger.entries import Act, claimed, ended, noted, settled
from agent_status_gateway.cli.notify.ledger.ledger import KEEP_SECONDS, Claim, Entry, LedgerError, new_owner
from agent_status_gateway.cli.notify.ledger.row import Row

BUSY_SECONDS: Final = 5.0
"""Maximum seconds to wait for another process that writes."""
_TABLE: Final = """
CREATE TABLE IF NOT EXISTS told (
    name TEXT PRIMARY KEY, began REAL NOT NULL, claimed REAL NOT NULL, owner TEXT NOT NULL, id TEXT NOT NULL,
    forget REAL NOT NULL)
"""
_COLUMNS: Final = ("after", "over", "untrue")
"""Columns that a file of an older version lacks."""
_CLOCK: Final = "CREATE TABLE IF NOT EXISTS clock (boot TEXT PRIMARY KEY, began REAL NOT NULL)"
"""The moment of the machine's start, by the machine's clock at the first use after it."""


class FileLedger:
    """Ledger in a file. `clock` gives seconds since 1970; `boot` is the machine's last start, if that is known.

    Raises:
        LedgerError: The file cannot be used.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.time, boot: Boot | None = None) -> None:
        self._path = path
        self._clock = clock
        self._boot = boot
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

    def end(self, entries: Sequence[Entry]) -> None:
        """Note what is over (ledger: Rule 5)."""
        self._for_each(entries, ended)

    def _for_each(self, entries: Sequence[Entry], act: Act) -> list[Claim]:
        """Look up each entry's row, and write what comes of it, all in one transaction."""
        claims: list[Claim] = []
        try:
            with closing(sqlite3.connect(self._path, timeout=BUSY_SECONDS, isolation_level=None)) as file:
                file.execute("BEGIN IMMEDIATE")
                _prepare(file)
                now = self._now(file)
                file.execute("DELETE FROM told WHERE forget < ?", (now,))
                for entry in entries:
                    found = file.execute(
                        "SELECT began, claimed, owner, id, after, over, untrue FROM told WHERE name = ?", (entry.name,)
                    ).fetchone()
                    row = None if found is None else Row(*found)
                    written, claim = act(row, entry, now)
                    claims.append(claim)
                    if written is not None:
                        file.execute(
                            "INSERT OR REPLACE INTO told (name, forget, began, claimed, owner, id, after, over, untrue)"
                            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                            (entry.name, now + KEEP_SECONDS, *written),
                        )
                file.execute("COMMIT")
        except sqlite3.Error as error:
            raise LedgerError(f"{self._path}: {error}") from None
        return claims

    def _now(self, file: sqlite3.Connection) -> float:
        if self._boot is None:
            return self._clock()
        since_boot = self._boot.seconds()
        file.execute(_CLOCK)
        found = file.execute("SELECT began FROM clock WHERE boot = ?", (self._boot.id,)).fetchone()
        if found is None:
            found = (self._clock() - since_boot,)
            file.execute("DELETE FROM clock")
            file.execute("INSERT INTO clock VALUES (?, ?)", (self._boot.id, *found))
        began: float = found[0]
        return began + since_boot


def _prepare(file: sqlite3.Connection) -> None:
    """Make the table, or add to one of an older version what it lacks. Its rows count as before."""
    file.execute(_TABLE)
    known = {name for _, name, *_ in file.execute("PRAGMA table_info(told)")}
    for column in _COLUMNS:
        if column not in known:
            file.execute(f"ALTER TABLE told ADD COLUMN {column} REAL NOT NULL DEFAULT 0")
