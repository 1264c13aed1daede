"""Sessions of subagents: when each begins, what it shows and how it ends."""

import pytest

from agent_status_gateway.ingest import sessions as sessions_module
from agent_status_gateway.ingest.processes import Process
from agent_status_gateway.ingest.sessions import PATIENCE, IngestSession, IngestSessions, TooManySessionsError
from agent_status_publisher import SessionState
from agent_status_publisher.testing import RecordingPublisher
from tests.support.builders.clock import Clock

TTL_SECONDS = 900.0
CHILD = "web:1/a1"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sessions(publisher: RecordingPublisher, clock: Clock) -> IngestSessions:
    return IngestSessions(publisher, clock, TTL_SECONDS, has_children=True)


@pytest.fixture
def parent(sessions: IngestSessions) -> IngestSession:
    """A session with the subagent `a1`, an Explore."""
    parent = sessions.open("web:1")
    parent.activity.start_agent("a1", "Explore")
    sessions.renew(parent, active="a1")
    return parent


# children: Rule 1
@pytest.mark.usefixtures("parent")
def test_a_subagent_has_a_session_with_its_parent_its_type_and_a_title(publisher: RecordingPublisher) -> None:
    child = publisher.sessions[CHILD]
    assert (child.state, child.parent, child.title, child.labels) == (
        "thinking",
        "web:1",
        "Explore",
        {"agent": "Explore"},
    )


# children: Rule 1
def test_a_subagent_without_a_type_has_no_name(publisher: RecordingPublisher, sessions: IngestSessions) -> None:
    parent = sessions.open("web:1")
    parent.activity.start_agent("a1", None)
    sessions.renew(parent)
    assert (publisher.sessions[CHILD].title, publisher.sessions[CHILD].labels) == (None, {})


# children: Rule 1
def test_a_type_that_cannot_be_a_label_is_left_out(publisher: RecordingPublisher, sessions: IngestSessions) -> None:
    parent = sessions.open("web:1")
    parent.activity.start_agent("a1", "x" * 129)
    sessions.renew(parent)
    assert publisher.sessions[CHILD].labels == {}


# children: Rule 1
def test_without_the_wish_a_subagent_has_no_session(publisher: RecordingPublisher, clock: Clock) -> None:
    sessions = IngestSessions(publisher, clock, TTL_SECONDS)
    parent = sessions.open("web:1")
    parent.activity.start_agent("a1", "Explore")
    sessions.renew(parent, active="a1")
    assert list(publisher.sessions) == ["web:1"]


# children: Rule 1
def test_children_take_up_the_room_of_sessions_and_without_room_a_subagent_is_a_tool(
    publisher: RecordingPublisher, sessions: IngestSessions, parent: IngestSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions_module, "MAX_SESSIONS", 2)
    with pytest.raises(TooManySessionsError, match="2 sessions"):
        sessions.open("web:2")
    parent.activity.start_agent("a2", "Plan")
    parent.activity.start_tool("a2", "read", "1")
    sessions.renew(parent, active="a2")
    assert sorted(publisher.sessions) == ["web:1", CHILD]
    assert publisher.sessions["web:1"].tool_name == "read"
    parent.activity.end_agent("a1")
    sessions.renew(parent, active="a1", ended="done")
    sessions.renew(parent)
    assert sorted(publisher.sessions) == ["web:1", "web:1/a2"]
    assert (publisher.sessions["web:1/a2"].tool_name, publisher.sessions["web:1"].tool_name) == ("read", "Plan")


# children: Rule 2
def test_a_child_shows_the_calls_and_questions_of_its_subagent_and_the_parent_that_it_runs(
    publisher: RecordingPublisher, sessions: IngestSessions, parent: IngestSession
) -> None:
    parent.activity.start_tool("a1", "bash", "1")
    parent.activity.questions.ask("a1", "bash", "1")
    sessions.renew(parent, active="a1")
    child, around = publisher.sessions[CHILD], publisher.sessions["web:1"]
    assert (child.state, child.waiting_for) == ("waiting_for_user", "approval")
    assert (around.state, around.tool_name, around.waiting_for) == ("tool_running", "Explore", None)
    parent.activity.end_tool("a1", "bash", "1")
    sessions.renew(parent, active="a1")
    assert publisher.states(CHILD) == ["thinking", "waiting_for_user", "thinking"]


