"""What becomes of an entry of something that is true of all sessions, whose beginning nobody knows."""

from agent_status_gateway.cli.notify.ledger.entries import NOTHING, claimed, ended, noted, settled
from agent_status_gateway.cli.notify.ledger.ledger import SAME_SECONDS, Claim, Entry
from agent_status_gateway.cli.notify.ledger.row import FREE, NEVER, TOLD, Row

START = 1_000_000.0
INFINITY = float("inf")


class Thing:
    """A row of idle. Moments are seconds since a start: of now, and of an entry `(last not true, first true)`."""

    def __init__(self, row: Row | None = None) -> None:
        self.row = row

    def note(self, now: float, sight: tuple[float, float], *, must_be_noted: bool = False) -> None:
        self._take(noted(self.row, entry(now, sight, must_be_noted=must_be_noted), START + now))

    def claim(
        self, now: float, sight: tuple[float, float], by: str = "one", *, must_be_noted: bool = False
    ) -> str | None:
        given = entry(now, sight, must_be_noted=must_be_noted)
        return self._take(claimed(self.row, given, START + now, by, f"msg_{by}", 30.0)).id

    def tell(self, now: float, sight: tuple[float, float], by: str = "one", *, must_be_noted: bool = False) -> bool:
        """Claim it, and say that it is told; False if there is nothing to tell."""
        if self.claim(now, sight, by, must_be_noted=must_be_noted) is None:
            return False
        self._take(settled(self.row, entry(now, sight), START + now, by))
        assert self.row is not None
        assert self.row.claimed == TOLD
        return True

    def end(self, now: float, sight: tuple[float, float] | None, at: float | None = None) -> None:
        """Say that it is over; without a sight, that it is not true."""
        over_at = now if at is None else at
        given = entry(now, sight or (-INFINITY, over_at))._replace(over_seconds=now - over_at)
        self._take(ended(self.row, given, START + now))

    def _take(self, result: tuple[Row | None, Claim]) -> Claim:
        self.row = self.row if result[0] is None else result[0]
        return result[1]


def entry(now: float, sight: tuple[float, float], *, must_be_noted: bool = False) -> Entry:
    untrue_at, seen_at = sight
    return Entry("a" * 64, now - seen_at, must_be_noted, now - untrue_at)


A = (99.9, 100.0)
"""Sight of who saw the first one begin."""
SINCE_EVER = -INFINITY


def told() -> Thing:
    """The first one, as who saw its beginning has told it."""
    thing = Thing()
    assert thing.tell(100.0, A)
    return thing


def test_two_notifiers_that_see_it_at_any_two_moments_tell_it_once() -> None:
    # sameness: Rule 2
    assert not told().tell(200.0, (50.0, 200.0), "two")
    late = Thing()
    assert late.tell(200.0, (50.0, 200.0), "two")
    assert not late.tell(201.0, A, "one")


def test_a_start_that_catches_up_tells_nothing_again_however_long_it_lasts() -> None:
    # sameness: Rule 4
    assert not told().tell(100_000.0, (SINCE_EVER, 100_000.0), "two")


def test_who_has_seen_it_not_to_be_true_after_its_beginning_sees_another_one() -> None:
    # sameness: Rule 2
    thing = told()
    assert not thing.tell(150.0, (100.0 + SAME_SECONDS, 150.0), "two")
    assert thing.tell(150.0, (100.1 + SAME_SECONDS, 150.0), "two")


def test_after_its_end_a_second_one_is_told_once_whoever_comes_first() -> None:
    # sameness: Rule 3
    saw_it, was_blind = (140.0, 150.0), (50.0, 150.0)
    for first, second in ((saw_it, was_blind), (was_blind, saw_it)):
        thing = told()
        thing.end(140.0, A)
        assert [thing.tell(150.0, first, "one"), thing.tell(150.0, second, "two")] == [True, False]


def test_after_its_end_who_saw_nothing_of_that_tells_a_second_one_once_it_cannot_be_the_first() -> None:
    # sameness: Rule 3
    thing = told()
    thing.end(140.0, A)
    at_once = 140.0 + SAME_SECONDS
    assert not thing.tell(at_once, (SINCE_EVER, at_once), "late"), "its snapshot may be late"
    assert thing.tell(150.0, (SINCE_EVER, 150.0), "two")


