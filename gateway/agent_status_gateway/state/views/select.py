"""Pure: the rows of a view, found by the index of all rows."""

from collections.abc import Collection
from itertools import chain
from typing import Final

from agent_status_gateway.state.fold.folded_rows import FoldedRows
from agent_status_gateway.state.fold.rows import Rows
from agent_status_gateway.state.steps import Steps
from agent_status_gateway.state.views.form import DetailedRows
from agent_status_gateway.state.views.stalls.stalled_rows import StalledRows
from agent_status_gateway.state.views.summary.summary import Summary
from agent_status_gateway.state.views.view import View

STEP_ROWS: Final = 1000
"""Rows that are looked at in one step."""
STEP_COUNTED_ROWS: Final = 200
"""Rows that are looked at in one step if they are counted: that takes several times as long."""


def candidates(rows: FoldedRows, view: View) -> list[Collection[str]]:
    """The keys of all rows that a view can show, in groups."""
    if view.is_empty:
        return []
    families = rows.families
    found: list[list[Collection[str]]] = [[rows.by_key]]
    if view.session is not None:
        found.append([view.session])
    if view.parent is not None:
        found.append([families.by_parent[parent] for parent in view.parent if parent in families.by_parent])
    if view.channel is not None:
        found.append([rows.by_channel[channel] for channel in view.channel if channel in rows.by_channel])
    found += [[families.by_label.get(label, ())] for label in view.labels]
    return min(found, key=lambda groups: sum(map(len, groups)))


def is_short(rows: FoldedRows, view: View) -> bool:
    """True when a view's rows are found in one step."""
    return sum(map(len, candidates(rows, view))) <= STEP_ROWS


def empty(view: View, whole: FoldedRows | None = None) -> Rows:
    """Make the rows of a view that shows none yet, which are counted if it says by what.

    Which of them are stalled is kept up by what all rows know; without these, nothing says it.
    """
    if view.by is not None:
        return Summary(view.by)
    rows = DetailedRows(view) if view.fields else Rows()
    if view.stalled is not None and whole is not None:
        rows = StalledRows(view, whole)
    if view.ended is not None:
        rows.tell_ends(view.ended, view.shows_end)
    return rows


def select(rows: FoldedRows, view: View) -> Steps[Rows]:
    """Find the rows of a view, which must not change during it."""
    found, by_key = empty(view, rows), rows.by_key
    step_rows = STEP_ROWS if view.by is None else STEP_COUNTED_ROWS
    for number, key in enumerate(chain.from_iterable(candidates(rows, view)), 1):
        row = by_key.get(key)
        if row is not None and view.shows(row):
            found.put(row)
        if not number % step_rows:
            yield
    if found.ended is not None and rows.ends is not None:
        yield from found.ended.fill(rows.ends, view.session)
    return found
