"""Each time that all sessions are idle is told once, by any number of notifiers that are blind or down at any time."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st

from agent_status_gateway.cli.notify.attention.occurrence import ALL_SESSIONS, Occurrence
from agent_status_gateway.cli.notify.attention.vigil import Episode, Sight, Vigil
from agent_status_gateway.cli.notify.ledger.entries import Act, claimed, ended, noted, settled
from agent_status_gateway.cli.notify.ledger.ledger import SAME_SECONDS, Claim, Entry
from agent_status_gateway.cli.notify.ledger.row import Row

START: Final = 1_000_000.0
TICK: Final = 0.5
MOST_LAG: Final = 1.0
LEAST: Final = SAME_SECONDS + MOST_LAG + 1.5
"""Seconds that a period lasts at least, and that lie between two: shorter ones may be taken for one."""
MOST_DELAY: Final = 4.0
IDLE: Final = Occurrence("idle", ALL_SESSIONS, None)
Span = tuple[float, float]
ALWAYS: Final[Span] = (START, float("inf"))


@dataclass
class Shared:
    """What notifiers share: the row of the one thing, and what was told at which moments."""

    row: Row | None = None
    told: list[float] = field(default_factory=list)

    def ask(self, act: Act, entry: Entry, now: float) -> Claim:
        written, answer = act(self.row, entry, now)
        self.row = self.row if written is None else written
        return answer


@dataclass
class Life:
    """One start of a notifier, and when it runs and is blind."""

    runs: Span
    blind: list[Span]
    lag: float
    delay: float
    catches_up: bool

    def sees(self, now: float) -> bool:
        return self.runs[0] <= now < self.runs[1] and not any(begin <= now < end for begin, end in self.blind)


class Notifier:
    """A notifier whose moments are given, and which looks only when there is news."""

    def __init__(self, name: str, life: Life, for_seconds: float, shared: Shared) -> None:
        self._name, self._life, self._shared = name, life, shared
        self._vigil = Vigil(for_seconds, life.runs[0], catches_up=life.catches_up, is_of_all=True)
        self._waiting: list[tuple[float, Episode]] = []
        self._last: bool | None = None

    def tick(self, periods: Sequence[Span], now: float) -> None:
        if not self._life.sees(now):
            self._vigil.look_away()
            self._last = None
            return
        is_idle = period_at(periods, now - self._life.lag) is not None
        if is_idle is not self._last:
            self._vigil.look([IDLE] if is_idle else [], now)
            self._last = is_idle
        if over := self._vigil.take_over():
            self._shared.ask(ended, entry_of(over, now), now)
        for episode in self._vigil.take_due(now):
            if not episode.is_old:
                self._shared.ask(noted, self._entry(episode, now), now)
            self._waiting.append((now + self._life.delay, episode))
        ready = [episode for moment, episode in self._waiting if moment <= now]
        self._waiting = [one for one in self._waiting if one[0] > now]
        for episode in ready:
            self._tell(episode, now)

    def _tell(self, episode: Episode, now: float) -> None:
        entry = self._entry(episode, now)
        if episode.is_over:
            return
        claim = partial(claimed, owner=self._name, id_="msg", lease_seconds=30.0)
        answer = self._shared.ask(claim, entry, now)
        if answer.id is not None:
            self._shared.told.append(now - self._life.lag)
            self._shared.ask(partial(settled, owner=self._name), entry, now)

    def _entry(self, episode: Episode, now: float) -> Entry:
        assert episode.sight is not None
        return entry_of(episode.sight, now)._replace(must_be_noted=episode.is_old)


def entry_of(sight: Sight, now: float) -> Entry:
    return Entry("idle", now - sight.seen_at, False, now - sight.untrue_at, now - sight.over_at)


def period_at(periods: Sequence[Span], moment: float) -> int | None:
    return next((number for number, (begin, end) in enumerate(periods) if begin <= moment < end), None)


def spans(most: int) -> st.SearchStrategy[list[Span]]:
    """Spans of time in half seconds, one after the other."""
    lengths = st.tuples(st.integers(1, 40), st.integers(1, 60))

    def placed(pairs: list[tuple[int, int]]) -> list[Span]:
        found, now = [], START
        for gap, length in pairs:
            found.append((now + gap * TICK, now + (gap + length) * TICK))
            now = found[-1][1]
        return found

    return st.lists(lengths, max_size=most).map(placed)


@st.composite
def periods(draw: st.DrawFn) -> list[Span]:
    found, now = [], START
    for gap, length in draw(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 60)), min_size=1, max_size=4)):
        begin = now + LEAST + gap * TICK
        found.append((begin, begin + LEAST + length * TICK))
        now = found[-1][1]
    return found


@st.composite
def lives(draw: st.DrawFn) -> list[Life]:
    lag = draw(st.sampled_from([0.0, TICK, MOST_LAG]))
    blind = draw(spans(3))
    runs = draw(st.one_of(st.just([ALWAYS]), spans(3)))
    return [Life(span, blind, lag, draw(st.sampled_from([0.0, MOST_DELAY])), draw(st.booleans())) for span in runs]


def run(truth: Sequence[Span], all_lives: Sequence[Life], for_seconds: float) -> Shared:
    shared = Shared()
    notifiers = [Notifier(str(number), life, for_seconds, shared) for number, life in enumerate(all_lives)]
    for number in range(int((truth[-1][1] - START) / TICK) + 20):
        for notifier in notifiers:
            notifier.tick(truth, START + number * TICK)
    return shared


@settings(max_examples=300, deadline=None)
@given(periods(), st.lists(lives(), min_size=1, max_size=4), st.sampled_from([0.0, 12.0]))
def test_each_period_is_told_at_most_once(truth: list[Span], given_lives: list[list[Life]], for_seconds: float) -> None:
    shared = run(truth, [life for own in given_lives for life in own], for_seconds)
    told = [period_at(truth, moment) for moment in shared.told]
    assert len(told) == len(set(told)), told
    assert None not in told


@settings(max_examples=300, deadline=None)
@given(periods(), st.lists(lives(), max_size=3), st.sampled_from([0.0, 12.0]), st.sampled_from([0.0, TICK, MOST_LAG]))
def test_each_period_that_lasts_is_told_if_a_notifier_that_saw_its_beginning_lives(
    truth: list[Span], given_lives: list[list[Life]], for_seconds: float, lag: float
) -> None:
    constant = Life(ALWAYS, [], lag, 0.0, catches_up=False)
    others = [life for own in given_lives for life in own]
    shared = run(truth, [*others, constant], for_seconds)
    long = {n for n, (begin, end) in enumerate(truth) if end - begin > for_seconds + MOST_LAG + MOST_DELAY + 2 * TICK}
    assert long <= {period_at(truth, moment) for moment in shared.told}
