"""The things that wait for one target."""

import pytest

from agent_status_gateway.cli.notify import backlog
from agent_status_gateway.cli.notify.attention.gathering import Item
from agent_status_gateway.cli.notify.attention.occurrence import Occurrence
from agent_status_gateway.cli.notify.attention.vigil import Episode
from agent_status_gateway.cli.notify.backlog import Backlog
from agent_status_gateway.cli.notify.rules.rule import Rule
from agent_status_gateway.cli.notify.rules.when import When

RULE = Rule(when=When(state="ended"), to=("ops",))


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def items(*keys: str) -> list[Item]:
    return [Item(0, RULE, Episode(Occurrence("ended", key, 0.0), 0.0)) for key in keys]


def keys(taken: list[Item] | None) -> list[str]:
    return [item.episode.occurrence.key for item in taken or []]


def test_batches_are_taken_in_their_order_and_then_there_is_none() -> None:
    # backlog: Rule 1
    waiting = Backlog(Clock())
    waiting.add(items("a", "b"))
    waiting.add(items("c"))
    assert [keys(waiting.take(0)), keys(waiting.take(0))] == [["a", "b"], ["c"]]
    assert waiting.take(0) is None


def test_what_is_looked_at_again_is_taken_once_its_moment_has_come() -> None:
    # backlog: Rule 1
    clock = Clock()
    waiting = Backlog(clock)
    for key, seconds in (("a", 5.0), ("b", 1.0), ("c", 5.0)):
        (item,) = items(key)
        waiting.add_later(item, seconds)
    assert keys(waiting.take_later()) == []
    clock.now += 1.0
    assert keys(waiting.take_later()) == ["b"]
    clock.now += 4.0
    assert keys(waiting.take_later()) == ["a", "c"]
    assert waiting.take_later() == []


def test_a_batch_too_many_is_dropped_until_there_is_room_again(monkeypatch: pytest.MonkeyPatch) -> None:
    # backlog: Rule 2
    monkeypatch.setattr(backlog, "MOST_BATCHES", 2)
    waiting = Backlog(Clock())
    assert [waiting.add(items(key, key)) for key in "abc"] == [0, 0, 2]
    assert waiting.batches == 2
    waiting.take(0)
    assert waiting.add(items("d")) == 0
    assert [keys(waiting.take(0)), keys(waiting.take(0))] == [["b", "b"], ["d"]]


def test_things_have_one_limit_in_batches_and_later(monkeypatch: pytest.MonkeyPatch) -> None:
    # backlog: Rule 2
    monkeypatch.setattr(backlog, "MOST_THINGS", 3)
    clock = Clock()
    waiting = Backlog(clock)
    one, two, three = items("a", "b", "c")
    assert waiting.add_later(one, 1.0) == 0
    assert waiting.add([two, three, three]) == 1, "of a batch, what fits is kept"
    assert waiting.add([three]) == 1
    assert waiting.add_later(three, 1.0) == 1
    assert keys(waiting.take(0)) == ["b", "c"]
    assert waiting.add_later(three, 2.0) == 0
    clock.now += 1.0
    assert keys(waiting.take_later()) == ["a"]
    assert waiting.add(items("d", "e", "f")) == 1
