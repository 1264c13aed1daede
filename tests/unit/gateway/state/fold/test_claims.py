"""Which claim to a session key counts."""

from typing import Any

import pytest

from chaos.workers.reports import ended, record, report, session
from tests.support.builders.fleets import fleet_with, lost_at, states


# claims: Rule 1
def test_of_two_live_workers_the_newest_run_counts() -> None:
    older = report(1, record("w1", session("web:1", "streaming", run_ms=60_000)))
    newer = report(1, record("w2", session("web:1", "thinking", run_ms=5_000)))
    assert states(fleet_with(older, newer), 0.0) == states(fleet_with(newer, older), 0.0) == {"web:1": "thinking"}


# claims: Rule 1
def test_an_ended_newest_run_shows_nothing() -> None:
    stale = report(1, record("w1", session("web:1", "waiting_for_user", run_ms=60_000, changed_ms=60_000)))
    ender = report(1, record("w2", ended=(ended("web:1", run_ms=5_000),)))
    assert states(fleet_with(stale, ender), 0.0) == {}


def test_the_end_of_an_old_run_takes_nothing_from_a_newer_one() -> None:
    ender = report(1, record("w1", ended=(ended("web:1", run_ms=60_000),)))
    newer = report(1, record("w2", session("web:1", run_ms=5_000)))
    assert states(fleet_with(ender, newer), 0.0) == {"web:1": "thinking"}


# claims: Rule 1
def test_a_question_that_is_asked_after_a_short_run_elsewhere_is_shown() -> None:
    asker = report(1, record("w1", session("web:1", "waiting_for_user", run_ms=60_000, changed_ms=1_000)))
    ender = report(1, record("w2", ended=(ended("web:1", run_ms=5_000),)))
    assert states(fleet_with(asker, ender), 0.0) == {"web:1": "waiting_for_user"}


# claims: Rule 1
def test_an_error_that_comes_after_another_run_began_is_shown() -> None:
    failed = record("w1", session("web:1", "error", error="x", run_ms=60_000, changed_ms=1_000, expires_ms=10_000))
    newer = report(1, record("w2", session("web:1", run_ms=5_000)))
    assert states(fleet_with(report(1, failed), newer), 0.0) == {"web:1": "error"}


# claims: Rule 2
@pytest.mark.parametrize("state", ["thinking", "tool_running", "streaming"])
def test_a_newer_run_that_ended_elsewhere_hides_nobody_who_works(state: str) -> None:
    worker = report(1, record("w1", session("web:1", state, run_ms=60_000)))
    ender = report(1, record("w2", ended=(ended("web:1", run_ms=5_000),)))
    goodbye = report(1, record("w3", ended=(ended("web:1", run_ms=1_000),), left=True))
    assert states(fleet_with(worker, ender, goodbye), 0.0) == {"web:1": state}


# claims: Rule 2
def test_of_two_workers_that_go_on_after_an_end_the_newest_run_counts() -> None:
    older = report(1, record("w1", session("web:1", "streaming", run_ms=60_000)))
    newer = report(1, record("w2", session("web:1", "thinking", run_ms=50_000)))
    ender = report(1, record("w3", ended=(ended("web:1", run_ms=5_000),)))
    assert states(fleet_with(newer, older, ender), 0.0) == {"web:1": "thinking"}


# claims: Rule 2
def test_work_that_has_stopped_with_its_worker_does_not_outrank_an_end() -> None:
    lost = report(1, record("w1", session("web:1", "streaming", run_ms=60_000)))
    ender = report(1, record("w2", ended=(ended("web:1", run_ms=5_000),)), at=20.0)
    assert states(fleet_with(lost, ender, at=20.0), 20.0) == {}


@pytest.mark.parametrize(
    ("state", "fields"), [("waiting_for_user", {}), ("error", {"error": "x", "expires_ms": 9_000})]
)
def test_a_newer_question_or_error_is_shown_while_it_lasts_and_then_the_work_again(
    state: str, fields: dict[str, Any]
) -> None:
    worker = report(1, record("w1", session("web:1", "streaming", run_ms=60_000)))
    other = report(1, record("w2", session("web:1", state, run_ms=5_000, **fields)))
    fleet = fleet_with(worker, other)
    assert states(fleet, 0.0) == {"web:1": state}
    fleet.hear(report(2, record("w2", ended=(ended("web:1", run_ms=14_000),)), at=9.0), 9.0)
    assert states(fleet, 9.0) == {"web:1": "streaming"}


