"""Pure: how many sessions are in each state, since when the oldest is, and how long an agent has made no call.

These are figures of all sessions of the snapshot. They name none of them.
"""

from itertools import islice
from typing import Final, NamedTuple

from agent_status_gateway.state.fold.rows import Rows
from agent_status_gateway.state.steps import Steps
from agent_status_publisher.contract.wire import SessionState

STEP_ROWS: Final = 1000
"""Rows that are looked at in one step."""


class StateAges(NamedTuple):
    """Figures of the sessions in one state; 0 without any.

    Attributes:
        sessions: The number of them.
        oldest_seconds: How long the one has been in it that has been longest.
        quietest_seconds: How long the one has been without a call of its agent that has been longest.
    """

    sessions: int = 0
    oldest_seconds: float = 0.0
    quietest_seconds: float = 0.0


Ages = dict[SessionState, StateAges]
"""Figures of each state."""
NO_AGES: Final[Ages] = dict.fromkeys(SessionState, StateAges())
"""Figures of no sessions."""


def ages(rows: Rows, now: float) -> Steps[Ages]:
    """Find the figures of rows, which must not change during it, at `now`, on the clock of their moments."""
    sessions = dict.fromkeys(SessionState, 0)
    started_at, called_at = dict.fromkeys(SessionState, now), dict.fromkeys(SessionState, now)
    left = iter(rows.by_key.values())
    while batch := list(islice(left, STEP_ROWS)):
        for row in batch:
            state = row.shown.state
            sessions[state] += 1
            started_at[state] = min(started_at[state], row.noted_start)
            called_at[state] = min(called_at[state], row.called_at)
        yield
    return {one: StateAges(sessions[one], now - started_at[one], now - called_at[one]) for one in SessionState}
