"""Sequences of hook events of subagents that have sessions of their own, and the states that they become."""

import pytest

from agent_status_gateway.ingest.hook_event import Cli
from agent_status_gateway.ingest.sessions import IngestSessions
from agent_status_publisher.testing import Change, RecordingPublisher
from tests.support.builders.clock import Clock
from tests.support.builders.hook_events import BASH, READ, Events, hear, states

A1 = {"agent_id": "a1", "agent_type": "Explore"}
A2 = {"agent_id": "a2", "agent_type": "Plan"}
BEGUN: Events = [("UserPromptSubmit", {}), ("SubagentStart", A1)]
WORKS: Events = [*BEGUN, ("PreToolUse", BASH | A1)]
LISTED = {"id": "a1", "type": "subagent", "status": "running", "agent_type": "Explore"}
SUBAGENTS: dict[str, tuple[Cli, Events, str, str]] = {
    "a subagent of Claude Code with a tool": (
        "claude-code",
        [
            *BEGUN,
            ("PreToolUse", BASH | A1),
            ("PostToolUse", BASH | A1),
            ("SubagentStop", A1),
            ("Stop", {}),
        ],
        "thinking tool_running thinking end",
        "thinking tool_running thinking end",
    ),
    "a subagent of Codex with a permission": (
        "codex",
        [
            *BEGUN,
            ("PreToolUse", BASH | A1),
            ("PermissionRequest", BASH | A1),
            ("PostToolUse", BASH | A1),
            ("SubagentStop", A1),
            ("Stop", {}),
        ],
        "thinking tool_running thinking end",
        "thinking tool_running waiting_for_user thinking end",
    ),
    "a permission, and its notification": (
        "claude-code",
        [*WORKS, ("PermissionRequest", BASH | A1), ("Notification", {"notification_type": "permission_prompt"})],
        "thinking tool_running",
        "thinking tool_running waiting_for_user",
    ),
    "a notification of a permission alone": (
        "claude-code",
        [*WORKS, ("Notification", {"notification_type": "permission_prompt"}), ("PostToolUse", BASH | A1)],
        "thinking tool_running",
        "thinking tool_running waiting_for_user thinking",
    ),
    "an MCP server that asks a subagent": (
        "claude-code",
        [
            *BEGUN,
            ("PreToolUse", {"tool_name": "mcp__shop__buy", "tool_use_id": "toolu_7"} | A1),
            ("Elicitation", {"mcp_server_name": "shop"}),
            ("ElicitationResult", {"mcp_server_name": "shop"}),
        ],
        "thinking tool_running",
        "thinking tool_running waiting_for_user tool_running",
    ),
    "a question of the main agent": (
        "claude-code",
        [*WORKS, ("PreToolUse", READ), ("PermissionRequest", READ)],
        "thinking tool_running waiting_for_user",
        "thinking tool_running",
    ),
    "a subagent whose start was not seen": (
        "claude-code",
        [("PreToolUse", BASH | A1)],
        "thinking tool_running",
        "thinking tool_running",
    ),
    "a subagent that goes on after the turn": (
        "claude-code",
        [
            *WORKS,
            ("Stop", {"background_tasks": [LISTED], "session_crons": []}),
            ("PostToolUse", BASH | A1),
            ("SubagentStop", A1 | {"background_tasks": [LISTED], "session_crons": []}),
        ],
        "thinking tool_running thinking",
        "thinking tool_running thinking end",
    ),
    "a subagent that only a stop has named": (
        "claude-code",
        [("Stop", {"background_tasks": [LISTED], "session_crons": []})],
        "thinking tool_running",
        "thinking",
    ),
    "a subagent that its user interrupts with the turn": (
        "claude-code",
        [*WORKS, ("PreToolUse", READ), ("PostToolUseFailure", READ | {"is_interrupt": True})],
        "thinking tool_running end",
        "thinking tool_running end",
    ),
    "a late event of a subagent that is over": (
        "claude-code",
        [*WORKS, ("SubagentStop", A1), ("PostToolUse", BASH | A1)],
        "thinking tool_running thinking",
        "thinking tool_running end",
    ),
}


