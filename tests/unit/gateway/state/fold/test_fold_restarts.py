"""States that began again between two reports, and show the same."""

import pytest

from agent_status_gateway.state.steps import at_once
from agent_status_publisher.contract.wire import SessionRecord
from chaos.workers.reports import record, report, session
from tests.support.builders.fleets import fleet_with, fold_of, take_snapshot

FIRST = session("web:1", "tool_running", tool="bash", changed_ms=60_000)


class Spoken:
    """A worker with its fold: all that is shown is as the first report says."""

    def __init__(self, *sessions: SessionRecord) -> None:
        self.fleet = fleet_with(report(1, record("w1", *sessions)))
        take_snapshot(self.fleet, 0.0)
        self.rows = fold_of(self.fleet).rows
        self.changed()
        self._seq = 1

    def speak(self, at: float, *sessions: SessionRecord, came_at: float | None = None) -> None:
        self._seq += 1
        self.fleet.hear(report(self._seq, record("w1", *sessions), at=at), at if came_at is None else came_at)

    def changed(self) -> set[str]:
        return set(iter(self.rows.take_changed, None))

    def fold(self, now: float) -> set[str]:
        take_snapshot(self.fleet, now)
        return self.changed()


# fold: Rule 4
def test_a_state_that_began_again_is_a_change_though_its_row_stays() -> None:
    spoken = Spoken(FIRST, session("web:2", changed_ms=60_000))
    row = spoken.rows.by_key["web:1"]
    spoken.speak(5.0, FIRST._replace(changed_ms=2000), session("web:2", changed_ms=65_000))
    assert spoken.fold(5.0) == {"web:1"}
    assert spoken.rows.by_key["web:1"] is row


def test_a_state_that_goes_on_is_no_change() -> None:
    spoken = Spoken(FIRST)
    spoken.speak(5.0, FIRST._replace(changed_ms=65_000))
    assert spoken.fold(5.0) == set()


def test_a_state_that_began_again_is_found_among_reports_that_were_not_folded_each() -> None:
    spoken = Spoken(FIRST)
    spoken.speak(5.0, FIRST._replace(changed_ms=3000))
    spoken.speak(10.0, FIRST._replace(changed_ms=8000))
    spoken.speak(15.0, FIRST._replace(changed_ms=13_000))
    assert spoken.fold(15.0) == {"web:1"}


def test_a_session_that_another_worker_shows_is_not_looked_at_in_the_older_ones_report() -> None:
    spoken = Spoken(FIRST)
    spoken.fleet.hear(report(1, record("w2", session("web:1", "tool_running", tool="bash", run_ms=0))), 1.0)
    assert spoken.fold(1.0) == {"web:1"}
    spoken.speak(5.0, FIRST._replace(changed_ms=100, run_ms=65_000))
    assert spoken.fold(5.0) == set()


@pytest.mark.parametrize("is_lost", [False, True])
def test_what_a_worker_that_was_lost_shows_again_is_a_change(*, is_lost: bool) -> None:
    spoken = Spoken(session("web:1", "error", error="worker lost", changed_ms=60_000))
    fold, fleet = fold_of(spoken.fleet), spoken.fleet
    if is_lost:
        assert fleet.wants_reading(15.0)
    spoken.speak(16.0, session("web:1", "error", error="worker lost", changed_ms=0))
    at_once(fold.update(fleet, 16.0))
    assert spoken.changed() == {"web:1"}


def test_a_late_report_hides_no_state_that_began_again_before_it() -> None:
    spoken = Spoken(FIRST)
    spoken.speak(5.0, FIRST._replace(changed_ms=65_000), came_at=9.9)
    spoken.fold(9.9)
    spoken.speak(10.0, FIRST._replace(changed_ms=3000), came_at=10.0)
    assert spoken.fold(10.0) == {"web:1"}


# fold: Rule 4
def test_reports_that_are_not_late_any_more_date_all_states_of_their_worker_again() -> None:
    spoken = Spoken(FIRST, session("web:2", changed_ms=90_000))
    spoken.speak(5.0, FIRST._replace(changed_ms=65_000), session("web:2", changed_ms=95_000), came_at=9.9)
    assert spoken.fold(9.9) == {"web:1", "web:2"}, "as far as could be known, both began 4.9 seconds later"
    spoken.speak(10.0, FIRST._replace(changed_ms=70_000), session("web:2", changed_ms=100_000), came_at=10.0)
    assert spoken.fold(10.0) == {"web:1", "web:2"}
    spoken.speak(15.0, FIRST._replace(changed_ms=75_000), session("web:2", changed_ms=105_000), came_at=15.0)
    assert spoken.fold(15.0) == set()
