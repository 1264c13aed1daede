"""How the sessions of an outbox end."""

import pytest

from agent_status_publisher.contract.details.end import Outcome
from agent_status_publisher.contract.report import MAX_SESSIONS, SessionState
from tests.unit.publisher.worker.sessions.test_outbox import Desk, opened


@pytest.fixture
def desk() -> Desk:
    return Desk()


def outcome(desk: Desk, key: str = "web:1") -> tuple[str | None, str | None, str | None]:
    """How the session of a key ended, as the next report says it."""
    (end,) = [run for run in desk.outbox.draft().record.ended if run.key == key]
    return end.outcome, end.title, end.error


def test_a_session_ends_done_or_cancelled_as_its_agent_says(desk: Desk) -> None:
    desk.outbox.open("web:1", "T")
    desk.outbox.end("web:1")
    assert outcome(desk) == ("done", "T", None)
    desk.outbox.open("web:1", None)
    desk.outbox.end("web:1", Outcome.CANCELLED)
    assert outcome(desk) == ("cancelled", None, None)


# ends: Rule 1
@pytest.mark.parametrize("seconds", [0.0, 30.0])
def test_an_error_that_is_ended_or_expires_is_a_failure_with_its_message(desk: Desk, seconds: float) -> None:
    run = opened(desk)
    desk.outbox.fail(run, "boom")
    desk.clock.pass_(seconds)
    if not seconds:
        desk.outbox.end("web:1")
    assert outcome(desk)[::2] == ("failed", "boom")


# ends: Rule 2
def test_a_question_that_nobody_answers_has_expired(desk: Desk) -> None:
    run = opened(desk)
    desk.outbox.say(run, SessionState.WAITING_FOR_USER)
    desk.clock.pass_(desk.outbox.settings.waiting_ttl_seconds)
    assert outcome(desk)[0] == "expired"


# ends: Rule 2
def test_a_session_that_makes_room_has_expired(desk: Desk) -> None:
    desk.outbox.say(opened(desk), SessionState.WAITING_FOR_USER)
    for number in range(MAX_SESSIONS):
        desk.outbox.open(f"job:{number}", None)
    assert outcome(desk)[0] == "expired"


# ends: Rule 3
def test_a_session_that_is_open_at_the_goodbye_was_cancelled(desk: Desk) -> None:
    opened(desk)
    (end,) = desk.outbox.draft(left=True).record.ended
    assert end.outcome == "cancelled"
