"""Pure: what `wait` waits for: a state of the fleet, of any session, or of one.

Rule 1: a session's state is reached when any session is in it; with a key, when that one is.
Rule 2: a global state is the fleet's; with a key, the one that a fleet of this session alone would have: `idle` when it
        is not open, `degraded` when it is in error, else `active`.
Rule 3: in a view, the fleet is the sessions of the view.
"""

from dataclasses import dataclass
from typing import Final, get_args

from agent_status_gateway.cli.reading.asked_view import keeps_sessions
from agent_status_gateway.cli.terminal.changes import fleet_line, session_line
from agent_status_gateway.cli.terminal.presentation import in_order
from agent_status_gateway.plain_text import plain
from agent_status_gateway.state.fold.schema import GlobalStateName, SessionStateName, SessionStatus, Snapshot
from agent_status_gateway.state.views.view import WHOLE, View

GLOBAL_STATES: Final[tuple[str, ...]] = get_args(GlobalStateName)
SESSION_STATES: Final[tuple[str, ...]] = get_args(SessionStateName)
STATES: Final = (*GLOBAL_STATES, *SESSION_STATES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """Any of these states, of any session or of the one with this key.

    Attributes:
        view: The view that is read: no other session counts.
    """

    states: frozenset[str]
    session_key: str | None = None
    view: View = WHOLE

    def line(self, snapshot: Snapshot) -> str | None:
        """Line that shows that the goal is reached; None until it is."""
        rows = in_order(snapshot["sessions"])
        if self.session_key is not None:
            return self._line_of_one([row for row in rows if row["session_key"] == self.session_key])
        reached = [row for row in rows if row["state"] in self.states]
        if reached:
            return session_line(reached[0])
        return fleet_line(snapshot["global"]) if snapshot["global"]["state"] in self.states else None

    def _line_of_one(self, rows: list[SessionStatus]) -> str | None:
        if not rows:
            absent = "is not open" if keeps_sessions(self.view) else "is not in the view"
            return f"{plain(self.session_key or '')} {absent}" if "idle" in self.states else None
        state = rows[0]["state"]
        alone = "degraded" if state == "error" else "active"
        return session_line(rows[0]) if {state, alone} & self.states else None

    def __str__(self) -> str:
        who = "the fleet" if self.states <= set(GLOBAL_STATES) else "a session"
        where = "" if self.view.is_whole else f" in the view {self.view.query()}"
        states = " or ".join(state for state in STATES if state in self.states)
        return f"{self.session_key or who} is {states}{where}"
