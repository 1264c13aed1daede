"""The sessions that are ingested, and how long they last without news."""

from collections.abc import Iterator

import pytest

from agent_status_gateway.ingest import sessions as heard_module
from agent_status_gateway.ingest.sessions import NO_NEWS, PATIENCE, IngestSessions, TooManySessionsError
from agent_status_publisher.testing import RecordingPublisher
from tests.support.builders.clock import Clock

TTL_SECONDS = 900.0


@pytest.fixture
def publisher() -> Iterator[RecordingPublisher]:
    with RecordingPublisher() as publisher:
        yield publisher
    assert publisher.errors == []


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
@pytest.mark.parametrize("act", ["tool_start", "tool_running", "waiting_for_user"])
def test_a_tool_or_a_question_may_be_idle_for_longer(
    publisher: RecordingPublisher, clock: Clock, sessions: IngestSessions, act: str
) -> None:
    heard = sessions.open("web:1")
    getattr(heard, act)(*{"tool_start": ("bash", "1"), "tool_running": ("bash",), "waiting_for_user": ()}[act])
    sessions.renew(heard)
    clock.pass_(PATIENCE * TTL_SECONDS - 1)
    sessions.end_idle()
    assert publisher.sessions["web:1"].error_message is None
    clock.pass_(1)
    sessions.end_idle()
    assert publisher.sessions["web:1"].error_message == NO_NEWS


def test_after_the_last_tool_the_model_is_at_work_and_patience_is_over(
    publisher: RecordingPublisher, clock: Clock, sessions: IngestSessions
) -> None:
    heard = sessions.open("web:1")
    heard.tool_start("bash", "1")
    heard.tool_start("read", "2")
    heard.tool_end("2")
    assert publisher.sessions["web:1"].tool_name == "bash"
    heard.tool_end("1")
    assert publisher.sessions["web:1"].state == "thinking"
    sessions.renew(heard)
    clock.pass_(TTL_SECONDS)
    sessions.end_idle()
    assert publisher.sessions["web:1"].state == "error"


def test_a_new_turn_forgets_tools_whose_end_never_came(publisher: RecordingPublisher, sessions: IngestSessions) -> None:
    heard = sessions.open("web:1")
    heard.tool_start("bash", "interrupted")
    heard.thinking()
    heard.tool_start("read", "2")
    heard.tool_end("2")
    assert publisher.sessions["web:1"].state == "thinking"
    heard.tool_end("interrupted")
    assert publisher.sessions["web:1"].state == "thinking"


def test_nobody_more_is_taken_in_than_a_worker_may_hold(
    sessions: IngestSessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heard_module, "MAX_SESSIONS", 2)
    sessions.open("web:1")
    sessions.open("web:2")
    with pytest.raises(TooManySessionsError, match="2 sessions"):
        sessions.open("web:3")
    sessions.end("web:1")
    sessions.open("web:3")


def test_tools_that_never_end_fill_no_memory(sessions: IngestSessions) -> None:
    heard = sessions.open("web:1")
    for call in range(1000):
        heard.tool_start("bash", str(call))
    assert len(heard._calls) == heard_module.MAX_CALLS
