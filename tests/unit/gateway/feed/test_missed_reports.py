"""Which workers are heard only by reading."""

from agent_status_gateway.feed.missed_reports import MissedReports
from tests.support.reports import reading, record, report


class Ear:
    """What is known of the one worker, as the fleet knows it after each reading."""

    def __init__(self) -> None:
        self.silence = MissedReports()
        self.seq = 0

    def read(self, seq: int, *, age: float = 3.0) -> None:
        self.silence.read(reading(report(seq, record("w1"), at=10.0 - age), at=10.0), lambda _: self.seq)
        self.seq = seq

    def hear(self, seq: int) -> None:
        self.silence.heard("w1")
        self.seq = seq


def test_a_word_that_is_lost_once_is_no_silence() -> None:
    ear = Ear()
    ear.read(1)
    ear.hear(2)
    ear.read(3)
    assert ear.silence.workers == 0


def test_words_that_only_readings_bring_twice_on_end_are() -> None:
    ear = Ear()
    ear.read(1)
    ear.read(2)
    assert ear.silence.workers == 1


def test_a_reading_without_news_between_them_changes_nothing() -> None:
    ear = Ear()
    for seq in (1, 1, 2):
        ear.read(seq)
    assert ear.silence.workers == 1


def test_one_word_that_may_still_be_on_its_way_is_not_missed() -> None:
    ear = Ear()
    ear.read(1, age=0.2)
    ear.read(2, age=0.2)
    assert ear.silence.workers == 0


def test_of_several_words_the_older_ones_are_missed_however_new_the_last_is() -> None:
    ear = Ear()
    ear.read(2, age=0.0)
    ear.read(4, age=0.0)
    assert ear.silence.workers == 1


def test_a_word_on_the_channel_ends_the_silence() -> None:
    ear = Ear()
    ear.read(1)
    ear.read(2)
    ear.hear(3)
    assert ear.silence.workers == 0


def test_a_worker_that_redis_has_forgotten_is_missed_no_more() -> None:
    ear = Ear()
    ear.read(1)
    ear.read(2)
    ear.silence.read(reading(at=20.0), lambda _: ear.seq)
    assert ear.silence.workers == 0
