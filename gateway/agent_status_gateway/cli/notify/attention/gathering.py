"""Pure: what is due, gathered into batches for the targets. Moments are seconds on one monotonic clock.

Rule 1. What one rule tells one target within `group_seconds` of the first is one batch. A large one is told at once.
Rule 2. What is over before it is told is not told.
Rule 3. In quiet hours batches are held. At their end, each target is told in one batch what is still true.
Rule 4. What is held has a limit: then the oldest is dropped, and counted.
Rule 5. Nothing is told while its rule has no current snapshot: it may not be true any more.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from agent_status_gateway.cli.notify.attention.vigil import Episode
from agent_status_gateway.cli.notify.rules.rule import Rule

MOST_HELD: Final = 1000
"""The most that is held for one target."""
LARGE: Final = 10_000
"""The number of things with which a batch no longer waits for more."""


class Item(NamedTuple):
    """Something to tell, and the rule that says so, with its number."""

    number: int
    rule: Rule
    episode: Episode


class Batch(NamedTuple):
    """Everything that is told one target in one message."""

    target: str
    items: list[Item]


class _Group:
    __slots__ = ("closes_at", "items")

    def __init__(self, closes_at: float) -> None:
        self.closes_at = closes_at
        self.items: list[Item] = []


class Gathering:
    """Everything that waits to be told."""

    def __init__(self) -> None:
        self._groups: dict[tuple[int, str], _Group] = {}
        self._held: dict[str, deque[Item]] = {}
        self._dropped: Counter[str] = Counter()

    def add(self, number: int, rule: Rule, episodes: Iterable[Episode], now: float) -> None:
        """Take what the rule of this number has due."""
        for episode in episodes:
            for target in dict.fromkeys(rule.to):
                group = self._groups.setdefault((number, target), _Group(now + rule.group_seconds))
                group.items.append(Item(number, rule, episode))
                if len(group.items) >= LARGE:
                    group.closes_at = now

    def take_ready(self, now: float, *, is_quiet: bool, is_current: Callable[[int], bool]) -> list[Batch]:
        """Take the batches that are to be told now. `is_current` says whether a rule has a current snapshot."""
        batches: list[Batch] = []
        if not is_quiet:
            batches += self._take_held(is_current)
        for place, group in list(self._groups.items()):
            number, target = place
            if group.closes_at > now or not is_current(number):
                continue
            del self._groups[place]
            items = _still_true(group.items)
            if is_quiet and items and items[0].rule.quiet_hours:
                self._hold(target, items)
            else:
                batches.append(Batch(target, items))
        return [batch for batch in batches if batch.items]

    def _take_held(self, is_current: Callable[[int], bool]) -> list[Batch]:
        held, self._held = self._held, {}
        batches = []
        for target, items in held.items():
            batches.append(Batch(target, [item for item in _still_true(items) if is_current(item.number)]))
            if later := [item for item in items if not is_current(item.number)]:
                self._hold(target, later)
        return batches

    def take_dropped(self) -> list[tuple[str, int]]:
        """Take how much was dropped for which target since the last time."""
        dropped, self._dropped = self._dropped, Counter()
        return list(dropped.items())

    def _hold(self, target: str, items: list[Item]) -> None:
        held = self._held.setdefault(target, deque())
        held.extend(items)
        while len(held) > MOST_HELD:
            held.popleft()
            self._dropped[target] += 1


def _still_true(items: Iterable[Item]) -> list[Item]:
    return [item for item in items if not item.episode.is_over]
