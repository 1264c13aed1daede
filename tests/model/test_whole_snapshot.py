"""The gateway's snapshot and the one that is written once more by the rules, of random fleets."""

from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st

from agent_status_publisher.contract.wire import WorkerRecord
from chaos.workers.reports import reading, report
from tests.model.random_reports import records
from tests.support.builders.fleets import fleet_with, take_snapshot
from tests.support.whole_snapshot import whole_snapshot, whole_snapshot_of

WORKER_IDS: Final = st.sampled_from(["w1", "w2", "w3", "w4", "w5"])
WORKERS: Final = st.lists(records(WORKER_IDS), max_size=5, unique_by=lambda known: known.id)
AGES_SECONDS: Final = st.lists(st.sampled_from([0.0, 0.001, 1.0, 4.0, 20.0]), min_size=5, max_size=5)


@given(workers=WORKERS, ages_seconds=AGES_SECONDS, later=st.sampled_from([0.0, 0.7, 3.0, 16.0]))
@settings(max_examples=300)
def test_a_snapshot_is_what_the_rules_make_of_all_reports(
    workers: list[WorkerRecord], ages_seconds: list[float], later: float
) -> None:
    stored = [report(1, known, at=-age) for known, age in zip(workers, ages_seconds, strict=False)]
    fleet = fleet_with(*stored)
    fleet.read(reading(*stored, at=later), later, later)  # so that those whose lease is over are lost
    shown = take_snapshot(fleet, later)
    true = whole_snapshot_of(fleet, later)
    assert shown == true
    assert [list(row) for row in shown["sessions"]] == [list(row) for row in true["sessions"]]


@given(workers=WORKERS, seconds=st.sampled_from([0.5, 2.9, 30.0]))
def test_during_an_outage_no_time_is_over(workers: list[WorkerRecord], seconds: float) -> None:
    fleet = fleet_with(*[report(1, known) for known in workers])
    before = take_snapshot(fleet, 0.0)
    fleet.outage_began(0.0)
    shown = take_snapshot(fleet, seconds)
    assert shown == whole_snapshot(fleet.workers, 0.0, seconds)
    assert [row["session_key"] for row in shown["sessions"]] == [row["session_key"] for row in before["sessions"]]
