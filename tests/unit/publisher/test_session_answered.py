"""What an agent's handle does once another worker has answered its question."""

import pytest

from agent_status_publisher import Session, SessionState
from agent_status_publisher.testing import RecordingPublisher

KEY = "web:1"


def answer_elsewhere(publisher: RecordingPublisher) -> None:
    """Do what the flusher does when Redis refuses the question."""
    worker = publisher._newest()
    assert worker
    worker.outbox.answered([KEY], worker.outbox.draft())
    assert publisher.sessions == {}


def waiting(publisher: RecordingPublisher) -> Session:
    session = publisher.session(KEY)
    session.waiting_for_user()
    answer_elsewhere(publisher)
    return session


def test_a_question_that_is_asked_again_in_any_way_stays_answered(publisher: RecordingPublisher) -> None:
    session = waiting(publisher)
    session.waiting_for_user()
    publisher.publish(KEY, "waiting_for_user")
    session.usage(input=5)
    assert publisher.sessions == {}


@pytest.mark.parametrize("state", ["thinking", "tool_running", "streaming", "error"])
def test_another_state_begins_a_run(publisher: RecordingPublisher, state: str) -> None:
    waiting(publisher)
    publisher.publish(KEY, state)
    assert publisher.sessions[KEY].state == state
    publisher.publish(KEY, "waiting_for_user")
    assert publisher.sessions[KEY].state is SessionState.WAITING_FOR_USER


def test_the_handle_is_alive(publisher: RecordingPublisher) -> None:
    session = waiting(publisher)
    assert publisher.session(KEY) is session
    assert publisher.sessions[KEY].state is SessionState.THINKING


def test_blocks_that_wait_for_the_old_answer_do_not_hold_a_new_run_open(publisher: RecordingPublisher) -> None:
    session = publisher.session(KEY).__enter__()
    session.waiting_for_user()
    answer_elsewhere(publisher)
    with session:
        assert publisher.sessions[KEY].state is SessionState.THINKING
    assert publisher.sessions == {}
    session.__exit__(None, None, None)
    assert publisher.errors == []


def test_the_end_of_an_answered_session_ends_its_handle(publisher: RecordingPublisher) -> None:
    session = waiting(publisher)
    session.end()
    session.thinking()
    assert publisher.sessions == {}
