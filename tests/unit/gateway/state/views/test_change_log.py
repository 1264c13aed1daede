"""What changed since a version of a view."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_status_gateway.state.views import change_log
from agent_status_gateway.state.views.change_log import ChangeLog

KEYS = ("a", "b", "c", "d")
steps = st.lists(st.lists(st.sampled_from(KEYS), max_size=4) | st.none())
"""The keys that change in each version; None where everything before is forgotten."""


def logged(steps: list[list[str] | None]) -> ChangeLog:
    log = ChangeLog()
    for keys in steps:
        if keys is None:
            log.forget()
        else:
            log.note(keys)
    return log


# change_log: Rule 1
@given(steps)
def test_what_changed_since_a_version_is_all_that_changed_in_those_after_it(steps: list[list[str] | None]) -> None:
    log = logged(steps)
    assert log.version == len(steps)
    for version in range(len(steps) + 1):
        after = steps[version:]
        keys = log.since(version)
        if None in after:
            assert keys is None
        else:
            assert keys is not None
            assert sorted(keys) == sorted({key for some in after for key in some or ()})


def test_nothing_has_changed_since_the_newest_version() -> None:
    assert logged([["a"]]).since(1) == []


def test_of_no_version_before_the_first_it_is_known_what_changed() -> None:
    assert ChangeLog().since(-1) is None


# change_log: Rule 1
def test_a_key_that_changed_twice_counts_once_and_by_its_last_change() -> None:
    log = logged([["a"], ["b"], ["a"]])
    assert sorted(log.since(0) or ()) == ["a", "b"]
    assert log.since(2) == ["a"]


# change_log: Rule 2
@given(steps=st.lists(st.lists(st.sampled_from(KEYS), max_size=4)), most=st.integers(0, 4))
def test_a_log_that_has_dropped_keys_knows_all_that_changed_or_says_that_it_does_not(
    steps: list[list[str]], most: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(change_log, "MAX_LOGGED_KEYS", most)
        log = logged([*steps])
        for version in range(len(steps) + 1):
            true = {key for some in steps[version:] for key in some}
            keys = log.since(version)
            assert keys is None or set(keys) == true
            assert (keys is None) is (len(true) > most)


# change_log: Rule 2
def test_a_log_is_bounded_and_drops_what_changed_longest_ago(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(change_log, "MAX_LOGGED_KEYS", 3)
    log = logged([[f"{number}"] for number in range(100)])
    assert len(log._changed) == 3
    assert log.since(96) is None
    assert log.since(97) == ["99", "98", "97"]
