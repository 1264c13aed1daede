"""When the next word is due."""

import pytest

from agent_status_publisher.worker.pace import Pace

HEARTBEAT = 5.0


def pace(jitter: float = 0.0) -> Pace:
    return Pace(HEARTBEAT, lambda: jitter)


def test_the_first_word_is_due_at_once() -> None:
    assert pace().due_at(has_news=True) <= 0


# pace: Rule 1
def test_a_change_after_quiet_is_due_at_once() -> None:
    p = pace()
    p.took(10.0, 200)
    assert p.due_at(has_news=True) <= 11.0


# pace: Rule 1
def test_constant_change_makes_ten_words_a_second_at_most() -> None:
    p = pace()
    p.took(10.0, 200)
    assert p.due_at(has_news=True) == pytest.approx(10.1)


def test_a_long_word_is_followed_later_so_that_256_kilobytes_a_second_are_not_passed() -> None:
    p = pace()
    p.took(10.0, 128 * 1024)
    assert p.due_at(has_news=True) == pytest.approx(10.5)


# pace: Rule 2
def test_without_news_the_same_word_is_due_a_heartbeat_later() -> None:
    p = pace()
    p.took(10.0, 200)
    assert p.due_at(has_news=False) == pytest.approx(15.0)


# pace: Rule 3
def test_a_failed_word_is_followed_by_a_new_one_later_and_later_up_to_two_seconds() -> None:
    p = pace(jitter=1.0)
    delays = []
    for _ in range(5):
        p.failed(100.0)
        delays.append(p.due_at(has_news=False) - 100.0)
    assert delays == pytest.approx([0.5, 1.0, 2.0, 2.0, 2.0])


def test_retries_never_wait_longer_than_a_heartbeat() -> None:
    p = Pace(0.7, lambda: 1.0)
    for _ in range(5):
        p.failed(100.0)
    assert p.due_at(has_news=True) == pytest.approx(100.7)


def test_news_does_not_hasten_a_retry() -> None:
    p = pace(jitter=1.0)
    p.failed(100.0)
    assert p.due_at(has_news=True) == pytest.approx(100.5)


def test_jitter_only_ever_shortens_a_wait() -> None:
    p = pace(jitter=0.0)
    p.failed(100.0)
    assert p.due_at(has_news=True) == pytest.approx(100.375)


def test_a_word_that_is_taken_forgets_the_failures_before_it() -> None:
    p = pace(jitter=1.0)
    p.failed(100.0)
    p.failed(101.0)
    p.took(103.0, 10)
    p.failed(110.0)
    assert p.due_at(has_news=True) == pytest.approx(110.5)


# pace: Rule 3
def test_a_refused_word_is_followed_at_once() -> None:
    p = pace()
    p.took(10.0, 200)
    p.refused(10.05)
    assert p.due_at(has_news=False) <= 10.05


def test_a_word_so_long_that_its_pace_would_cost_the_lease_is_followed_a_heartbeat_later() -> None:
    p = pace()
    p.took(10.0, 8 * 1024 * 1024)
    assert p.due_at(has_news=False) == pytest.approx(15.0)
    assert p.due_at(has_news=True) == pytest.approx(15.0)
