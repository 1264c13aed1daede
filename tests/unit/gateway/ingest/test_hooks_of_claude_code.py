"""Sequences of hook events as Claude Code sends them, and the states that they become."""

import pytest

from agent_status_publisher.testing import RecordingPublisher
from tests.support.builders.hook_events import ASK, BASH, READ, Events, play

AGENT_CALL = {"tool_name": "Agent", "tool_use_id": "toolu_3"}
HELPER = {"id": "a1", "type": "subagent", "status": "running", "description": "sub", "agent_type": "helper"}


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
        "thinking tool_running thinking end",
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
        "thinking tool_running waiting_for_user thinking end",
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
        "thinking tool_running waiting_for_user thinking tool_running thinking end",
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
        "thinking tool_running thinking end",
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
    "a user who interrupts, without an event, and goes on": (
        [("UserPromptSubmit", {}), ("PreToolUse", BASH), ("UserPromptSubmit", {}), ("Stop", {})],
        "thinking tool_running thinking end",
    ),
    "a tool that is denied in headless mode, beside one that runs": (
        [
            ("UserPromptSubmit", {}),
            ("PreToolUse", BASH),
            ("PreToolUse", READ),
            ("PermissionRequest", {"tool_name": "Read"}),
            ("PostToolUse", BASH),
            ("PostToolBatch", {}),
            ("Stop", {"background_tasks": [], "session_crons": []}),
        ],
        "thinking tool_running waiting_for_user thinking end",
    ),
    "the tool of another subagent, which hides no question": (
        [
            ("UserPromptSubmit", {}),
            ("PreToolUse", BASH | {"agent_id": "a1"}),
            ("PermissionRequest", {"tool_name": "Bash", "agent_id": "a1"}),
            ("PreToolUse", READ | {"agent_id": "a2"}),
            ("PostToolUse", READ | {"agent_id": "a2"}),
        ],
        "thinking tool_running waiting_for_user",
    ),
    "an answer while another subagent's tool runs": (
        [
            ("UserPromptSubmit", {}),
            ("PreToolUse", BASH | {"agent_id": "a1"}),
            ("PermissionRequest", {"tool_name": "Bash", "agent_id": "a1"}),
            ("PreToolUse", READ | {"agent_id": "a2"}),
            ("PostToolUse", BASH | {"agent_id": "a1"}),
        ],
        "thinking tool_running waiting_for_user tool_running",
    ),
    "a subagent that is denied, and ends": (
        [
            ("UserPromptSubmit", {}),
            ("SubagentStart", {"agent_id": "a1", "agent_type": "Explore"}),
            ("PreToolUse", BASH | {"agent_id": "a1"}),
            ("PermissionRequest", {"tool_name": "Bash", "agent_id": "a1"}),
            ("SubagentStop", {"agent_id": "a1"}),
        ],
        "thinking tool_running waiting_for_user thinking",
    ),
    "a tool that is a question, and asks for a permission, too": (
        [
            ("UserPromptSubmit", {}),
            ("PreToolUse", ASK),
            ("PermissionRequest", {"tool_name": "AskUserQuestion"}),
            ("Notification", {"notification_type": "permission_prompt"}),
            ("PostToolUse", ASK),
        ],
        "thinking waiting_for_user thinking",
    ),
    "a plan that waits for approval": (
        [("UserPromptSubmit", {}), ("PreToolUse", {"tool_name": "ExitPlanMode", "tool_use_id": "toolu_8"})],
        "thinking waiting_for_user",
    ),
    "an MCP server that asks, and is answered": (
        [
            ("UserPromptSubmit", {}),
            ("PreToolUse", {"tool_name": "mcp__shop__buy", "tool_use_id": "toolu_7"}),
            ("Elicitation", {"mcp_server_name": "shop"}),
            ("Notification", {"notification_type": "elicitation_dialog"}),
            ("ElicitationResult", {"mcp_server_name": "shop"}),
        ],
        "thinking tool_running waiting_for_user tool_running",
    ),
    "a notification that input is needed": (
        [("UserPromptSubmit", {}), ("Notification", {"notification_type": "agent_needs_input"}), ("PreToolUse", BASH)],
        "thinking waiting_for_user tool_running",
    ),
    "an older notification, without a type": (
        [
            ("UserPromptSubmit", {}),
            ("PreToolUse", BASH),
            ("Notification", {"message": "Claude needs your permission to use Bash"}),
            ("PostToolUse", BASH),
        ],
        "thinking tool_running waiting_for_user thinking",
    ),
    "a subagent in the background, as recorded from Claude Code 2.1.331": (
        [
            ("UserPromptSubmit", {}),
            ("PreToolUse", AGENT_CALL),
            ("SubagentStart", {"agent_id": "a1", "agent_type": "helper"}),
            ("PostToolUse", AGENT_CALL),
            ("PostToolBatch", {}),
            ("PreToolUse", BASH | {"agent_id": "a1"}),
            ("Stop", {"background_tasks": [HELPER], "session_crons": []}),
            ("PostToolUse", BASH | {"agent_id": "a1"}),
            ("PostToolBatch", {"agent_id": "a1"}),
            ("SubagentStop", {"agent_id": "a1", "background_tasks": [HELPER], "session_crons": []}),
            ("UserPromptSubmit", {}),
            ("Stop", {"background_tasks": [], "session_crons": []}),
            ("SessionEnd", {}),
        ],
        "thinking tool_running thinking end",
    ),
    "a stop with a task in the background, and a late notification": (
        [
            ("UserPromptSubmit", {}),
            ("Stop", {"background_tasks": [{"id": "b1", "type": "shell", "status": "running"}]}),
            ("Notification", {"notification_type": "idle_prompt"}),
        ],
        "thinking tool_running",
    ),
    "a stop with a scheduled wake-up": (
        [("UserPromptSubmit", {}), ("Stop", {"background_tasks": [], "session_crons": [{"id": "c1"}]})],
        "thinking tool_running",
    ),
    "a stop with work in the background of a session from before this process": (
        [("Stop", {"background_tasks": [HELPER], "session_crons": []})],
        "thinking tool_running",
    ),
    "an interrupted turn beside a subagent in the background": (
        [
            ("UserPromptSubmit", {}),
            ("Stop", {"background_tasks": [HELPER], "session_crons": []}),
            ("UserPromptSubmit", {}),
            ("PreToolUse", BASH),
            ("PostToolUseFailure", BASH | {"is_interrupt": True}),
            ("SubagentStop", {"agent_id": "a1", "background_tasks": [HELPER], "session_crons": []}),
        ],
        "thinking tool_running thinking",
    ),
    "an interrupted turn that says so": (
        [("UserPromptSubmit", {}), ("PreToolUse", BASH), ("StopFailure", {"error": "user_interrupted"})],
        "thinking tool_running end",
    ),
    "an interrupted tool": (
        [("UserPromptSubmit", {}), ("PreToolUse", BASH), ("PostToolUseFailure", BASH | {"is_interrupt": True})],
        "thinking tool_running end",
    ),
    "an interrupted tool of a subagent": (
        [
            ("UserPromptSubmit", {}),
            ("PreToolUse", BASH | {"agent_id": "a1"}),
            ("PostToolUseFailure", BASH | {"agent_id": "a1", "is_interrupt": True}),
            ("SubagentStop", {"agent_id": "a1"}),
        ],
        "thinking tool_running thinking",
    ),
    "a prompt that waits while a tool is open: the user has interrupted": (
        [("UserPromptSubmit", {}), ("PreToolUse", BASH), ("Notification", {"notification_type": "idle_prompt"})],
        "thinking tool_running end",
    ),
    "two calls of one tool without ids": (
        [
            ("UserPromptSubmit", {}),
            ("PreToolUse", {"tool_name": "Bash"}),
            ("PreToolUse", {"tool_name": "Bash"}),
            ("PostToolUse", {"tool_name": "Bash"}),
        ],
        "thinking tool_running",
    ),
}


@pytest.mark.parametrize("name", CLAUDE_CODE)
def test_each_hook_event_of_claude_code_becomes_its_state(publisher: RecordingPublisher, name: str) -> None:
    events, expected = CLAUDE_CODE[name]
    assert play(publisher, events) == expected