def test_who_saw_a_short_one_end_tells_the_next_one() -> None:
    # sameness: Rule 3
    thing = told()
    thing.end(102.0, A)
    assert thing.tell(104.5, (102.0, 104.5))


def test_what_begins_again_within_three_seconds_is_the_same_and_goes_on() -> None:
    # sameness: Rule 1
    thing = told()
    thing.end(101.0, A)
    thing.note(102.0, (101.0, 102.0))
    assert not thing.tell(102.0, (101.0, 102.0))
    assert not thing.tell(500.0, (SINCE_EVER, 500.0), "two"), "it is not over any more"


def test_what_another_one_has_seen_to_be_over_is_not_told() -> None:
    # sameness: Rule 5
    thing = Thing()
    thing.end(140.0, None)
    thing.note(200.0, A)
    assert not thing.tell(200.0, A)
    assert thing.tell(200.0, (140.0, 150.0), "two"), "what is true now is another one"


def test_what_another_one_has_seen_to_be_over_is_not_told_as_the_next_one() -> None:
    # sameness: Rule 5
    thing = Thing()
    thing.end(140.0, None)
    thing.note(200.0, (SINCE_EVER, 150.0))
    assert thing.claim(200.0, A) is None


def test_who_sees_late_that_the_one_before_is_over_ends_nothing_that_has_just_begun() -> None:
    # sameness: Rule 5
    thing = Thing()
    thing.end(101.0, None)
    assert thing.tell(110.0, A)
    thing = told()
    thing.end(100.5, None)
    assert not thing.tell(500.0, (SINCE_EVER, 500.0), "two")


def test_what_began_before_the_one_that_is_known_is_gone_and_leaves_it_alone() -> None:
    # sameness: Rule 5
    thing = Thing()
    thing.note(100.0, A)
    before = thing.row
    assert thing.claim(101.0, (10.0, 50.0), "two") is None
    thing.note(101.0, (10.0, 50.0))
    assert thing.row == before


def test_what_is_over_is_not_told_although_it_was_noted() -> None:
    thing = Thing()
    thing.note(100.0, A)
    thing.end(102.0, A)
    assert not thing.tell(102.0, A)


def test_what_was_so_before_the_start_is_told_only_if_it_was_noted_and_is_not_over() -> None:
    since_ever = (SINCE_EVER, 150.0)
    assert not Thing().tell(150.0, since_ever, must_be_noted=True)
    thing = Thing()
    thing.note(100.0, A)
    assert thing.row is not None
    assert thing.row.claimed == FREE
    over = Thing(thing.row)
    assert thing.tell(150.0, since_ever, "two", must_be_noted=True)
    over.end(140.0, A)
    assert not over.tell(150.0, since_ever, "two", must_be_noted=True)
    ended_only = Thing()
    ended_only.end(140.0, A)
    assert not ended_only.tell(150.0, since_ever, must_be_noted=True)


def test_the_first_moment_at_which_it_was_seen_to_be_over_counts() -> None:
    thing = told()
    thing.end(140.0, A)
    thing.end(180.0, (50.0, 120.0))
    assert thing.row is not None
    assert thing.row.over == START + 140.0
    thing.end(181.0, A, at=139.0)
    assert (thing.row.over, thing.row.untrue) == (START + 139.0, START + 180.0)


def test_it_can_be_settled_by_who_has_claimed_it_although_it_is_over() -> None:
    thing = Thing()
    assert thing.claim(100.0, A) == "msg_one"
    thing.end(105.0, None)
    assert settled(thing.row, entry(106.0, A), START + 106.0, "two") == (None, NOTHING)
    row, _ = settled(thing.row, entry(106.0, A), START + 106.0, "one")
    assert row is not None
    assert row.claimed == TOLD


def test_what_a_version_before_has_told_is_told() -> None:
    thing = Thing(Row(START + 100.0, TOLD, "one", "msg_1"))
    assert thing.row is not None
    assert (thing.row.after, thing.row.over) == (NEVER, NEVER)
    assert not thing.tell(150.0, (SINCE_EVER, 150.0), "two")
    assert thing.tell(150.0, (140.0, 145.0), "two")
