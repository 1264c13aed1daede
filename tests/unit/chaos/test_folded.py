"""What a reader of change events knows."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos.clients.folded import Folded, differences

GLOBAL = {"state": "active", "active_sessions": 1, "max_concurrent": 5, "uptime_seconds": 60}


def row(key: str, state: str = "thinking", seconds: float = 0.0, **fields: Any) -> dict[str, Any]:
    return {"session_key": key, "title": None, "state": state, "duration_seconds": seconds, **fields}


def status(*rows: dict[str, Any]) -> dict[str, Any]:
    return {"global": GLOBAL, "sessions": list(rows)}


def change(base: str, *rows: dict[str, Any], gone: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"from": base, "global": GLOBAL, "sessions": list(rows), "gone": list(gone)}


@pytest.fixture
def folded() -> Folded:
    """A reader of two sessions, since the moment 0."""
    folded = Folded()
    folded.take("status", status(row("a"), row("b", seconds=2.5)), "1", 0.0)
    return folded


def test_a_status_is_all_that_is_known(folded: Folded) -> None:
    folded.take("status", status(row("c")), "2", 1.0)
    assert folded.states == {"c": "thinking"}
    assert folded.id == "2"


def test_a_change_replaces_rows_adds_rows_and_takes_away_rows(folded: Folded) -> None:
    folded.take("change", change("1", row("b", "streaming"), row("0"), gone=("a",)), "2", 1.0)
    assert folded.states == {"0": "thinking", "b": "streaming"}
    assert [row["session_key"] for row in folded.snapshot(1.0)["sessions"]] == ["0", "b"]


def test_a_change_brings_the_global_status(folded: Folded) -> None:
    folded.take("change", change("1") | {"global": GLOBAL | {"state": "degraded"}}, "2", 1.0)
    assert folded.snapshot(1.0)["global"]["state"] == "degraded"


def test_a_key_that_is_gone_and_was_never_known_is_ignored(folded: Folded) -> None:
    folded.take("change", change("1", gone=("came and went",)), "1", 1.0)
    assert folded.states == {"a": "thinking", "b": "thinking"}


def test_a_row_ages_from_the_event_that_brought_it(folded: Folded) -> None:
    folded.take("change", change("1", row("a", "streaming", 0.3)), "2", 10.0)
    snapshot = folded.snapshot(11.0)
    assert [row["duration_seconds"] for row in snapshot["sessions"]] == [1.3, 13.5]
    assert snapshot["global"]["uptime_seconds"] == 61


def test_an_event_of_another_kind_changes_nothing(folded: Folded) -> None:
    folded.take("feed", {"state": "lost", "since_seconds": 0.0}, None, 1.0)
    assert folded.id == "1"


@pytest.mark.parametrize("known", [True, False])
def test_a_change_from_another_snapshot_is_an_error(known: bool, folded: Folded) -> None:
    reader = folded if known else Folded()
    with pytest.raises(ValueError, match="a change from 0 came to a reader of"):
        reader.take("change", change("0"), "2", 1.0)


def test_an_event_without_an_id_is_an_error(folded: Folded) -> None:
    with pytest.raises(ValueError, match="must have an id"):
        folded.take("change", change("1"), None, 1.0)


snapshots = st.dictionaries(st.sampled_from("abcd"), st.sampled_from(["thinking", "streaming", "error"]))


@given(st.lists(snapshots, min_size=1), st.lists(st.booleans()))
def test_changes_come_to_the_last_snapshot_whatever_came_whole(
    history: list[dict[str, str]], are_whole: list[bool]
) -> None:
    folded, before = Folded(), dict[str, str]()
    for number, after in enumerate(history):
        is_whole = number == 0 or (number < len(are_whole) and are_whole[number])
        changed = [row(key, state) for key, state in after.items() if is_whole or before.get(key) != state]
        gone = tuple(before.keys() - after.keys())
        event = status(*changed) if is_whole else change(str(number - 1), *changed, gone=gone)
        folded.take("status" if is_whole else "change", event, str(number), float(number))
        before = after
    assert folded.states == history[-1]


def test_snapshots_that_differ_in_ages_by_a_second_are_the_same() -> None:
    later = status(row("a", seconds=1.1)) | {"global": GLOBAL | {"uptime_seconds": 61}}
    assert differences(later, status(row("a"))) == []


@pytest.mark.parametrize(
    ("folded", "difference"),
    [
        (status(row("a", seconds=1.3)), "duration_seconds of a is 1.3, not 0.0"),
        (status(row("a", title="T")), "title of a is 'T', not None"),
        (status(row("a", "error")), "state of a is 'error', not 'thinking'"),
        (status(row("b")), "the keys are ['b'], not ['a']"),
        (status(), "the keys are [], not ['a']"),
        (status(row("a")) | {"global": GLOBAL | {"state": "idle"}}, "state of global is 'idle', not 'active'"),
        (status(row("a")) | {"global": GLOBAL | {"uptime_seconds": 62}}, "uptime_seconds of global is 62, not 60"),
    ],
)
def test_every_other_difference_is_named(folded: dict[str, Any], difference: str) -> None:
    assert differences(folded, status(row("a"))) == [difference]
