"""What a worker says of ends, and what became of what it has left behind."""

import pytest

from agent_status_gateway.state.ends.said import How
from chaos.workers.reports import EPOCH_MS, ended, session
from tests.support.builders.ends import end, said

HOW = How("done", None, None, (), None)


# said: Rule 1
def test_an_end_is_told_with_all_that_its_worker_says_of_it() -> None:
    one = end(ended_ms=4000, outcome="failed", title="Fix it", error="boom", labels=(("team", "web"),), parent="ci:7")
    ends = said(one, end("web:2", run_ms=9000), at=10.0, labels=(("host", "a"), ("team", "all")))
    assert ends.by_key["web:1"].how == How("failed", "Fix it", "boom", (("host", "a"), ("team", "web")), "ci:7")
    assert ends.by_key["web:2"].how == How("done", None, None, (("host", "a"), ("team", "all")), None)
    assert (ends.ended_at("web:1"), ends.ended_at_ms("web:1")) == (6.0, EPOCH_MS + 6000)
    assert ends.claimed_at_ms("web:2") == EPOCH_MS + 1000


# said: Rule 1
def test_an_end_of_which_only_the_key_is_known_is_not_told() -> None:
    assert said(ended("web:1"), end("web:2")).by_key.keys() == {"web:2"}


# said: Rule 1
def test_no_stranger_says_more_ends_than_a_publisher() -> None:
    keys = [f"web:{number}" for number in range(100)]
    assert [*said(*map(end, keys)).by_key] == keys[-64:]


def test_a_live_worker_ends_nothing_that_it_holds() -> None:
    assert said(sessions=(session("web:1"), session("web:2", "error", expires_ms=9))).by_key == {}


# said: Rule 2
@pytest.mark.parametrize("fields", [{"left": True}, {"is_lost": True}])
def test_an_error_that_is_left_behind_has_failed(fields: dict[str, bool]) -> None:
    held = session("web:1", "error", error="x" * 400, title="t" * 100, changed_ms=2000, expires_ms=20_000)
    ends = said(sessions=(held,), at=1.0, **fields)
    how = ends.by_key["web:1"].how
    assert (how.outcome, len(how.error or ""), len(how.title or "")) == ("failed", 120, 80)
    assert ends.claimed_at_ms("web:1") == EPOCH_MS - 1000


# said: Rule 4
@pytest.mark.parametrize(
    ("fields", "expires_ms", "ended_at"),
    [({"left": True}, 20_000, 1.0), ({"is_lost": True}, 20_000, 16.0), ({"is_lost": True}, 9000, 10.0)],
)
def test_what_is_left_behind_ends_with_its_worker_or_before(
    fields: dict[str, bool], expires_ms: int, ended_at: float
) -> None:
    held = session("web:1", "error", error="x", expires_ms=expires_ms)
    assert said(sessions=(held,), at=1.0, lease_ms=15_000, **fields).ended_at("web:1") == ended_at


# said: Rule 3
def test_what_a_lost_worker_held_is_lost_since_its_lease_was_over() -> None:
    ends = said(
        end("web:2"), sessions=(session("web:1", run_ms=9000),), lease_ms=15_000, error_ttl_ms=30_000, is_lost=True
    )
    assert ends.by_key["web:1"].how == HOW._replace(outcome="lost", error="worker lost")
    assert (ends.ended_at("web:1"), ends.claimed_at_ms("web:1")) == (15.0, EPOCH_MS)
    assert ends.by_key["web:2"].how == HOW


# said: Rule 3
@pytest.mark.parametrize(("expires_ms", "outcome", "ended_at"), [(15_000, "expired", 15.0), (20_000, "lost", 15.0)])
def test_a_question_of_a_lost_worker_has_expired_if_its_time_was_over_before(
    expires_ms: int, outcome: str, ended_at: float
) -> None:
    asked = session("web:1", "waiting_for_user", expires_ms=expires_ms)
    ends = said(sessions=(asked,), lease_ms=15_000, is_lost=True)
    assert (ends.by_key["web:1"].how.outcome, ends.ended_at("web:1")) == (outcome, ended_at)
