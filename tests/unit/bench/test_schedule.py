"""When the bench's workers report, rule by rule."""

from collections import Counter
from itertools import pairwise

import pytest

from bench.fleets.schedule import Schedule


def play(schedule: Schedule, until: float) -> tuple[list[int], list[tuple[float, int]]]:
    """The workers that had a change each, and who reported when, up to this moment."""
    changes: list[int] = []
    reports = []
    while (at := schedule.next_at) <= until:
        changes += schedule.take_changes(at)
        reports += [(at, worker) for worker in schedule.take_reports(at)]
    return changes, reports


def test_workers_without_changes_report_one_after_the_other() -> None:
    # Rule 2
    changes, reports = play(Schedule(4, 100.0, report_seconds=2.0), 104.0)
    assert changes == []
    assert reports == [(100.5 + 0.5 * number, number % 4) for number in range(8)]


def test_each_change_is_reported_at_once() -> None:
    # Rule 1
    changes, reports = play(Schedule(4, 100.0, changes_per_second=2.0), 102.0)
    assert changes == [0, 1, 2, 3]
    assert reports == [(100.5, 0), (101.0, 1), (101.5, 2), (102.0, 3)]


def test_a_report_of_a_change_puts_the_next_one_off() -> None:
    # Rule 2
    schedule = Schedule(1, 100.0, report_seconds=5.0, changes_per_second=0.25)
    assert play(schedule, 111.0)[1] == [(104.0, 0), (108.0, 0)]


def test_a_worker_reports_at_most_ten_times_a_second_and_loses_no_change() -> None:
    # Rule 1
    changes, reports = play(Schedule(1, 0.0, changes_per_second=100.0), 10.0)
    assert len(changes) == 1000
    assert 90 <= len(reports) <= 101
    assert min(later - earlier for (earlier, _), (later, _) in pairwise(reports)) == pytest.approx(0.1)


def test_a_late_fleet_makes_up_for_all_changes_and_stays_spread() -> None:
    schedule = Schedule(10, 0.0, report_seconds=1.0, changes_per_second=10.0)
    changes = schedule.take_changes(3.0)
    assert Counter(changes) == dict.fromkeys(range(10), 3)
    assert sorted(schedule.take_reports(3.0)) == list(range(10))
    assert schedule.next_at > 3.0


def test_nobody_is_due_where_nothing_happens() -> None:
    assert Schedule(10, 0.0).next_at == float("inf")
