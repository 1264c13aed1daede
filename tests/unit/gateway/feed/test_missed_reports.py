"""Workers whose reports come only by reading."""

from agent_status_gateway.feed.missed_reports import MissedReports
from agent_status_publisher.contract.wire import Stamp
from chaos.workers.reports import EPOCH_MS, reading, record, report


class Worker:
    """One worker, as the fleet knows it after each reading."""

    def __init__(self) -> None:
        self.missed = MissedReports()
        self.seq = 0

    def read(self, seq: int, *, age: float = 3.0) -> None:
        self.missed.read(reading(report(seq, record("w1"), at=10.0 - age), at=10.0), lambda _: self.seq)
        self.seq = seq

    def read_the_same(self, seq: int) -> None:
        self.missed.read(reading(at=10.0, same={"w1": Stamp(seq, EPOCH_MS)}), lambda _: self.seq)

    def report(self, seq: int) -> None:
        self.missed.heard("w1")
        self.seq = seq


def test_one_lost_report_is_not_enough() -> None:
    worker = Worker()
    worker.read(1)
    worker.report(2)
    worker.read(3)
    assert worker.missed.workers == 0


def test_reports_that_only_readings_bring_twice_in_a_row_are_missed() -> None:
    worker = Worker()
    worker.read(1)
    worker.read(2)
    assert worker.missed.workers == 1


def test_a_reading_without_news_between_them_changes_nothing() -> None:
    worker = Worker()
    for seq in (1, 1, 2):
        worker.read(seq)
    assert worker.missed.workers == 1


def test_one_report_that_may_still_be_on_its_way_is_not_missed() -> None:
    worker = Worker()
    worker.read(1, age=0.2)
    worker.read(2, age=0.2)
    assert worker.missed.workers == 0


def test_of_several_reports_the_older_ones_are_missed_however_new_the_last_is() -> None:
    worker = Worker()
    worker.read(2, age=0.0)
    worker.read(4, age=0.0)
    assert worker.missed.workers == 1


def test_a_report_on_the_channel_ends_it() -> None:
    worker = Worker()
    worker.read(1)
    worker.read(2)
    worker.report(3)
    assert worker.missed.workers == 0


def test_a_worker_that_redis_has_forgotten_is_missed_no_more() -> None:
    worker = Worker()
    worker.read(1)
    worker.read(2)
    worker.missed.read(reading(at=20.0), lambda _: worker.seq)
    assert worker.missed.workers == 0


def test_a_worker_whose_report_is_the_same_is_neither_missed_again_nor_forgotten() -> None:
    worker = Worker()
    worker.read(1)
    worker.read_the_same(1)
    assert worker.missed.workers == 0
    worker.read(2)
    assert worker.missed.workers == 1
    worker.read_the_same(2)
    assert worker.missed.workers == 1
    worker.report(3)
    worker.read_the_same(3)
    assert worker.missed.workers == 0
