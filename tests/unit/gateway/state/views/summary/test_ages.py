"""Figures of the sessions in each state."""

import pytest

from agent_status_gateway.state.steps import at_once
from agent_status_gateway.state.views.summary import ages as ages_module
from agent_status_gateway.state.views.summary.ages import NO_AGES, Ages, StateAges, ages
from agent_status_publisher.contract.wire import SessionRecord, SessionState
from chaos.workers.reports import session
from tests.support.builders.tallies import rows_of

SESSIONS = [
    session("a:1", "thinking", changed_ms=90_000, called_ms=85_000),
    session("a:2", "thinking", changed_ms=20_000),
    session("a:3", "waiting_for_user", changed_ms=50_000),
    session("a:4", "error", changed_ms=1_000),
]


def ages_of(*sessions: SessionRecord, now: float = 0.0) -> Ages:
    return at_once(ages(rows_of(*sessions), now))


def test_without_sessions_all_figures_are_0() -> None:
    assert ages_of(now=99.0) == NO_AGES


def test_each_state_has_its_number_its_oldest_session_and_the_one_that_is_quiet_longest() -> None:
    assert ages_of(*SESSIONS, now=10.0) == NO_AGES | {
        SessionState.THINKING: StateAges(2, 100.0, 30.0),
        SessionState.WAITING_FOR_USER: StateAges(1, 60.0, 60.0),
        SessionState.ERROR: StateAges(1, 11.0, 11.0),
    }


def test_a_moment_that_is_still_to_come_is_no_negative_age() -> None:
    assert ages_of(session("a:1", changed_ms=0), now=-1.0)[SessionState.THINKING] == StateAges(1, 0.0, 0.0)


def test_the_figures_do_not_depend_on_how_many_rows_are_in_a_step(monkeypatch: pytest.MonkeyPatch) -> None:
    at_one_time = ages_of(*SESSIONS)
    monkeypatch.setattr(ages_module, "STEP_ROWS", 1)
    assert ages_of(*SESSIONS) == at_one_time
    assert sum(1 for _ in ages(rows_of(*SESSIONS), 0.0)) == len(SESSIONS)
