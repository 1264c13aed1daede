"""What comes of a plan, by coefficients that are easy to reckon with."""

import pytest

from bench.model.fit import Coefficients
from bench.model.forecast import MOST_REPORT_BYTES, REPORT_ROW_BYTES, Plan, forecast

EASY = Coefficients(
    cpu=(10_000.0, 10.0, 0.0, 1.0, 100.0, 1.0, 50.0),
    redis=(1000.0, 100.0, 0.0, 10.0, 0.0),
    memory=(64 * 1024.0, 10.0, 2.0, 0.0),
    output=(0.0, 200.0, 140.0),
)


def use(plan: Plan, what: str) -> float:
    return next(use.used for use in forecast(plan, EASY).uses if use.what == what)


def test_workers_report_at_each_change_and_at_each_heartbeat_else() -> None:
    assert Plan(workers=50, changes=100).reports == 100
    assert Plan(workers=50, changes=1, heartbeat_seconds=5).reports == 10


def test_a_worker_reports_no_more_often_than_its_pace() -> None:
    assert Plan(sessions=10, workers=10, changes=1000).reports == 100
    long_reports = Plan(sessions=10_000, workers=10, changes=1000)
    assert long_reports.reports == pytest.approx(10 * MOST_REPORT_BYTES / (1000 * REPORT_ROW_BYTES))


def test_each_client_gets_an_event_a_window_at_most() -> None:
    assert Plan(changes=100, debounce_seconds=2).events == 0.5
    assert Plan(changes=0.1, debounce_seconds=2).events == 0.1


def test_in_a_window_one_report_of_a_worker_is_taken_in() -> None:
    plan = Plan(sessions=100, workers=10, changes=100, debounce_seconds=1)
    assert (plan.load(1).reports, plan.load(1).taken) == (100, 10)


def test_the_cpu_of_a_replica_is_the_sum_of_its_parts() -> None:
    plan = Plan(sessions=1000, workers=10, changes=10, clients=100, replicas=1)
    # µs: being there, 100 events, 1,000 sessions of a frame, 10 reports, 1,000 sessions in them, 10 changes
    expected_us = 10_000 + 100 * 10 + 1000 + 10 * 100 + 1000 + 10 * 50
    assert use(plan, "CPU of a replica") == pytest.approx(expected_us / 1e4)


def test_replicas_share_the_clients_and_each_takes_in_every_report() -> None:
    two = Plan(sessions=1000, workers=10, changes=10, clients=1000, replicas=2)
    one = Plan(sessions=1000, workers=10, changes=10, clients=500, replicas=1)
    assert use(two, "CPU of a replica") == use(one, "CPU of a replica")
    assert use(two, "Redis's output") == 2 * use(one, "Redis's output")


def test_there_are_as_few_replicas_as_serve_the_clients() -> None:
    assert (
        forecast(Plan(sessions=1, workers=1, changes=1, clients=25_000), EASY).replicas == 3
    )  # of 10,000 clients each
    busy = Plan(sessions=1, workers=1, changes=10, clients=9000, debounce_seconds=0.1)  # 90,000 events a second
    found = forecast(busy, EASY)
    assert found.replicas == 2
    assert found.holds
    assert not forecast(
        Plan(sessions=1, workers=1, changes=10, clients=9000, debounce_seconds=0.1, replicas=1), EASY
    ).holds


@pytest.mark.parametrize(
    ("plan", "limit", "answer"),
    [
        (
            Plan(sessions=1, workers=1, changes=9, clients=10_000, replicas=1, debounce_seconds=0.1),
            "CPU of a replica",
            "add replicas",
        ),
        (
            Plan(sessions=1000, workers=1000, changes=2000, clients=0, replicas=60),
            "CPU of Redis",
            "several Redis servers",
        ),
        (
            Plan(sessions=400_000, workers=4000, changes=4000, clients=0, memory_mib=1e6),
            "CPU of a replica",
            "namespaces",
        ),
        (
            Plan(sessions=1_000_000, workers=1000, changes=1, clients=0, memory_mib=1024),
            "memory of a replica",
            "namespaces",
        ),
        (
            Plan(sessions=1000, workers=100, changes=1, clients=9000, replicas=1, accept_gzip=False),
            "a replica's output to its clients",
            "read changes, views or summaries, raise AGENT_STATUS_DEBOUNCE_SECONDS",
        ),
        (Plan(sessions=1, workers=1, changes=20, clients=0), "reports of a worker", "more workers"),
    ],
)
def test_the_next_limit_is_named_with_what_helps(plan: Plan, limit: str, answer: str) -> None:
    found = forecast(plan, EASY)
    assert (found.next_limit.what, answer in found.next_limit.answer) == (limit, True)
    assert not found.holds
