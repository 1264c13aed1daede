"""What workers that are gone had ended."""

import pytest

from agent_status_gateway.state.gone import kept as module
from agent_status_gateway.state.gone.kept import KeptWorkers
from agent_status_publisher.contract.wire import Stamp
from chaos.workers.reports import EPOCH_MS, reading, record, report, session
from tests.support.builders.ends import end, known
from tests.support.builders.fleets import LEASE, fleet_with, lost_at

QUARTER = 900.0


class Keeping:
    def __init__(self) -> None:
        self.touched: dict[str, None] = {}
        self.kept = KeptWorkers(self.touched)

    def keep(self, name: str, *keys: str, at: float = 0.0) -> None:
        worker = known(*(end(key, title="t" * 50) for key in keys or (name,)), worker_id=name, at=at, left=True)
        self.kept.keep(worker, at)


# kept: Rule 1
def test_nothing_is_kept_of_a_worker_without_ends_or_of_one_that_is_there_again() -> None:
    keeping = Keeping()
    keeping.kept.keep(known(left=True), 0.0)
    assert len(keeping.kept) == 0
    keeping.keep("w1")
    keeping.kept.forget("w1")
    assert (len(keeping.kept), keeping.kept.get("w1")) == (0, None)


# kept: Rule 2
def test_ends_are_kept_until_redis_forgets_the_last_report() -> None:
    keeping = Keeping()
    keeping.keep("w1", at=10.0)
    keeping.kept.pass_(10.0 + QUARTER - 0.1)
    assert keeping.kept.known_reports() == {"w1": Stamp(1, EPOCH_MS + 10_000)}
    keeping.touched.clear()
    keeping.kept.pass_(10.0 + QUARTER)
    assert (len(keeping.kept), [*keeping.touched]) == (0, ["w1"])
    worker = known(end(), at=10.0, left=True)
    keeping.kept.keep(worker, 10.0 + QUARTER)
    assert len(keeping.kept) == 0, "it is too late for it"


# kept: Rule 3
@pytest.mark.parametrize(("name", "most"), [("MAX_KEPT_ENDS", 4), ("MAX_KEPT_BYTES", 900)])
def test_the_ends_of_the_oldest_reports_make_room(monkeypatch: pytest.MonkeyPatch, name: str, most: int) -> None:
    monkeypatch.setattr(module, name, most)
    keeping = Keeping()
    for worker, at in (("w3", 3.0), ("w1", 1.0), ("w4", 4.0), ("w2", 2.0), ("w5", 5.0), ("w0", 0.0)):
        keeping.keep(worker, at=at)
    assert sorted(keeping.kept) == ["w2", "w3", "w4", "w5"]
    keeping.keep("w6", "a", "b", "c", at=6.0)
    assert sorted(keeping.kept) == ["w5", "w6"]


def test_a_fleet_keeps_what_a_worker_that_has_left_had_ended_and_what_a_lost_one_held() -> None:
    goodbye = report(2, record("w2", left=True, ended=(end("ci:1", 5),)))
    held = report(1, record("w1", session("web:1")))
    fleet = fleet_with(held, goodbye)
    assert len(fleet.kept) == 0, "it is still known"
    lost_at(fleet, LEASE, goodbye, held)
    fleet.judge(LEASE)
    fleet.judge(LEASE + 30.0)
    assert [*fleet.kept] == ["w1"]
    fleet.judge(LEASE + 30.0 + 15.0)
    assert sorted(fleet.kept) == ["w1", "w2"]
    lost = fleet.kept.get("w1")
    assert lost is not None
    assert lost.by_key["web:1"].how.outcome == "lost"
    fleet.hear(report(3, record("w1", session("web:1"))), LEASE + 60.0)
    assert [*fleet.kept] == ["w2"], "it is there again"


def test_a_worker_that_redis_has_forgotten_has_lost_nothing() -> None:
    fleet = fleet_with(report(1, record("w1", session("web:1"), ended=(end("web:2"),))))
    fleet.read(reading(at=5.0), 5.0, 5.0)
    lost_at(fleet, LEASE)
    fleet.judge(LEASE)
    kept = fleet.kept.get("w1")
    assert kept is not None
    assert kept.by_key.keys() == {"web:2"}
