"""What is due: each episode once, and nothing of before the start that nobody had begun to tell."""

from hypothesis import given
from hypothesis import strategies as st

from agent_status_gateway.cli.notify.attention.occurrence import ALL_SESSIONS, Occurrence
from agent_status_gateway.cli.notify.attention.vigil import RESTART_SECONDS, Sight, Vigil

START = 1000.0


def waiting(age: float | None, key: str = "web:1") -> Occurrence:
    return Occurrence("waiting_for_user", key, age)


def keys(vigil: Vigil, now: float) -> list[str]:
    return [episode.occurrence.key for episode in vigil.take_due(now) if not episode.is_old]


def test_what_is_true_for_long_enough_is_due_once() -> None:
    # vigil: Rule 1
    vigil = Vigil(60.0, START)
    vigil.look([waiting(0.0)], START)
    assert keys(vigil, START + 59.9) == []
    assert keys(vigil, START + 60.0) == ["web:1"]
    vigil.look([waiting(90.0)], START + 90.0)
    assert keys(vigil, START + 90.0) == []


def test_what_ends_before_it_is_due_is_not_told() -> None:
    vigil = Vigil(60.0, START)
    vigil.look([waiting(0.0)], START)
    vigil.look([], START + 30.0)
    assert keys(vigil, START + 100.0) == []


def test_a_state_that_began_again_is_another_episode() -> None:
    vigil = Vigil(0.0, START)
    vigil.look([waiting(0.0)], START)
    assert keys(vigil, START) == ["web:1"]
    vigil.look([waiting(1.0)], START + 10.0)
    assert keys(vigil, START + 10.0) == ["web:1"]


def test_a_beginning_that_moves_a_little_is_the_same() -> None:
    vigil = Vigil(0.0, START)
    vigil.look([waiting(0.0)], START)
    assert keys(vigil, START) == ["web:1"]
    vigil.look([waiting(10.0 - RESTART_SECONDS)], START + 10.0)
    assert keys(vigil, START + 10.0) == []


def test_what_was_due_before_the_start_is_old_but_what_becomes_due_after_it_is_not() -> None:
    # vigil: Rule 2
    vigil = Vigil(60.0, START)
    vigil.look([waiting(61.0, "web:old"), waiting(59.0, "web:soon")], START)
    assert keys(vigil, START + 1.0) == ["web:soon"]
    catching_up = Vigil(60.0, START, catches_up=True)
    catching_up.look([waiting(61.0, "web:old")], START)
    assert keys(catching_up, START) == ["web:old"]


def test_what_became_due_while_there_was_no_snapshot_is_told_when_there_is_one() -> None:
    # vigil: Rule 4
    vigil = Vigil(60.0, START)
    vigil.look([], START)
    vigil.look([waiting(1800.0)], START + 3600.0)
    assert keys(vigil, START + 3600.0) == ["web:1"]


IDLE = Occurrence("idle", ALL_SESSIONS, None)


def test_a_state_of_all_sessions_begins_when_it_is_first_seen_and_after_it_was_last_not_seen() -> None:
    # vigil: Rule 3
    vigil = Vigil(5.0, START, is_of_all=True)
    vigil.look([], START)
    vigil.look([], START + 9.0)
    vigil.look_away()
    vigil.look([IDLE], START + 10.0)
    assert keys(vigil, START + 14.0) == []
    vigil.look([IDLE], START + 15.0)
    (episode,) = vigil.take_due(START + 15.0)
    assert not episode.is_old
    assert episode.sight == Sight(START + 9.0, START + 10.0)


def test_a_state_of_all_sessions_in_the_first_snapshot_is_from_before_the_start() -> None:
    # vigil: Rule 3
    vigil = Vigil(5.0, START, is_of_all=True)
    vigil.look([IDLE], START)
    (episode,) = vigil.take_due(START + 1.0)
    assert episode.is_old
    assert episode.sight == Sight(float("-inf"), START)
    assert keys(vigil, START + 100.0) == []


def test_the_end_of_a_state_of_all_sessions_is_told_the_ledger_once() -> None:
    # vigil: Rule 5
    vigil = Vigil(5.0, START, is_of_all=True)
    vigil.look([], START)
    vigil.take_over()
    vigil.look([IDLE], START + 10.0)
    assert vigil.take_over() is None
    vigil.look([], START + 12.0)
    assert vigil.take_over() == Sight(START, START + 10.0, START + 12.0)
    vigil.look([], START + 13.0)
    assert vigil.take_over() is None


def test_that_all_sessions_are_not_so_is_told_the_ledger_after_each_time_without_a_snapshot() -> None:
    # vigil: Rule 5
    vigil = Vigil(5.0, START, is_of_all=True)
    vigil.look([], START)
    assert vigil.take_over() == Sight(float("-inf"), START, START)
    vigil.look_away()
    vigil.look([], START + 10.0)
    assert vigil.take_over() == Sight(float("-inf"), START + 10.0, START + 10.0)


def test_the_end_of_a_state_of_one_session_is_not_told_the_ledger() -> None:
    vigil = Vigil(0.0, START)
    vigil.look([waiting(0.0)], START)
    vigil.look([], START + 1.0)
    assert vigil.take_over() is None


def test_what_lasts_is_not_over_when_it_is_listed_no_more() -> None:
    for lasts in (True, False):
        vigil = Vigil(0.0, START, lasts=lasts)
        vigil.look([waiting(0.0)], START)
        (episode,) = vigil.take_due(START)
        vigil.look([], START + 1.0)
        assert episode.is_over is not lasts


@given(st.lists(st.tuples(st.floats(0.1, 50.0), st.booleans(), st.floats(0.0, RESTART_SECONDS / 2)), max_size=30))
def test_each_episode_is_due_exactly_once_if_it_lasts(steps: list[tuple[float, bool, float]]) -> None:
    """An episode that lasts long enough under a look is told once; no other one is."""
    vigil = Vigil(10.0, START)
    now, began, told, expected = START, None, 0, 0
    is_told = False
    for seconds, is_waiting, jitter in steps:
        now += seconds
        if is_waiting and began is None:
            began, is_told = now, False
        if not is_waiting:
            began = None
        vigil.look([] if began is None else [waiting(max(0.0, now - began - jitter))], now)
        told += len(keys(vigil, now))
        # The first sight fixes the beginning, which the jitter has moved only if the age was not cut at zero.
        if began is not None and not is_told and now - began >= 10.0:
            expected += 1
            is_told = True
    assert told == expected
