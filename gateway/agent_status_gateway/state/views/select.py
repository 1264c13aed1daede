"""Pure: the rows of a view, found by the index of all rows."""

from collections.abc import Collection
from itertools import chain
from typing import Final

from agent_status_gateway.state.fold.folded_rows import FoldedRows
from agent_status_gateway.state.fold.rows import Rows
from agent_status_gateway.state.steps import Steps
from agent_status_gateway.state.views.view import View

STEP_ROWS: Final = 1000
"""Rows that are looked at in one step."""


def candidates(rows: FoldedRows, view: View) -> list[Collection[str]]:
    """The keys of all rows that a view can show, in groups."""
    if view.is_empty:
        return []
    if view.session is not None:
        return [view.session]
    if view.channel is not None:
        return [rows.by_channel[channel] for channel in view.channel if channel in rows.by_channel]
    return [rows.by_key]


def is_short(rows: FoldedRows, view: View) -> bool:
    """True when a view's rows are found in one step."""
    return sum(map(len, candidates(rows, view))) <= STEP_ROWS


def select(rows: FoldedRows, view: View) -> Steps[Rows]:
    """Find the rows of a view, which must not change during it."""
    found, by_key = Rows(), rows.by_key
    for number, key in enumerate(chain.from_iterable(candidates(rows, view)), 1):
        row = by_key.get(key)
        if row is not None and view.shows(row):
            found.put(row)
        if not number % STEP_ROWS:
            yield
    return found
