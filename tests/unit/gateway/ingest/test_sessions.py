"""The sessions that are ingested, and how long they last without news."""

from collections.abc import Callable

import pytest

from agent_status_gateway.ingest import sessions as sessions_module
from agent_status_gateway.ingest.activity.activity import Activity
from agent_status_gateway.ingest.processes import Process
from agent_status_gateway.ingest.sessions import (
    NO_NEWS,
    PATIENCE,
    PAUSE_SECONDS,
    IngestSessions,
    TooManySessionsError,
)
from agent_status_publisher import SessionState
from agent_status_publisher.testing import RecordingPublisher
from tests.support.builders.clock import Clock

TTL_SECONDS = 900.0


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sessions(publisher: RecordingPublisher, clock: Clock) -> IngestSessions:
    return IngestSessions(publisher, clock, TTL_SECONDS)


# sessions: Rule 2
def test_silence_for_longer_than_the_ttl_is_an_error_and_the_next_news_a_new_run(
    publisher: RecordingPublisher, clock: Clock, sessions: IngestSessions
) -> None:
    sessions.open("web:1", "Fix")
    clock.pass_(TTL_SECONDS - 1)
    sessions.end_idle()
    assert publisher.sessions["web:1"].state == "thinking"
    clock.pass_(1)
    sessions.end_idle()
    assert publisher.sessions["web:1"].error_message == NO_NEWS
    assert len(sessions) == 0
    sessions.open("web:1")
    assert publisher.sessions["web:1"].state == "thinking"
    assert publisher.sessions["web:1"].title == "Fix"


# sessions: Rule 1
@pytest.mark.parametrize(
    "act",
    [
        lambda activity: activity.start_tool(None, "bash", "1"),
        lambda activity: activity.set(SessionState.TOOL_RUNNING, "bash"),
        lambda activity: activity.set(SessionState.WAITING_FOR_USER),
        lambda activity: activity.questions.note("approval"),
    ],
)
def test_a_tool_or_a_question_may_be_idle_for_longer(
    publisher: RecordingPublisher, clock: Clock, sessions: IngestSessions, act: Callable[[Activity], None]
) -> None:
    session = sessions.open("web:1")
    act(session.activity)
    sessions.renew(session)
    clock.pass_(PATIENCE * TTL_SECONDS - 1)
    sessions.end_idle()
    assert publisher.sessions["web:1"].error_message is None
    clock.pass_(1)
    sessions.end_idle()
    assert publisher.sessions["web:1"].error_message == NO_NEWS


def test_after_the_last_tool_the_model_is_at_work_and_patience_is_over(
    publisher: RecordingPublisher, clock: Clock, sessions: IngestSessions
) -> None:
    session = sessions.open("web:1")
    session.activity.start_tool(None, "bash", "1")
    session.activity.end_tool(None, "bash", "1")
    sessions.renew(session)
    assert publisher.sessions["web:1"].state == "thinking"
    clock.pass_(TTL_SECONDS)
    sessions.end_idle()
    assert publisher.sessions["web:1"].state == "error"


# sessions: Rule 2
def test_a_session_that_is_only_kept_for_its_background_ends_without_an_error(
    publisher: RecordingPublisher, clock: Clock, sessions: IngestSessions
) -> None:
    session = sessions.open("web:1")
    session.activity.stop([{"id": "b1", "type": "shell", "status": "running"}], [])
    sessions.renew(session)
    clock.pass_(PATIENCE * TTL_SECONDS - 1)
    sessions.end_idle()
    assert publisher.sessions["web:1"].tool_name == "shell"
    clock.pass_(1)
    sessions.end_idle()
    assert publisher.states("web:1") == ["thinking", "tool_running", None]


