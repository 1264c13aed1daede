"""What is due, gathered: grouped, held in quiet hours, and left out once it is over."""

from collections.abc import Callable

import pytest

from agent_status_gateway.cli.notify.attention import gathering
from agent_status_gateway.cli.notify.attention.gathering import Batch, Gathering
from agent_status_gateway.cli.notify.attention.occurrence import Occurrence
from agent_status_gateway.cli.notify.attention.vigil import Episode
from agent_status_gateway.cli.notify.rules.rule import Rule
from agent_status_gateway.cli.notify.rules.when import When

NOW = 100.0


def rule(*to: str, **fields: float | bool) -> Rule:
    return Rule.model_validate({"when": When(state="waiting_for_user"), "to": to or ("ops",), **fields})


def episode(key: str) -> Episode:
    return Episode(Occurrence("waiting_for_user", key, 0.0), NOW)


def always(_number: int) -> bool:
    return True


def ready(
    gathered: Gathering, now: float, *, is_quiet: bool = False, is_current: Callable[[int], bool] = always
) -> dict[str, list[str]]:
    batches: list[Batch] = gathered.take_ready(now, is_quiet=is_quiet, is_current=is_current)
    assert len({batch.target for batch in batches}) == len(batches)
    return {batch.target: [item.episode.occurrence.key for item in batch.items] for batch in batches}


def test_what_becomes_due_within_the_groups_seconds_is_one_batch() -> None:
    # gathering: Rule 1
    gathered, waits = Gathering(), rule(group_seconds=10.0)
    gathered.add(0, waits, [episode("web:1")], NOW)
    gathered.add(0, waits, [episode("web:2")], NOW + 9.0)
    assert ready(gathered, NOW + 9.9) == {}
    assert ready(gathered, NOW + 10.0) == {"ops": ["web:1", "web:2"]}
    assert ready(gathered, NOW + 99.0) == {}


def test_a_large_batch_does_not_wait_for_more(monkeypatch: pytest.MonkeyPatch) -> None:
    # gathering: Rule 1
    monkeypatch.setattr(gathering, "LARGE", 3)
    gathered, waits = Gathering(), rule(group_seconds=3600.0)
    gathered.add(0, waits, [episode("web:1"), episode("web:2")], NOW)
    assert ready(gathered, NOW + 1.0) == {}
    gathered.add(0, waits, [episode("web:3")], NOW + 1.0)
    assert ready(gathered, NOW + 1.0) == {"ops": ["web:1", "web:2", "web:3"]}


def test_each_target_of_a_rule_is_told_once_however_often_it_is_named() -> None:
    gathered = Gathering()
    gathered.add(0, rule("ops", "phone", "ops", group_seconds=0.0), [episode("web:1")], NOW)
    assert ready(gathered, NOW) == {"ops": ["web:1"], "phone": ["web:1"]}


def test_what_is_over_before_its_group_closes_is_not_told() -> None:
    # gathering: Rule 2
    gathered, over = Gathering(), episode("web:1")
    gathered.add(0, rule(group_seconds=5.0), [over, episode("web:2")], NOW)
    over.is_over = True
    assert ready(gathered, NOW + 5.0) == {"ops": ["web:2"]}


def test_quiet_hours_hold_what_is_due_and_their_end_tells_what_is_still_true_in_one_batch() -> None:
    # gathering: Rule 3
    gathered, over = Gathering(), episode("web:1")
    gathered.add(0, rule(group_seconds=0.0), [over, episode("web:2")], NOW)
    gathered.add(1, rule(group_seconds=0.0), [episode("web:3")], NOW)
    assert ready(gathered, NOW, is_quiet=True) == {}
    over.is_over = True
    assert ready(gathered, NOW + 9.0, is_quiet=False) == {"ops": ["web:2", "web:3"]}


def test_a_rule_without_quiet_hours_tells_in_them() -> None:
    gathered = Gathering()
    gathered.add(0, rule(group_seconds=0.0, quiet_hours=False), [episode("web:1")], NOW)
    assert ready(gathered, NOW, is_quiet=True) == {"ops": ["web:1"]}


def test_nothing_is_told_while_its_rule_has_no_current_snapshot() -> None:
    # gathering: Rule 5
    gathered = Gathering()
    gathered.add(0, rule("ops", group_seconds=0.0), [episode("web:1")], NOW)
    gathered.add(1, rule("phone", group_seconds=0.0), [episode("web:2")], NOW)
    assert ready(gathered, NOW, is_current=lambda number: number == 1) == {"phone": ["web:2"]}
    assert ready(gathered, NOW) == {"ops": ["web:1"]}


def test_what_was_held_waits_for_a_current_snapshot_too() -> None:
    gathered = Gathering()
    gathered.add(0, rule(group_seconds=0.0), [episode("web:1")], NOW)
    assert ready(gathered, NOW, is_quiet=True) == {}
    assert ready(gathered, NOW, is_current=lambda _: False) == {}
    assert ready(gathered, NOW) == {"ops": ["web:1"]}


def test_what_is_held_has_a_limit_and_the_oldest_is_dropped_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    # gathering: Rule 4
    monkeypatch.setattr(gathering, "MOST_HELD", 2)
    gathered = Gathering()
    gathered.add(0, rule(group_seconds=0.0), [episode(f"web:{number}") for number in range(3)], NOW)
    assert ready(gathered, NOW, is_quiet=True) == {}
    assert ready(gathered, NOW) == {"ops": ["web:1", "web:2"]}
    assert gathered.take_dropped() == [("ops", 1)]
    assert gathered.take_dropped() == []
