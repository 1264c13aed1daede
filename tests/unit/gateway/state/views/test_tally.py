"""Counts of rows, and the rows that need a person first."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_status_gateway.state.steps import at_once
from agent_status_gateway.state.views import tally as tally_module
from agent_status_gateway.state.views.tally import tally
from agent_status_publisher.contract.wire import SessionState
from chaos.workers.reports import session
from tests.support.builders.tallies import keys_of, rows_of, tally_of

STATES = [state.value for state in SessionState]


def test_no_rows_are_idle() -> None:
    found = tally_of()
    assert (found.state, found.waiting, found.in_error, found.working, found.first) == ("idle", 0, 0, 0, [])


def test_whoever_waits_comes_first_and_in_each_state_the_oldest() -> None:
    found = tally_of(
        session("a", "error", changed_ms=90_000),
        session("b", "waiting_for_user", changed_ms=10_000),
        session("c", "waiting_for_user", changed_ms=50_000),
        session("d", "tool_running", changed_ms=99_000),
        session("e", "error", changed_ms=95_000),
        session("f", "waiting_for_user", changed_ms=10_000),
    )
    assert keys_of(found.first) == ["c", "b", "f", "e", "a"]
    assert (found.state, found.waiting, found.in_error, found.working) == ("degraded", 3, 2, 1)


def test_rows_keep_their_places_though_their_starts_are_known_only_to_a_second() -> None:
    rows = rows_of(
        session("a", "error", changed_ms=20_000),
        session("b", "error", changed_ms=20_400),
    )
    row = rows.by_key["a"]
    row.source = rows_of(session("a", "error", changed_ms=20_900)).by_key["a"].source
    rows.note_moments(row)
    assert row.started_at < rows.by_key["b"].started_at
    assert keys_of(at_once(tally(rows, 2)).first) == ["b", "a"]


@given(st.lists(st.tuples(st.sampled_from(STATES), st.integers(0, 9)), max_size=30), st.integers(0, 8))
def test_the_counts_and_the_order_are_those_of_all_rows_at_once(states: list[tuple[str, int]], most: int) -> None:
    sessions = [session(f"web:{number:02}", state, changed_ms=age * 1000) for number, (state, age) in enumerate(states)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tally_module, "STEP_ROWS", 3)
        found = tally_of(*sessions, most=most)
    by_state = {state: sum(one.state == state for one in sessions) for state in STATES}
    assert found.waiting == by_state["waiting_for_user"]
    assert found.in_error == by_state["error"]
    assert found.working == by_state["thinking"] + by_state["tool_running"] + by_state["streaming"]
    in_need = sorted(
        (one for one in sessions if one.state in ("waiting_for_user", "error")),
        key=lambda one: (one.state == "error", -one.changed_ms, one.key),
    )
    assert keys_of(found.first) == [one.key for one in in_need[:most]]


def test_many_rows_are_counted_in_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tally_module, "STEP_ROWS", 10)
    rows = rows_of(*(session(f"web:{number}", "error") for number in range(21)))
    assert len(list(tally(rows, 50))) == 3
