"""What becomes of a session whose question another worker has answered."""

import pytest

from agent_status_publisher.contract.report import MAX_SESSIONS, SessionState
from tests.unit.publisher.worker.sessions.test_outbox import Desk

KEY = "web:1"


@pytest.fixture
def desk() -> Desk:
    """An outbox whose one question was answered elsewhere."""
    made = Desk()
    run = made.outbox.open(KEY, "T")
    assert run
    made.outbox.say(run, SessionState.WAITING_FOR_USER)
    made.clock.pass_(10.0)
    made.outbox.answered([KEY, "unknown"], made.outbox.draft())
    return made


def shown(desk: Desk) -> list[tuple[str, int, int]]:
    return [(one.state.value, one.run_ms, one.input_tokens) for one in desk.outbox.draft().record.sessions]


def test_it_is_not_reported_any_more_nor_as_ended_and_that_is_news(desk: Desk) -> None:
    assert desk.outbox.has_news
    draft = desk.outbox.draft()
    assert (draft.record.sessions, draft.record.ended, desk.outbox.runs()) == ((), (), ())


# run: Rule 5
def test_to_wait_again_is_no_run(desk: Desk) -> None:
    run = desk.outbox.run(KEY)
    assert run
    desk.clock.pass_(desk.outbox.settings.waiting_ttl_seconds + 1)
    desk.outbox.say(run, SessionState.WAITING_FOR_USER)
    assert desk.outbox.run(KEY) is run
    assert shown(desk) == []


# run: Rule 5
@pytest.mark.parametrize("state", ["thinking", "tool_running", "streaming", "error"])
def test_any_other_state_begins_a_run(desk: Desk, state: str) -> None:
    run = desk.outbox.run(KEY)
    assert run
    desk.outbox.use(run, 7, 7)
    if state == "error":
        desk.outbox.fail(run, "boom")
    else:
        desk.outbox.say(run, SessionState(state))
    desk.clock.pass_(1.0)
    assert shown(desk) == [(state, 1000, 0)]
    desk.outbox.say(run, SessionState.WAITING_FOR_USER)
    assert shown(desk)[0][0] == "waiting_for_user"


def test_opening_the_key_begins_a_run_with_the_title_it_had(desk: Desk) -> None:
    run = desk.outbox.open(KEY, None)
    assert run
    assert (run.title, shown(desk)) == ("T", [("thinking", 0, 0)])


def test_the_end_of_the_tool_that_asked_begins_a_run_too() -> None:
    desk = Desk()
    run = desk.outbox.open(KEY, None)
    assert run
    desk.outbox.start_tool(run, "ask", "c1")
    desk.outbox.say(run, SessionState.WAITING_FOR_USER)
    desk.outbox.answered([KEY], desk.outbox.draft())
    assert shown(desk) == []
    desk.outbox.end_tool(run, "c1")
    assert shown(desk) == [("streaming", 0, 0)]


def test_its_end_and_a_goodbye_report_nothing(desk: Desk) -> None:
    assert desk.outbox.draft(left=True).record.ended == ()
    desk.outbox.end(KEY)
    assert desk.outbox.draft().record.ended == ()
    assert desk.outbox.run(KEY) is None


def test_what_was_asked_or_begun_after_the_draft_stays() -> None:
    desk = Desk()
    run = desk.outbox.open(KEY, None)
    assert run
    desk.outbox.say(run, SessionState.WAITING_FOR_USER)
    draft = desk.outbox.draft()
    desk.clock.pass_(0.1)
    desk.outbox.say(run, SessionState.THINKING)
    desk.outbox.answered([KEY], draft)
    assert shown(desk)[0][0] == "thinking"
    desk.outbox.say(run, SessionState.WAITING_FOR_USER)
    desk.outbox.answered([KEY], draft)
    assert shown(desk)[0][0] == "waiting_for_user"


def test_it_is_the_first_to_go_when_there_is_no_room(desk: Desk) -> None:
    waiting = desk.outbox.open("old", None)
    assert waiting
    desk.outbox.say(waiting, SessionState.WAITING_FOR_USER)
    waiting.changed_at = 0.0
    for number in range(MAX_SESSIONS - 2):
        desk.outbox.open(f"job:{number}", None)
    assert desk.outbox.open("one-more", None)
    assert not desk.outbox.has_evicted
    assert desk.outbox.run(KEY) is None
    assert desk.outbox.run("old") is waiting
