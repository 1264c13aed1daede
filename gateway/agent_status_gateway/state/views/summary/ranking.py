"""Pure: groups by their number of sessions, for a summary that has more than it shows, and all but the first as one.

It is brought up to date when it is asked, by the groups that have changed since then.
"""

from collections.abc import Container
from itertools import islice
from typing import Final

from agent_status_gateway.state.deadlines import NEVER, Deadlines
from agent_status_gateway.state.fold.sorted_keys import SortedKeys
from agent_status_gateway.state.views.summary.group import Group, name_in, order_of
from agent_status_publisher.contract.wire import SessionState

DIGITS: Final = 12
"""Digits of a number of sessions, in a rank."""


class Ranking:
    """Groups, those with most sessions first; of those with equally many, by name."""

    __slots__ = ("_groups", "_oldest", "_ranks")

    def __init__(self) -> None:
        self._groups = SortedKeys()  # each a number that is smaller with more sessions, and then the order of its name
        self._ranks: dict[str, str] = {}
        self._oldest = {state: Deadlines() for state in SessionState}

    def put(self, name: str | None, group: Group | None) -> None:
        """Note what a name's group is now; None if it has no session any more."""
        order = order_of(name)
        before = self._ranks.pop(order, None)
        if before is not None:
            self._groups.remove(before)
        if group is not None:
            self._ranks[order] = rank = f"{10**DIGITS - group.sessions:0{DIGITS}}{order}"
            self._groups.add(rank)
        for state, moments in self._oldest.items():
            moments.set(order, NEVER if group is None else group.oldest(state))

    def first(self, number: int) -> list[str | None]:
        """The names of the first groups."""
        return [name_in(rank[DIGITS:]) for rank in islice(self._groups, number)]

    def oldest_without(self, some: Container[str | None], state: SessionState) -> float:
        """Since when the oldest session in a state is in it, of all groups but some; infinity without any.

        Those that are left out and have older sessions are passed by one by one.
        """
        moments = self._oldest[state]
        passed: list[tuple[str, float]] = []
        while (moment := moments.earliest) != NEVER and (name := moments.take_due(moment)) is not None:
            passed.append((name, moment))
            if name_in(name) not in some:
                break
        for name, oldest in passed:
            moments.set(name, oldest)
        return moment
