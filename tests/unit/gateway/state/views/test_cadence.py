"""When the readers of change events get one."""

from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_status_gateway.state.views.cadence import NEVER, Cadence

WINDOW = 1.0
A, B, C = "a", "b", "c"


def quiet() -> Cadence:
    cadence = Cadence(WINDOW)
    cadence.begin(A)
    return cadence


def after_one(at: float = 5.0) -> Cadence:
    """A cadence that has sent B at this moment."""
    cadence = quiet()
    cadence.note(B, at)
    cadence.sent(B, at, is_news=True)
    return cadence


def test_nothing_is_due_to_who_has_joined_and_before_anything_changes() -> None:
    cadence = quiet()
    cadence.note(A, 5.0)
    assert cadence.due_at == NEVER
    assert cadence.changed_at == NEVER
    assert not cadence.is_due(1e9)


# cadence: Rule 1
def test_the_first_change_after_quiet_is_due_at_once() -> None:
    cadence = quiet()
    assert cadence.wanted_from <= 5.0
    cadence.note(B, 5.0)
    assert cadence.is_due(5.0)
    assert cadence.due_at == 5.0


# cadence: Rule 2
def test_what_changes_in_a_window_is_due_at_its_end() -> None:
    cadence = after_one(5.0)
    assert cadence.wanted_from == 6.0
    cadence.note(C, 5.2)
    assert cadence.due_at == 6.0
    assert not cadence.is_due(5.99)
    assert cadence.is_due(6.0)


# cadence: Rule 2
def test_a_window_begins_when_something_is_sent_at_the_end_of_one() -> None:
    cadence = after_one(5.0)
    cadence.note(C, 5.2)
    cadence.sent(C, 6.0, is_news=True)
    cadence.note(B, 6.1)
    assert cadence.due_at == 7.0


# cadence: Rule 2
def test_no_window_begins_when_nobody_was_sent_anything() -> None:
    cadence = after_one(5.0)
    cadence.note(C, 5.2)
    cadence.note(B, 5.4)
    cadence.sent(B, 6.0, is_news=False)
    assert cadence.wanted_from <= 6.1
    cadence.note(C, 6.1)
    assert cadence.due_at == 6.1


# cadence: Rule 4
def test_windows_that_end_at_nearly_the_same_time_end_together() -> None:
    earlier, later = after_one(5.03), after_one(5.08)
    earlier.note(C, 5.2)
    later.note(C, 5.9)
    assert earlier.due_at == later.due_at == pytest.approx(6.1)


# cadence: Rule 4
def test_a_window_that_ended_at_a_shared_moment_is_followed_by_one_of_the_same_length() -> None:
    cadence = after_one(5.03)
    for second in range(6, 20):
        cadence.note(C if second % 2 else A, second - 0.1)
        assert cadence.due_at == pytest.approx(second + 0.1)
        cadence.sent(C if second % 2 else A, cadence.due_at + 0.004, is_news=True)


def test_what_was_sent_late_begins_a_window_when_it_was_sent() -> None:
    cadence = after_one(5.0)
    cadence.note(C, 5.2)
    cadence.sent(C, 6.7, is_news=True)
    assert cadence.wanted_from == 7.7


# cadence: Rule 1
def test_the_first_change_after_a_whole_quiet_window_is_due_at_once_again() -> None:
    cadence = after_one(5.0)
    cadence.note(B, 6.0)
    cadence.note(C, 6.3)
    assert cadence.due_at == 6.3


# cadence: Rule 3
def test_a_change_that_went_away_again_is_due_all_the_same() -> None:
    """One that joined in between has got it, and must get what came after."""
    cadence = after_one(5.0)
    cadence.note(C, 5.2)
    cadence.note(B, 5.4)
    assert cadence.is_due(6.0)


def test_further_changes_move_neither_what_is_due_nor_when_it_began() -> None:
    cadence = after_one(5.0)
    cadence.note(C, 5.2)
    cadence.note(A, 5.8)
    assert (cadence.changed_at, cadence.due_at) == (5.2, 6.0)


def test_what_is_sent_is_not_due_again() -> None:
    cadence = after_one(5.0)
    cadence.note(B, 7.0)
    assert cadence.due_at == cadence.changed_at == NEVER


def test_a_cadence_that_begins_again_forgets_what_was_due() -> None:
    cadence = quiet()
    cadence.note(B, 5.0)
    cadence.begin(B)
    assert cadence.due_at == cadence.changed_at == NEVER
    cadence.note(B, 6.0)
    assert not cadence.is_due(6.0)


def test_without_a_window_every_change_is_due_at_once() -> None:
    cadence = Cadence(0.0)
    cadence.begin(A)
    cadence.note(B, 5.0)
    assert cadence.is_due(5.0)
    cadence.sent(B, 5.0, is_news=True)
    cadence.note(A, 5.0)
    assert cadence.is_due(5.0)


@dataclass
class Reader:
    """A client that reads at once, and when it got what."""

    has: str
    got: list[float] = field(default_factory=list)


@given(st.lists(st.tuples(st.sampled_from([0.0, 0.1, 0.3, 1.0, 1.5]), st.sampled_from("abc"), st.booleans())))
def test_whatever_changes_no_event_is_within_a_window_of_another_and_each_reader_ends_with_the_truth(
    steps: list[tuple[float, str, bool]],
) -> None:
    cadence, state, now = quiet(), A, 0.0
    readers = [Reader(A)]
    sent: list[float] = []

    def send_until(moment: float) -> None:
        while cadence.due_at <= moment:
            at = cadence.due_at
            behind = [reader for reader in readers if reader.has != state]
            for reader in behind:
                reader.has = state
            if behind:
                sent.append(at)
            cadence.sent(state, at, is_news=bool(behind))

    for wait, state_then, joins in steps:
        now += wait
        send_until(now)
        quiet_for = now - sent[-1] if sent else NEVER
        if joins:
            readers.append(Reader(state))
        state = state_then
        was_due = cadence.due_at
        cadence.note(state, now)
        if was_due == NEVER and cadence.due_at != NEVER and quiet_for >= WINDOW:
            assert cadence.due_at == now, "the first after a quiet window"
    send_until(now + 2 * WINDOW)
    assert all(later - earlier >= WINDOW - 1e-9 for earlier, later in pairwise(sent))
    assert {reader.has for reader in readers} == {state}
