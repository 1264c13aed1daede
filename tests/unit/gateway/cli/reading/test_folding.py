"""The snapshot that change events come to."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_status_gateway.cli.reading.answers import Change
from agent_status_gateway.cli.reading.folding import Fold, GapError
from agent_status_gateway.state.fold.schema import EndedStatus, SessionStatus, Snapshot
from tests.unit.gateway.cli.terminal.snapshots import row, snapshot

AGES = {"duration_seconds"}
keys = st.sampled_from([f"web:{number}" for number in range(6)])
rows = st.builds(
    row,
    keys,
    state=st.sampled_from(["thinking", "streaming", "error"]),
    title=st.sampled_from([None, "one", "two"]),
    duration_seconds=st.integers(0, 99).map(float),
)
snapshots = st.lists(rows, unique_by=lambda one: one["session_key"]).map(
    lambda some: snapshot(*sorted(some, key=lambda one: one["session_key"]))
)


def change(from_: str, *rows: SessionStatus, gone: tuple[str, ...] = ()) -> Change:
    return {"from": from_, **snapshot(*rows), "gone": list(gone)}


def shown(one: SessionStatus | None) -> dict[str, Any]:
    return {} if one is None else {name: value for name, value in one.items() if name not in AGES}


def difference(before: Snapshot, after: Snapshot, also_gone: set[str]) -> Change:
    """What a gateway sends: rows in which anything but the age differs, and who is not there any more."""
    old = {one["session_key"]: one for one in before["sessions"]}
    new = {one["session_key"] for one in after["sessions"]}
    return {
        "from": "before",
        "global": after["global"],
        "sessions": [one for one in after["sessions"] if shown(old.get(one["session_key"])) != shown(one)],
        "gone": sorted((old.keys() | also_gone) - new),
    }


# folding: Rule 2
# folding: Rule 3
@given(before=snapshots, after=snapshots, also_gone=st.sets(keys), seconds=st.integers(0, 9))
def test_the_difference_of_two_snapshots_folded_into_the_first_gives_the_second(
    before: Snapshot, after: Snapshot, also_gone: set[str], seconds: int
) -> None:
    fold = Fold()
    fold.begin(before, "before", 100.0)
    fold.take(difference(before, after, also_gone), "after", 100.0 + seconds)
    folded = fold.snapshot
    assert folded["global"] == after["global"]
    assert [shown(one) for one in folded["sessions"]] == [shown(one) for one in after["sessions"]]
    old = {one["session_key"]: one for one in before["sessions"]}
    for one, of_after in zip(folded["sessions"], after["sessions"], strict=True):
        same = old.get(one["session_key"])
        is_old = same is not None and shown(same) == shown(of_after)
        expected = same["duration_seconds"] + seconds if is_old and same else of_after["duration_seconds"]
        assert one["duration_seconds"] == expected


def test_a_row_ages_from_the_event_that_brought_it_and_is_rounded_once() -> None:
    fold = Fold()
    fold.begin(snapshot(row("web:1", duration_seconds=1.0), row("web:2", duration_seconds=1.0)), "a", 10.0)
    for number in range(10):
        fold.take(change(fold.id, row("web:2", duration_seconds=0.0)), f"b{number}", 10.04 * (1 + number))
    assert [one["duration_seconds"] for one in fold.snapshot["sessions"]] == [91.4, 0.0]


def ended(*ends: tuple[str, float]) -> list[EndedStatus]:
    return [
        {"session_key": key, "title": None, "outcome": "done", "ended_seconds_ago": seconds, "error_message": None}
        for key, seconds in ends
    ]


# folding: Rule 4
def test_a_session_that_has_ended_is_told_until_it_is_open_again_or_ended_too_long_ago() -> None:
    fold = Fold(60)
    fold.begin({**snapshot(row("web:1")), "ended": ended(("web:2", 1.0), ("web:3", 58.0), ("web:4", 9.0))}, "a", 10.0)
    fold.take({**change("a", row("web:4"), gone=("web:1",)), "ended": ended(("web:1", 0.1))}, "b", 11.5)
    assert fold.snapshot.get("ended") == ended(("web:1", 0.1), ("web:2", 2.5), ("web:3", 59.5))
    fold.take({**change("b", gone=("web:2",)), "ended": []}, "c", 12.1)
    assert fold.snapshot.get("ended") == ended(("web:1", 0.7))
    fold.begin(snapshot(row("web:1")), "d", 13.0)
    assert "ended" not in fold.snapshot


# folding: Rule 1
def test_a_change_of_another_snapshot_than_the_last_one_is_a_gap_and_takes_nothing() -> None:
    fold = Fold()
    with pytest.raises(GapError):
        fold.take(change(""), "a", 0.0)
    fold.begin(snapshot(row("web:1")), "a", 0.0)
    with pytest.raises(GapError):
        fold.take(change("b", gone=("web:1",)), "c", 1.0)
    assert fold.snapshot == snapshot(row("web:1"))
    assert fold.id == "a"


def test_a_whole_snapshot_takes_the_place_of_all_before() -> None:
    fold = Fold()
    fold.begin(snapshot(row("web:1")), "a", 0.0)
    fold.begin(snapshot(row("web:2")), "b", 1.0)
    fold.take(change("b", row("web:3"), gone=("web:9",)), "c", 1.0)
    assert [one["session_key"] for one in fold.snapshot["sessions"]] == ["web:2", "web:3"]


# folding: Rule 2
def test_the_seconds_without_a_call_go_on_as_the_duration_does() -> None:
    fold = Fold()
    fold.begin(snapshot(row("web:1", quiet_seconds=2.0)), "a", 10.0)
    fold.take(change("a"), "b", 13.5)
    assert fold.snapshot["sessions"][0]["quiet_seconds"] == 5.5
