"""What command-line agents mean by their hooks; sequences as the real ones send them."""

from collections.abc import Iterator
from typing import Any

import pytest

from agent_status_gateway.ingest.hooks import MEANINGS, Cli, HookEvent, take
from agent_status_gateway.ingest.sessions import IngestSessions
from agent_status_publisher.testing import RecordingPublisher
from tests.support.builders.clock import Clock

BASH = {"tool_name": "Bash", "tool_use_id": "toolu_1"}
Events = list[tuple[str, dict[str, Any]]]


@pytest.fixture
def publisher() -> Iterator[RecordingPublisher]:
    with RecordingPublisher() as publisher:
        yield publisher
    assert publisher.errors == []


def play(publisher: RecordingPublisher, events: Events, cli: Cli = "claude-code") -> str:
    """The states that are published, by name; `end` is the session's end."""
    sessions = IngestSessions(publisher, Clock(), 900)
    for name, fields in events:
        take(cli, HookEvent(session_id="s1", hook_event_name=name, **fields), sessions)
    return " ".join("end" if state is None else state for state in publisher.states(f"{cli}:s1"))


CLAUDE_CODE: dict[str, tuple[Events, str]] = {
    "a turn with a tool": (
        [
            ("SessionStart", {}),
            ("UserPromptSubmit", {}),
            ("PreToolUse", BASH),
            ("PostToolUse", BASH),
            ("PostToolBatch", {}),
            ("Stop", {}),
            ("SessionEnd", {}),
        ],
        "thinking tool_running streaming thinking end",
    ),
    "a tool that is refused in headless mode": (
        [("UserPromptSubmit", {}), ("PreToolUse", BASH), ("PermissionRequest", {"tool_name": "Bash"}), ("Stop", {})],
        "thinking tool_running waiting_for_user end",
    ),
    "a tool that a user allows": (
        [
            ("UserPromptSubmit", {}),
            ("PreToolUse", BASH),
            ("PermissionRequest", {"tool_name": "Bash"}),
            ("Notification", {"notification_type": "permission_prompt"}),
            ("PostToolUse", BASH),
            ("Stop", {}),
        ],
        "thinking tool_running waiting_for_user streaming thinking end",
    ),
    "a tool that a user denies, and the next one": (
        [
            ("UserPromptSubmit", {}),
            ("PreToolUse", BASH),
            ("PermissionRequest", {"tool_name": "Bash"}),
            ("PermissionDenied", BASH),
            ("PreToolUse", {"tool_name": "Read", "tool_use_id": "toolu_2"}),
            ("PostToolUseFailure", {"tool_name": "Read", "tool_use_id": "toolu_2"}),
            ("Stop", {}),
        ],
        "thinking tool_running waiting_for_user streaming thinking tool_running streaming thinking end",
    ),
    "a model that cannot be reached": (
        [("UserPromptSubmit", {}), ("StopFailure", {"error": "server_error"}), ("SessionEnd", {})],
        "thinking error",
    ),
    "a subagent, which ends nothing": (
        [
            ("UserPromptSubmit", {}),
            ("SubagentStart", {"agent_id": "a1", "agent_type": "Explore"}),
            ("PreToolUse", BASH | {"agent_id": "a1"}),
            ("PostToolUse", BASH | {"agent_id": "a1"}),
            ("Stop", {"agent_id": "a1"}),
            ("SubagentStop", {"agent_id": "a1"}),
            ("Stop", {}),
        ],
        "thinking tool_running streaming thinking end",
    ),
    "late notifications, which open nothing": (
        [
            ("UserPromptSubmit", {}),
            ("Stop", {}),
            ("Notification", {"notification_type": "idle_prompt"}),
            ("Notification", {"notification_type": "permission_prompt"}),
        ],
        "thinking end",
    ),
    "a user who interrupts, which no hook tells, and goes on": (
        [("UserPromptSubmit", {}), ("PreToolUse", BASH), ("UserPromptSubmit", {}), ("Stop", {})],
        "thinking tool_running streaming thinking end",
    ),
}


@pytest.mark.parametrize("name", CLAUDE_CODE)
def test_each_hook_event_of_claude_code_becomes_its_state(publisher: RecordingPublisher, name: str) -> None:
    events, expected = CLAUDE_CODE[name]
    assert play(publisher, events) == expected


def test_turns_of_codex_and_gemini_become_the_same_states(publisher: RecordingPublisher) -> None:
    tool = {"tool_name": "run_shell_command"}
    expected = "thinking tool_running waiting_for_user streaming thinking end"
    codex: Events = [
        ("SessionStart", {}),
        ("UserPromptSubmit", {}),
        ("PreToolUse", BASH),
        ("PermissionRequest", BASH),
        ("PostToolUse", BASH),
        ("Stop", {}),
    ]
    gemini: Events = [
        ("SessionStart", {}),
        ("BeforeAgent", {}),
        ("BeforeModel", {}),
        ("BeforeTool", tool),
        ("Notification", {"notification_type": "ToolPermission"}),
        ("AfterTool", tool),
        ("AfterAgent", {}),
    ]
    assert play(publisher, codex, "codex") == expected
    assert play(publisher, gemini, "gemini") == expected


def test_a_session_is_called_by_its_folder_and_nothing_of_its_path(publisher: RecordingPublisher) -> None:
    play(publisher, [("UserPromptSubmit", {"cwd": "/home/somebody/secret-client/web-shop"})])
    assert publisher.sessions["claude-code:s1"].title == "web-shop"


def test_an_unknown_event_means_nothing(publisher: RecordingPublisher) -> None:
    sessions = IngestSessions(publisher, Clock(), 900)
    for cli in MEANINGS:
        event = HookEvent(session_id="s1", hook_event_name="SomethingNew", tool_name="Bash")
        assert take(cli, event, sessions) is False  # type: ignore[arg-type]
    assert publisher.changes == []


def test_a_session_that_was_begun_before_this_process_is_taken_in_at_its_next_tool(
    publisher: RecordingPublisher,
) -> None:
    assert play(publisher, [("PostToolUse", BASH), ("PreToolUse", BASH)]) == "thinking tool_running"
