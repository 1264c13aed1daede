"""Pure: the workers that hold the rows of a scope. Their capacity and their starts are the scope's.

It is kept up with the scope's rows, so that a frame costs a look at these workers, and not at all workers or rows.
"""

from collections.abc import Iterator
from typing import Final

from agent_status_gateway.state.fold.row import Row, Source
from agent_status_gateway.state.fold.rows import Rows
from agent_status_gateway.state.steps import Steps

STEP_ROWS: Final = 1000
"""Rows that are counted in one step."""


class Holders:
    """The workers that hold some rows, lost ones among them."""

    __slots__ = ("_by_key", "_counts")

    def __init__(self) -> None:
        self._by_key: dict[str, Source] = {}  # as counted: a row's own source changes with nobody noticing
        self._counts: dict[Source, int] = {}

    def __iter__(self) -> Iterator[Source]:
        """The workers, each once."""
        return iter(self._counts)

    def fill(self, rows: Rows) -> Steps[None]:
        """Begin again with these rows, which must not change during it."""
        self._by_key.clear()
        self._counts.clear()
        for number, row in enumerate(rows.by_key.values(), 1):
            self.put(row.key, row)
            if not number % STEP_ROWS:
                yield

    def put(self, key: str, row: Row | None) -> None:
        """Note the row of a key, or that it is gone."""
        source = None if row is None else row.source
        before = self._by_key.get(key)
        if source is before:
            return
        if before is not None:
            del self._by_key[key]
            self._counts[before] -= 1
            if not self._counts[before]:
                del self._counts[before]
        if source is not None:
            self._by_key[key] = source
            self._counts[source] = self._counts.get(source, 0) + 1
