"""Pure: how many rows of a view are in which state, and which of them need a person first.

A person sees to what waits for a user first, then to what is in error; in each of these, to the oldest first.
"""

from collections import Counter
from collections.abc import Iterable
from heapq import nsmallest
from itertools import chain, islice
from operator import attrgetter
from typing import Final, NamedTuple

from agent_status_gateway.state.fold.row import Row
from agent_status_gateway.state.fold.rows import Rows
from agent_status_gateway.state.fold.schema import GlobalStateName
from agent_status_gateway.state.steps import Steps
from agent_status_publisher.contract.wire import SessionState

STEP_ROWS: Final = 1000
"""Rows that are counted in one step."""
WAITING: Final = SessionState.WAITING_FOR_USER
ERROR: Final = SessionState.ERROR
_state_name: Final = attrgetter("shown.state._value_")


class Tally(NamedTuple):
    """Counts of some rows.

    Attributes:
        id: The id of the rows.
        state: What the rows come to.
        waiting: The number of rows that wait for a user.
        in_error: The number of rows in error.
        working: The number of all others.
        first: The rows that need a person, at most as many as were asked for, those to be seen to first at the front.
    """

    id: str
    state: GlobalStateName
    waiting: int
    in_error: int
    working: int
    first: list[Row]


def tally(rows: Rows, most: int) -> Steps[Tally]:
    """Count rows, which must not change during it, and find at most this many that need a person."""
    counts: Counter[str] = Counter()
    first: list[Row] = []
    left = iter(rows.by_key.values())
    while batch := list(islice(left, STEP_ROWS)):
        counts.update(map(_state_name, batch))
        if most:
            first = nsmallest(most, chain(first, _in_need(batch)), key=_urgency)
        yield
    waiting, in_error = counts[WAITING._value_], counts[ERROR._value_]
    return Tally(rows.id, rows.state, waiting, in_error, len(rows) - waiting - in_error, first)


def _in_need(rows: Iterable[Row]) -> Iterable[Row]:
    return (row for row in rows if row.shown.state is WAITING or row.shown.state is ERROR)


def _urgency(row: Row) -> tuple[bool, float, str]:
    # The start as noted: that of now moves by how late a report came, and rows would change places.
    return row.shown.state is ERROR, row.noted_start, row.key
