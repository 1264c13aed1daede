"""What becomes of one entry of a ledger."""

from agent_status_gateway.cli.notify.ledger.entries import NOTHING, claimed, noted, settled
from agent_status_gateway.cli.notify.ledger.ledger import SAME_SECONDS, Claim, Entry
from agent_status_gateway.cli.notify.ledger.row import FREE, TOLD, Row

NOW = 1_000_000.0


def entry(age: float = 10.0, *, must_be_noted: bool = False) -> Entry:
    return Entry("a" * 64, age, must_be_noted)


def claim(row: Row | None, by: str = "one", id_: str = "msg_1", at: float = NOW) -> tuple[Row | None, Claim]:
    return claimed(row, entry(10.0 + at - NOW), at, by, id_, 30.0)


def test_what_is_due_is_noted_once() -> None:
    row, _ = noted(None, entry(), NOW)
    assert row == Row(NOW - 10.0, FREE, "", "")
    assert noted(row, entry(11.0), NOW + 1.0) == (None, NOTHING)


def test_a_claim_keeps_others_away_until_it_is_over() -> None:
    row, answer = claim(Row(NOW - 10.0))
    assert answer == Claim("msg_1")
    assert claim(row, "two", "msg_2", NOW + 10.0)[1] == Claim(None, 20.0)
    assert claim(row, "one", "msg_9", NOW + 10.0)[1] == Claim("msg_1")


def test_who_takes_over_after_a_death_tells_it_under_the_same_id() -> None:
    row, _ = claim(None)
    taken, answer = claim(row, "two", "msg_2", NOW + 30.0)
    assert answer == Claim("msg_1")
    assert taken is not None
    assert taken.owner == "two"


def test_what_was_told_is_not_told_again() -> None:
    row, _ = claim(None)
    told, _ = settled(row, entry(), NOW, "one")
    assert told is not None
    assert told.claimed == TOLD
    assert claim(told, "two") == (None, NOTHING)
    assert claim(told, "one") == (None, NOTHING)


def test_only_who_has_claimed_it_can_settle_it() -> None:
    row, _ = claim(None)
    assert settled(row, entry(), NOW, "two") == (None, NOTHING)


def test_what_began_at_another_moment_is_another_thing() -> None:
    # sameness: Rule 1
    row, _ = claim(None)
    told, _ = settled(row, entry(), NOW, "one")
    for age in (10.0 + SAME_SECONDS + 0.1, 10.0 - SAME_SECONDS - 0.1):
        assert claimed(told, entry(age), NOW, "one", "msg_2", 30.0)[1] == Claim("msg_2")
    for age in (10.0 + SAME_SECONDS - 0.1, 10.0 - SAME_SECONDS + 0.1):
        assert claimed(told, entry(age), NOW, "one", "msg_2", 30.0)[1] == NOTHING


def test_what_is_old_is_told_only_if_it_was_noted() -> None:
    old = entry(must_be_noted=True)
    assert noted(None, old, NOW) == (None, NOTHING)
    assert claimed(None, old, NOW, "one", "msg_1", 30.0) == (None, NOTHING)
    row, _ = noted(None, entry(), NOW)
    assert claimed(row, old, NOW, "one", "msg_1", 30.0)[1] == Claim("msg_1")