# children: Rule 2
def test_only_what_a_subagent_does_itself_is_a_call_on_its_session(
    sessions: IngestSessions, parent: IngestSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    child = parent.children.get("a1")
    assert child is not None
    calls = []
    monkeypatch.setattr(type(child), "thinking", lambda session: calls.append(session.key))
    parent.activity.start_tool(None, "bash", "1")
    sessions.renew(parent)
    assert calls == []
    sessions.renew(parent, active="a1")
    assert calls == [CHILD]


PROCESS = Process(42, "boot/7")
ENDS = [
    "its end",
    "its failure",
    "the end of its turn",
    "another state",
    "no news",
    "no news of a process",
    "no process",
]


def bring(how: str, sessions: IngestSessions, parent: IngestSession, clock: Clock) -> None:
    parent.process = PROCESS if "process" in how else None
    match how:
        case "its end":
            sessions.end("web:1")
        case "its failure":
            sessions.end("web:1", "boom")
        case "the end of its turn":
            sessions.finish(parent)
        case "another state":
            parent.activity.set(SessionState.STREAMING)
            sessions.renew(parent)
        case "no process":
            sessions.end_gone({PROCESS})
        case _:
            clock.pass_(PATIENCE * TTL_SECONDS)
            sessions.end_idle()


# children: Rule 3
@pytest.mark.parametrize("shows_idle", [False, True])
@pytest.mark.parametrize("how", ENDS)
def test_a_child_whose_parent_is_over_is_cancelled(
    publisher: RecordingPublisher,
    sessions: IngestSessions,
    parent: IngestSession,
    clock: Clock,
    how: str,
    shows_idle: bool,
) -> None:
    sessions.shows_idle = shows_idle
    bring(how, sessions, parent, clock)
    assert [one.outcome for one in publisher.changes if one.session_key == CHILD][-1] == "cancelled"
    assert CHILD not in publisher.sessions


# children: Rule 3
def test_a_child_ends_with_its_subagent_as_its_parent_says(
    publisher: RecordingPublisher, sessions: IngestSessions, parent: IngestSession
) -> None:
    parent.activity.end_agent("a1")
    sessions.renew(parent, active="a1", ended="done")
    ended = publisher.changes[-1] if publisher.changes[-1].session_key == CHILD else publisher.changes[-2]
    assert (ended.session_key, ended.state, ended.outcome) == (CHILD, None, "done")
    assert "web:1" in publisher.sessions


# children: Rule 3
@pytest.mark.usefixtures("parent")
def test_a_child_that_has_failed_stays_in_error_whatever_becomes_of_its_parent(
    publisher: RecordingPublisher, sessions: IngestSessions
) -> None:
    assert sessions.fail_subagent("web:1", "a1", "rate_limit") is True
    sessions.end("web:1")
    assert publisher.sessions[CHILD].error_message == "rate_limit"
    assert sessions.fail_subagent("web:1", "a1", "rate_limit") is False


# children: Rule 3
def test_a_subagent_that_goes_on_has_its_session_again(
    publisher: RecordingPublisher, sessions: IngestSessions, parent: IngestSession
) -> None:
    parent.activity.end_agent("a1")
    sessions.renew(parent, active="a1", ended="done")
    parent.activity.start_agent("a1", "Explore")
    sessions.renew(parent, active="a1")
    assert publisher.states(CHILD) == ["thinking", None, "thinking"]


def test_an_id_that_cannot_be_in_a_key_is_a_digest(publisher: RecordingPublisher, sessions: IngestSessions) -> None:
    parent = sessions.open("web:1")
    parent.activity.start_agent("a\n1", "Explore")
    parent.activity.start_agent("x" * 400, "Explore")
    parent.activity.start_agent("y" * 4000, "Explore")
    sessions.renew(parent)
    assert len(publisher.sessions) == 4
