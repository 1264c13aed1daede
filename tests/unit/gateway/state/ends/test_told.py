"""The ends that a view tells."""

from typing import Any

import pytest

from agent_status_gateway.state.ends import told as module
from agent_status_gateway.state.ends.told import ToldEnds
from agent_status_gateway.state.steps import at_once
from agent_status_gateway.state.views.view import WHOLE, View
from agent_status_publisher.contract.wire import SessionState
from tests.support.builders.ends import end, index_of, told_keys

HOUR = WHOLE.with_ended(3600)
SOME = index_of(
    end("web:1", 1000, labels=(("team", "web"),)),
    end("web:2", 2000, parent="ci:7"),
    end("ci:8", 3000, parent="web:1", labels=(("team", "ci"), ("model", "o"))),
    end("alone", 4000),
)


def part(**fields: Any) -> View:
    values: dict[str, Any] = {name: frozenset(given) for name, given in fields.items()}
    return View(**values)


def view(**fields: Any) -> View:
    return part(**fields).with_ended(3600)


# view: Rule 7
@pytest.mark.parametrize(
    ("of", "keys"),
    [
        (HOUR, ["web:1", "web:2", "ci:8", "alone"]),
        (view(channel={"web"}), ["web:1", "web:2"]),
        (view(channel={"alone", "ci"}), ["ci:8", "alone"]),
        (view(session={"ci:8", "web:1", "nobody"}), ["web:1", "ci:8"]),
        (view(parent={"ci:7", "web:9"}), ["web:2"]),
        (view(label={"team:ci", "model:o"}), ["ci:8"]),
        (view(label={"team:web"}, channel={"ci"}), []),
        (view(state={SessionState.ERROR}, channel={"ci"}), ["ci:8"]),
    ],
)
def test_a_view_tells_the_ends_of_the_sessions_that_it_would_show(of: View, keys: list[str]) -> None:
    assert told_keys(of, SOME) == keys


@pytest.mark.parametrize(
    ("asked", "scope", "keys"),
    [
        ({}, {"channel": {"web"}}, ["web:1", "web:2"]),
        ({"channel": {"ci"}}, {"channel": {"web"}}, []),
        ({"session": {"web:1", "ci:8"}}, {"label": {"team:ci"}}, ["ci:8"]),
        ({"parent": {"ci:7"}}, {"channel": {"web"}}, []),
        ({"parent": {"ci:7"}}, {"channel": {"web", "ci"}}, ["web:2"]),
        ({"parent": {"web:1"}}, {"label": {"team:ci"}}, []),  # whether it is in the scope is not known
        ({"parent": {"web:1"}}, {"parent": {"web:1"}}, ["ci:8"]),
    ],
)
def test_nothing_of_an_end_leaks_out_of_a_scope(asked: Any, scope: Any, keys: list[str]) -> None:
    assert told_keys(view(**asked).narrowed_to(part(**scope)), SOME) == keys


# told: Rule 1
def test_an_end_is_told_until_it_is_older_than_was_asked() -> None:
    minute = WHOLE.with_ended(60)
    assert told_keys(minute, index_of(end("a", 59_000), end("b", 1000)), 1.0) == ["b", "a"]
    assert told_keys(minute, index_of(end("a", 59_000), end("b", 1000)), 1.1) == ["b"]


# told: Rule 2
def test_only_the_newest_are_told_and_those_of_one_moment_by_their_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_TOLD", 3)
    monkeypatch.setattr(module, "STEP_ENDS", 2)
    many = index_of(*(end(f"web:{number}", 1000 * (number // 2)) for number in (5, 3, 0, 2, 1, 4)))
    assert told_keys(HOUR, many) == ["web:0", "web:1", "web:2"]


def test_what_is_told_is_counted_into_the_id_and_out_again() -> None:
    total = 0

    def count(part: int) -> None:
        nonlocal total
        total += part

    ends = ToldEnds(3600, HOUR.shows_end, count)
    at_once(ends.fill(SOME))
    assert (len(ends), total) == (4, sum(one.hash for one in SOME.told.values()))
    assert not ends.put("web:1", SOME.told["web:1"]), "it is the same"
    assert not ends.put("nobody", None)
    assert all(ends.put(key, None) for key in SOME.told)
    assert (len(ends), total) == (0, 0)


def test_some_keys_alone_may_be_asked_for() -> None:
    ends = ToldEnds(3600, HOUR.shows_end, lambda _: None)
    at_once(ends.fill(SOME))
    assert [b"ci:8" in text for text in at_once(ends.newest(0.0, ["web:1", "nobody", "ci:8"]))] == [False, True]
