"""The last reports of workers that are gone, as Redis has kept them."""

from agent_status_gateway.pipeline.kept_reading import take_kept
from agent_status_gateway.state.fleet import MAX_WORKERS, Fleet
from agent_status_gateway.state.steps import at_once
from agent_status_publisher.contract.wire import RawReport
from chaos.workers.reports import EPOCH_MS, reading, record, report, session
from tests.support.builders.ends import end
from tests.support.builders.fleets import fleet_with, states


def goodbye(name: str = "w1", seq: int = 2, at: float = 0.0) -> RawReport:
    return report(seq, record(name, left=True, ended=(end(f"web:{name}"),)), at=at)


def outcomes(fleet: Fleet) -> dict[str, str | None]:
    return {key: end.how.outcome for name in fleet.kept for key, end in fleet.kept.get(name).by_key.items()}  # type: ignore[union-attr]


def test_a_fresh_replica_knows_what_had_ended_in_workers_that_have_left_and_in_lost_ones() -> None:
    fleet = fleet_with(at=100.0)
    lost = report(1, record("w2", session("web:2")))
    at_once(take_kept(fleet, reading(goodbye(), lost, at=100.0), 100.0))
    assert outcomes(fleet) == {"web:w1": "done", "web:2": "lost"}
    assert (fleet.workers, states(fleet, 100.0)) == ((), {})
    said = fleet.kept.get("w1")
    assert said is not None
    assert said.moment == 0.0


def test_a_worker_that_the_fleet_has_is_not_gone() -> None:
    fleet = fleet_with(report(3, record("w1", session("web:1"))), at=0.0)
    at_once(take_kept(fleet, reading(goodbye(), at=100.0), 100.0))
    assert len(fleet.kept) == 0


def test_a_worker_whose_report_still_counts_is_not_lost() -> None:
    fleet = fleet_with(at=59.0)
    at_once(take_kept(fleet, reading(report(1, record("w1", session("web:1"))), at=59.9), 59.9))
    assert len(fleet.kept) == 0
    at_once(take_kept(fleet, reading(report(1, record("w1", session("web:1"))), at=60.0), 60.0))
    assert outcomes(fleet) == {"web:1": "lost"}


def test_an_older_report_than_the_one_that_is_kept_changes_nothing() -> None:
    fleet = fleet_with(at=100.0)
    at_once(take_kept(fleet, reading(goodbye(seq=3, at=50.0), at=100.0), 100.0))
    at_once(take_kept(fleet, reading(goodbye(seq=2, at=10.0), at=100.0), 100.0))
    assert fleet.kept.known_reports()["w1"].at_ms == EPOCH_MS + 50_000


def test_what_is_not_a_report_is_told_and_costs_nothing_else() -> None:
    fleet = fleet_with(at=100.0)
    broken = RawReport(worker_id="evil", seq=1, at_ms=EPOCH_MS, record=b"{}")
    (error,) = at_once(take_kept(fleet, reading(broken, goodbye(), at=100.0), 100.0))
    assert error.reason == "schema"
    assert [*fleet.kept] == ["w1"]


def test_twelve_thousand_workers_that_have_left_refuse_nobody() -> None:
    fleet = fleet_with(at=900.0)
    gone = [goodbye(f"short-{number}", at=number / 20) for number in range(12_000)]
    assert at_once(take_kept(fleet, reading(*gone, at=900.0), 600.0)) == ()
    assert (len(fleet.workers), len(fleet.kept)) == (0, 12_000)
    for number in range(MAX_WORKERS):
        assert fleet.hear(report(1, record(f"w{number}")), 900.0)
