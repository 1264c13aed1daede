"""Pure: one group of a summary: its sessions, counted by state."""

from collections.abc import Mapping
from typing import Any

from agent_status_gateway.state.deadlines import NEVER
from agent_status_gateway.state.views.summary.counts import Count, Counted
from agent_status_publisher.contract.wire import SessionState


class Group:
    """One group. It has few states at a time, so these are in a list."""

    __slots__ = ("counts", "name", "sessions")

    def __init__(self, name: str | None) -> None:
        self.name = name
        self.sessions = 0
        self.counts: list[Count] = []
        """One of each state that a session of the group is in."""

    def add(self, state: SessionState, start: float) -> Counted:
        """Count a session whose state began at this moment."""
        self.sessions += 1
        for count in self.counts:
            if count.state is state:
                return count.add(start)
        count = Count(state)
        self.counts.append(count)
        return count.add(start)

    def remove(self, counted: Counted) -> None:
        """Count a session no more."""
        self.sessions -= 1
        counted.count.remove(counted)
        if not counted.count.sessions:
            self.counts.remove(counted.count)

    def oldest(self, state: SessionState) -> float:
        """Since when the oldest session in a state is in it; infinity without any."""
        return next((count.oldest for count in self.counts if count.state is state), NEVER)


def order_of(name: str | None) -> str:
    """The order of a group: by name, and the one without a name last. No two groups of a summary have the same."""
    return "1" if name is None else f"0{name}"


def name_in(order: str) -> str | None:
    """The name that an order is of."""
    return order[1:] if order[0] == "0" else None


def described(sessions: Mapping[SessionState, int], oldest: Mapping[SessionState, float], now: float) -> dict[str, Any]:
    """Describe what was counted at `now`: only the states that occur, in the order in which they are declared."""
    states = [state for state in SessionState if sessions.get(state)]
    return {
        "sessions": sum(sessions.values()),
        "states": {state.value: sessions[state] for state in states},
        "oldest_seconds": {state.value: int(max(0.0, now - oldest[state])) for state in states},
    }