# claims: Rule 3
def test_the_loss_of_an_old_run_takes_nothing_from_a_newer_one() -> None:
    old = report(1, record("w1", session("web:1", "streaming", run_ms=60_000)))
    new = report(1, record("w2", session("web:1", run_ms=5_000)), at=20.0)
    assert states(fleet_with(old, new, at=20.0), 20.0) == {"web:1": "thinking"}


# claims: Rule 3
def test_a_run_that_began_before_a_lost_workers_last_report_is_shown_again_after_its_remains() -> None:
    stored = [report(1, record("w2", session("web:1", run_ms=60_000)))]
    fleet = fleet_with(*stored)
    stored.append(report(1, record("w1", session("web:1", "streaming", run_ms=21_000)), at=20.0))
    fleet.hear(stored[1], 20.0)
    lost_at(fleet, 20.0, *stored)
    assert states(fleet, 20.0) == {"web:1": "error"}
    fleet.hear(report(2, record("w1", session("web:1", "streaming", run_ms=46_000)), at=45.0), 45.0)
    assert states(fleet, 45.0) == {"web:1": "streaming"}


def test_a_lost_newer_run_is_shown_when_the_live_worker_has_ended_its_older_one() -> None:
    live = report(1, record("w1", ended=(ended("web:1", run_ms=600_000),)), at=20.0)
    lost = report(1, record("w2", session("web:1", run_ms=1_000)))
    assert states(fleet_with(live, lost, at=20.0), 20.0) == {"web:1": "error"}


def test_a_lost_older_run_is_hidden_by_a_newer_one_that_has_ended() -> None:
    live = report(1, record("w1", ended=(ended("web:1", run_ms=1_000),)), at=20.0)
    lost = report(1, record("w2", session("web:1", run_ms=1_000)))
    assert states(fleet_with(live, lost, at=20.0), 20.0) == {}


# claims: Rule 1
def test_an_error_that_has_expired_is_the_end_of_its_run() -> None:
    failed = record("w2", session("web:1", "error", error="x", run_ms=5_000, expires_ms=10_000))
    question = session("web:1", "waiting_for_user", run_ms=60_000, changed_ms=60_000)
    fleet = fleet_with(report(1, record("w1", question)), report(1, failed))
    assert states(fleet, 9.9) == {"web:1": "error"}
    assert states(fleet, 10.0) == {}
    working = fleet_with(report(1, record("w1", session("web:1", "streaming", run_ms=60_000))), report(1, failed))
    assert states(working, 10.0) == {"web:1": "streaming"}
    asked_since = session("web:1", "waiting_for_user", run_ms=60_000, changed_ms=4_000)
    asking = fleet_with(report(1, record("w1", asked_since)), report(1, failed))
    assert states(asking, 10.0) == {"web:1": "waiting_for_user"}


def test_of_runs_that_began_in_the_same_millisecond_every_replica_picks_the_same() -> None:
    one = report(1, record("w1", session("web:1", "thinking")))
    two = report(1, record("w2", session("web:1", "streaming")))
    assert states(fleet_with(one, two), 0.0) == states(fleet_with(two, one), 0.0) == {"web:1": "streaming"}


def test_what_a_worker_ended_hides_older_runs_of_lost_workers_after_it_has_left_too() -> None:
    """A held it and was killed; B took it over, ended it, and said goodbye: it is over, and not lost."""
    stored = [report(1, record("a", session("web:1", run_ms=9_000)))]
    fleet = fleet_with(*stored)
    stored.append(report(2, record("b", ended=(ended("web:1", run_ms=2_000),), left=True), at=5.0))
    fleet.hear(stored[1], 5.0)
    lost_at(fleet, 15.0, *stored)
    assert states(fleet, 15.0) == {}
    assert states(fleet, 44.0) == {}