# sessions: Rule 2
@pytest.mark.parametrize(("shows_idle", "shown"), [(False, None), (True, "waiting_for_user")])
def test_a_session_whose_agent_lives_is_at_its_prompt_after_its_ttl(
    publisher: RecordingPublisher, clock: Clock, shows_idle: bool, shown: str | None
) -> None:
    sessions = IngestSessions(publisher, clock, TTL_SECONDS, shows_idle=shows_idle)
    session = sessions.open("codex:1")
    session.process = Process(42, "boot/7")
    session.activity.start_tool(None, "bash", "interrupted")
    sessions.renew(session)
    clock.pass_(PATIENCE * TTL_SECONDS)
    sessions.end_idle()
    assert publisher.states("codex:1") == ["thinking", "tool_running", shown]
    clock.pass_(PATIENCE * TTL_SECONDS)
    sessions.end_idle()
    assert publisher.states("codex:1")[-1] is None


# sessions: Rule 3
@pytest.mark.parametrize(("shows_idle", "shown"), [(False, None), (True, "waiting_for_user")])
def test_a_session_at_its_prompt_has_ended_unless_idle_sessions_are_shown(
    publisher: RecordingPublisher, clock: Clock, shows_idle: bool, shown: str | None
) -> None:
    sessions = IngestSessions(publisher, clock, TTL_SECONDS, shows_idle=shows_idle)
    session = sessions.open("web:1")
    session.activity.stop()
    sessions.finish(session)
    assert publisher.states("web:1") == ["thinking", shown]


# sessions: Rule 3
def test_an_idle_session_is_shown_until_its_ttl_and_then_ends_without_an_error(
    publisher: RecordingPublisher, clock: Clock
) -> None:
    sessions = IngestSessions(publisher, clock, TTL_SECONDS, shows_idle=True)
    session = sessions.open("web:1")
    session.activity.start_agent("a1", "Explore")
    session.activity.stop()
    session.activity.end_agent("a1")
    sessions.renew(session)
    clock.pass_(PAUSE_SECONDS)
    sessions.end_idle()
    assert publisher.sessions["web:1"].state == "waiting_for_user"
    clock.pass_(PATIENCE * TTL_SECONDS - 1)
    sessions.end_idle()
    assert publisher.sessions["web:1"].state == "waiting_for_user"
    clock.pass_(1)
    sessions.end_idle()
    assert publisher.states("web:1") == ["thinking", "waiting_for_user", None]


# sessions: Rule 4
def test_the_sessions_of_a_process_that_is_gone_end_without_an_error(
    publisher: RecordingPublisher, sessions: IngestSessions
) -> None:
    gone, alive = Process(42, "boot/7"), Process(43, "boot/8")
    for key, process in (("codex:1", gone), ("codex:2", alive), ("web:3", None)):
        sessions.open(key, sessions.titles.of(key, "/srv/shop")).process = process
    assert sessions.processes == {gone, alive}
    sessions.end_gone({gone})
    assert publisher.states("codex:1") == ["thinking", None]
    assert sorted(publisher.sessions) == ["codex:2", "web:3"]
    assert sessions.titles.of("codex:4", "/srv/shop") == "shop", "its title is free"


# sessions: Rule 5
def test_a_session_outlives_the_last_work_in_its_background_for_a_moment(
    publisher: RecordingPublisher, clock: Clock, sessions: IngestSessions
) -> None:
    session = sessions.open("web:1")
    session.activity.start_agent("a1", "Explore")
    session.activity.stop()
    session.activity.end_agent("a1")
    sessions.renew(session)
    clock.pass_(PAUSE_SECONDS - 0.1)
    sessions.end_idle()
    assert publisher.sessions["web:1"].state == "thinking"
    clock.pass_(0.1)
    sessions.end_idle()
    assert publisher.states("web:1") == ["thinking", None]


def test_nobody_more_is_taken_in_than_a_worker_may_hold(
    sessions: IngestSessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions_module, "MAX_SESSIONS", 2)
    sessions.open("web:1")
    sessions.open("web:2")
    with pytest.raises(TooManySessionsError, match="2 sessions"):
        sessions.open("web:3")
    sessions.end("web:1")
    sessions.open("web:3")
