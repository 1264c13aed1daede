"""Redis's wall clock, seen from here: which moments a stamp may mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_status_gateway.feed.feed import LATE_SECONDS, PING_SECONDS
from agent_status_gateway.state.redis_clock import ALWAYS, MAX_ERAS, UNNOTICED_SECONDS, RedisClock
from chaos.workers.reports import EPOCH_MS


def ms(seconds: float) -> int:
    return EPOCH_MS + round(seconds * 1000)


def ticked(clock: RedisClock, at: float, ahead: float = 0.0, took: float = 0.0) -> None:
    """Ask the clock; the answer comes `took` seconds later, and is as of the question."""
    clock.tick(ms(at + ahead), at, at + took)


def moments(clock: RedisClock, stamp: float, now: float, not_before: float = ALWAYS) -> tuple[float, ...]:
    return tuple(round(moment, 3) for moment in clock.moments(ms(stamp), not_before, now))


def test_by_a_clock_that_just_runs_a_stamp_is_as_old_as_it_says() -> None:
    clock = RedisClock()
    ticked(clock, 1.0)
    ticked(clock, 2.0)
    assert moments(clock, 1.5, 2.0) == (1.5,)


def test_a_stamp_of_the_future_was_made_now() -> None:
    clock = RedisClock()
    ticked(clock, 1.0)
    assert moments(clock, 600.0, 1.0) == (1.0,)


def test_a_stamp_is_not_older_than_what_is_sure() -> None:
    clock = RedisClock()
    ticked(clock, 10.0)
    assert moments(clock, 1.0, 10.0, not_before=8.0) == (8.0,)


@pytest.mark.parametrize("step", [-70.0, -3.0, 3.0, 70.0])
def test_after_a_step_each_stamp_counts_by_the_clock_that_made_it(step: float) -> None:
    clock = RedisClock()
    ticked(clock, 1.0)
    ticked(clock, 2.0)
    ticked(clock, 3.0, ahead=step)
    ticked(clock, 4.0, ahead=step)
    assert moments(clock, 1.5, 4.0) == (1.5,)
    assert moments(clock, 3.5 + step, 4.0, not_before=3.0) == (3.5,)


def test_a_clock_that_was_stepped_back_gives_its_stamps_twice() -> None:
    clock = RedisClock()
    ticked(clock, 4.0)
    ticked(clock, 5.0, ahead=-3.0)
    ticked(clock, 6.0, ahead=-3.0)
    assert moments(clock, 2.5, 6.0) == (5.5, 2.5)


def test_at_a_small_step_a_stamp_may_be_of_both_eras_the_newest_first() -> None:
    clock = RedisClock()
    ticked(clock, 1.0)
    ticked(clock, 2.0, ahead=0.5)
    assert moments(clock, 1.8, 2.0) == (1.3, 1.8)


def test_a_stamp_of_no_era_was_made_now() -> None:
    clock = RedisClock()
    ticked(clock, 1.0)
    ticked(clock, 2.0, ahead=-20.0)
    assert moments(clock, 1.5 + 70.0, 2.0) == (2.0,)


def test_what_is_sure_tells_two_eras_apart() -> None:
    clock = RedisClock()
    ticked(clock, 1.0)
    ticked(clock, 9.0, ahead=3.0)
    assert moments(clock, 8.0, 9.0) == (5.0, 8.0)
    assert moments(clock, 8.0, 9.0, not_before=7.5) == (8.0,)


def test_what_is_sure_may_be_late_by_as_much_as_the_feed_does_not_notice() -> None:
    assert UNNOTICED_SECONDS == PING_SECONDS + LATE_SECONDS
    clock = RedisClock()
    ticked(clock, 1.0)
    ticked(clock, 2.0, ahead=-20.0)
    ticked(clock, 9.0, ahead=-20.0)
    assert moments(clock, 5.0 - 20.0, 9.0, not_before=5.5) == (5.5,)


def test_a_slow_answer_is_not_a_step() -> None:
    clock = RedisClock()
    ticked(clock, 1.0, took=2.5)
    ticked(clock, 4.0)
    assert moments(clock, 0.5, 4.0) == (0.5,)


def test_a_slow_answer_makes_no_report_older_than_it_is() -> None:
    clock = RedisClock()
    ticked(clock, 1.0, took=2.5)
    assert moments(clock, 0.5, 3.5) == (3.0,)


def test_a_slow_answer_makes_nothing_less_sure_that_was_known() -> None:
    clock = RedisClock()
    ticked(clock, 1.0)
    ticked(clock, 2.0, took=2.5)
    assert moments(clock, 1.5, 4.5)[0] == pytest.approx(1.5, abs=0.01)


def test_a_step_behind_a_slow_answer_is_found_with_the_next() -> None:
    clock = RedisClock()
    ticked(clock, 1.0)
    ticked(clock, 2.0, ahead=0.9, took=1.5)
    ticked(clock, 4.0, ahead=0.9)
    assert moments(clock, 1.5, 4.0)[-1] == pytest.approx(1.5, abs=0.01)
    assert moments(clock, 3.8, 4.0)[0] == pytest.approx(2.9)


def test_a_few_steps_are_remembered_and_the_oldest_clock_counts_for_all_that_was_before() -> None:
    clock = RedisClock()
    for number in range(MAX_ERAS + 2):
        ticked(clock, 10.0 * number, ahead=100.0 * number)
    now = 10.0 * (MAX_ERAS + 1)
    assert moments(clock, -5.0 + 200.0, now) == (-5.0,)
    assert moments(clock, now + 100.0 * (MAX_ERAS + 1), now) == (now,)


@given(
    steps=st.lists(st.sampled_from([-70.0, -3.0, -0.4, 0.0, 0.4, 3.0, 70.0]), min_size=1, max_size=MAX_ERAS - 1),
    said_after=st.floats(0.0, 1.0),
    said_in=st.integers(0, 20),
)
def test_stepped_once_between_two_answers_at_most_the_true_moment_is_always_among_them(
    steps: list[float], said_after: float, said_in: int
) -> None:
    """Each step is half a second after an answer; answers are a second apart."""
    clock, ahead, said_at = RedisClock(), 0.0, min(said_in, len(steps) - 1) + said_after
    stamp = said_at
    ticked(clock, 0.0)
    for number, step in enumerate(steps):
        ahead += step
        if said_at >= number + 0.5:
            stamp = said_at + ahead
        ticked(clock, number + 1.0, ahead)
    now = float(len(steps))
    assert any(abs(moment - said_at) < 0.11 for moment in clock.moments(ms(stamp), ALWAYS, now))
