"""Pure: one group of a summary: its sessions, counted by state."""

from collections.abc import Mapping
from typing import Any

from agent_status_gateway.state.deadlines import NEVER
from agent_status_gateway.state.views.summary.counts import Count, Counted
from agent_status_publisher.contract.wire import SessionState


class Group:
    """One group. It has few states at a time, so these are in a list."""

    __slots__ = ("_all_counted", "counts", "sessions")

    def __init__(self, all_counted: Mapping[str, Counted]) -> None:
        self.sessions = 0
        self.counts: list[Count] = []
        """One of each state that a session of the group is in."""
        self._all_counted = all_counted

    def add(self, state: SessionState, counted: Counted) -> Count:
        """Count a session in this state, and return where."""
        self.sessions += 1
        for count in self.counts:
            if count.state is state:
                break
        else:
            count = Count(state, self._all_counted)
            self.counts.append(count)
        count.add(counted)
        return count

    def remove(self, state_name: str) -> Count:
        """Count one session less in the state of this name, and return where it was."""
        self.sessions -= 1
        count = next(count for count in self.counts if count.state._value_ == state_name)
        count.remove()
        if not count.sessions:
            self.counts.remove(count)
        return count

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