@pytest.fixture
def sessions(publisher: RecordingPublisher) -> IngestSessions:
    return IngestSessions(publisher, Clock(), 900, has_children=True)


def last(publisher: RecordingPublisher, key: str) -> Change:
    return [one for one in publisher.changes if one.session_key == key][-1]


@pytest.mark.parametrize("name", SUBAGENTS)
def test_each_event_becomes_a_state_of_the_session_or_of_its_child(
    publisher: RecordingPublisher, sessions: IngestSessions, name: str
) -> None:
    cli, events, of_session, of_child = SUBAGENTS[name]
    hear(sessions, events, cli)
    assert (states(publisher, f"{cli}:s1"), states(publisher, f"{cli}:s1/a1")) == (of_session, of_child)


OUTCOMES: dict[str, tuple[Events, str]] = {
    "its own end": ([("SubagentStop", A1)], "done"),
    "a stop that does not list it": ([("Stop", {"background_tasks": [], "session_crons": []})], "done"),
    "an interrupt": ([("Notification", {"notification_type": "idle_prompt"})], "cancelled"),
    "another prompt in its turn": ([("UserPromptSubmit", {})], "cancelled"),
    "a turn that fails": ([("StopFailure", {"error": "server_error"})], "cancelled"),
    "the end of the session": ([("SessionEnd", {})], "cancelled"),
}


@pytest.mark.parametrize("name", OUTCOMES)
def test_a_child_says_how_it_ended(publisher: RecordingPublisher, sessions: IngestSessions, name: str) -> None:
    events, outcome = OUTCOMES[name]
    hear(sessions, [*WORKS, *events])
    ended = last(publisher, "claude-code:s1/a1")
    assert (ended.state, ended.outcome) == (None, outcome)


def test_a_subagent_whose_model_fails_has_failed_and_its_session_goes_on(
    publisher: RecordingPublisher, sessions: IngestSessions
) -> None:
    hear(sessions, [*WORKS, ("StopFailure", A1 | {"error": "rate_limit"}), ("SubagentStop", A1)])
    failed = last(publisher, "claude-code:s1/a1")
    assert (failed.state, failed.error_message) == ("error", "rate_limit")
    assert publisher.sessions["claude-code:s1"].state == "thinking"


def test_two_subagents_hide_nothing_of_each_other(publisher: RecordingPublisher, sessions: IngestSessions) -> None:
    hear(sessions, [*WORKS, ("PermissionRequest", BASH | A1), ("PreToolUse", READ | A2)])
    shown = {key: (one.state, one.tool_name, one.waiting_for) for key, one in publisher.sessions.items()}
    assert shown == {
        "claude-code:s1": ("tool_running", "Plan", None),
        "claude-code:s1/a1": ("waiting_for_user", None, "approval"),
        "claude-code:s1/a2": ("tool_running", "Read", None),
    }


def test_each_is_labelled_with_its_own_agent_and_model(publisher: RecordingPublisher, sessions: IngestSessions) -> None:
    hear(sessions, [("UserPromptSubmit", {"model": "gpt-5"}), ("SubagentStart", A1 | {"model": "small"})], "codex")
    assert publisher.sessions["codex:s1"].labels == {"model": "gpt-5"}
    assert publisher.sessions["codex:s1/a1"].labels == {"agent": "Explore", "model": "small"}


def test_a_subagent_that_only_a_stop_has_named_is_labelled(
    publisher: RecordingPublisher, sessions: IngestSessions
) -> None:
    hear(sessions, [("Stop", {"background_tasks": [LISTED], "session_crons": []})])
    assert publisher.sessions["claude-code:s1/a1"].labels == {"agent": "Explore"}
