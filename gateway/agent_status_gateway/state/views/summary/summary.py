"""Pure: rows counted in groups, kept up as rows come, change and go, and the id of their counts.

Rule 1. Counts are news, ages are not. The id is the sum of a hash of each count, with its group and its state. So it
        does not depend on the order in which rows came, and is equal on every replica.
Rule 2. A session's age is that of its state, as last noted (folded_rows: Rule 2).
Rule 3. A summary shows 1,000 groups at most: those with most sessions and, of those with equally many, the first by
        name. The rest of them are one group, which has another form than any other.
"""

from collections import Counter
from typing import Any, Final

from typing_extensions import override

from agent_status_gateway.state.fold.row import Row
from agent_status_gateway.state.fold.rows import SUMS, Rows
from agent_status_gateway.state.steps import Steps
from agent_status_gateway.state.text_hash import HASH_BYTES
from agent_status_gateway.state.views.summary.counts import Count, Counted, count_hash
from agent_status_gateway.state.views.summary.group import Group, described, order_of
from agent_status_gateway.state.views.summary.grouping import group_of
from agent_status_gateway.state.views.summary.ranking import Ranking
from agent_status_publisher.contract.wire import SessionState

MAX_GROUPS: Final = 1000
"""The most groups that are shown, that of the rest not among them."""
OTHER_GROUPS: Final = "other_groups"
"""The field of the rest that says how many groups it is."""
STEP_GROUPS: Final = 200
"""Groups that are looked at in one step."""


class Summary(Rows):
    """Rows, and how many there are in each group and state."""

    __slots__ = ("_counted", "_group_of", "_groups", "_hashes", "_ranking", "_totals", "_unhashed", "_unranked", "by")

    def __init__(self, by: str) -> None:
        super().__init__()
        self.by = by
        self._group_of = group_of(by)
        self._groups: dict[str | None, Group] = {}
        self._counted: dict[str, Counted] = {}
        self._hashes = 0
        self._unhashed: dict[Count, str | None] = {}  # counts that have changed since they were hashed → their groups
        self._totals: Counter[SessionState] = Counter()
        self._ranking: Ranking | None = None
        self._unranked: set[str | None] = set()  # names of groups that have changed since they were ranked

    @property
    @override
    def id(self) -> str:
        """Hash of each count with its group and its state, in hex."""
        self._hash()
        return f"{self._hashes:0{2 * HASH_BYTES}x}"

    @property
    @override
    def entries(self) -> int:
        """The number of groups, those of the rest among them."""
        return len(self._groups)

    @override
    def put(self, row: Row) -> None:
        super().put(row)
        name, state, start = self._group_of(row), row.shown.state, row.noted_start
        counted = (start, row.key, name, state._value_)
        before = self._counted.get(row.key)
        if before == counted:
            return
        if before is not None:
            self._uncount_row(before)
        group = self._groups.get(name)
        if group is None:
            group = self._groups[name] = Group(self._counted)
        self._counted[row.key] = counted
        self._note(name, group.add(state, counted), 1)

    @override
    def remove(self, key: str) -> bool:
        if not super().remove(key):
            return False
        self._uncount_row(self._counted[key])
        return True

    def shown(self, now: float) -> Steps[list[dict[str, Any]]]:
        """Describe the groups at `now`, by name, in steps during which the rows must not change."""
        names, rest = list(self._groups), []
        if len(names) > MAX_GROUPS:
            ranking = yield from self._ranked()
            names = ranking.first(MAX_GROUPS)
            rest = [self._rest(ranking, set(names), now)]
        else:
            self._ranking = None
            self._unranked.clear()
        shown: list[dict[str, Any]] = []
        for number, name in enumerate(sorted(names, key=order_of), 1):
            counts = self._groups[name].counts
            sessions = {count.state: count.sessions for count in counts}
            shown.append({self.by: name, **described(sessions, {count.state: count.oldest for count in counts}, now)})
            if not number % STEP_GROUPS:
                yield
        return shown + rest

    def _uncount_row(self, counted: Counted) -> None:
        _, key, name, state_name = counted
        del self._counted[key]
        group = self._groups[name]
        count = group.remove(state_name)
        if not group.sessions:
            del self._groups[name]
        self._note(name, count, -1)

    def _note(self, name: str | None, count: Count, difference: int) -> None:
        """Note that a session has come to a count of a group, or gone."""
        self._totals[count.state] += difference
        if self._ranking is not None:
            self._unranked.add(name)
        self._unhashed[count] = name
        if len(self._unhashed) == STEP_GROUPS:
            self._hash()

    def _hash(self) -> None:
        for count, name in self._unhashed.items():
            before, count.hash = count.hash, count_hash(self.by, name, count.state, count.sessions)
            self._hashes += count.hash - before
        self._hashes %= SUMS
        self._unhashed.clear()

    def _ranked(self) -> Steps[Ranking]:
        """Bring the ranking up to date."""
        if self._ranking is None:
            self._ranking = Ranking()
            self._unranked = set(self._groups)
        number = 0
        while self._unranked:
            name = self._unranked.pop()
            self._ranking.put(name, self._groups.get(name))
            number += 1
            if not number % STEP_GROUPS:
                yield
        return self._ranking

    def _rest(self, ranking: Ranking, first: set[str | None], now: float) -> dict[str, Any]:
        """Describe all groups but the first as one."""
        sessions = +self._totals
        for name in first:
            for count in self._groups[name].counts:
                sessions[count.state] -= count.sessions
        oldest = {state: ranking.oldest_without(first, state) for state, number in sessions.items() if number}
        return {OTHER_GROUPS: len(self._groups) - len(first), **described(sessions, oldest, now)}
