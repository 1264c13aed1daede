"""What command-line agents mean by their hooks; sequences as the real ones send them."""

from typing import Any

import pytest

from agent_status_gateway.ingest.hook_event import Cli, HookEvent
from agent_status_gateway.ingest.hooks import MEANINGS, take
from agent_status_gateway.ingest.sessions import IngestSessions
from agent_status_publisher.testing import RecordingPublisher
from tests.support.builders.clock import Clock
from tests.support.builders.hook_events import ASK, BASH, Events, play


def test_turns_of_codex_and_gemini_become_the_same_states(publisher: RecordingPublisher) -> None:
    tool = {"tool_name": "run_shell_command"}
    expected = "thinking tool_running waiting_for_user thinking end"
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


@pytest.mark.parametrize(
    ("cli", "tool"),
    [("codex", "request_user_input"), ("gemini", "ask_user"), ("gemini", "exit_plan_mode")],
)
def test_a_tool_that_is_a_question_waits_for_its_answer_in_every_agent(
    publisher: RecordingPublisher, cli: Cli, tool: str
) -> None:
    begin, start, end = {
        "codex": ("UserPromptSubmit", "PreToolUse", "PostToolUse"),
        "gemini": ("BeforeAgent", "BeforeTool", "AfterTool"),
    }[cli]
    events: Events = [(begin, {}), (start, {"tool_name": tool}), (end, {"tool_name": tool})]
    assert play(publisher, events, cli) == "thinking waiting_for_user thinking"


def test_geminis_question_before_a_tool_is_answered_when_the_tool_begins(publisher: RecordingPublisher) -> None:
    events: Events = [
        ("BeforeAgent", {}),
        ("Notification", {"notification_type": "ToolPermission"}),
        ("BeforeTool", {"tool_name": "run_shell_command"}),
    ]
    assert play(publisher, events, "gemini") == "thinking waiting_for_user tool_running"


@pytest.mark.parametrize(
    ("event", "fields"), [("Interrupt", {}), ("SessionEnd", {}), ("StopFailure", {"error": "user_interrupted"})]
)
def test_codexs_interrupt_and_end_are_no_error(
    publisher: RecordingPublisher, event: str, fields: dict[str, str]
) -> None:
    assert play(publisher, [("PreToolUse", BASH), (event, fields)], "codex") == "thinking tool_running end"


def test_codexs_failed_turn_is_an_error(publisher: RecordingPublisher) -> None:
    assert play(publisher, [("PreToolUse", BASH), ("StopFailure", {"error": "rate_limit"})], "codex") == (
        "thinking tool_running error"
    )


@pytest.mark.parametrize(
    "answerer",
    [
        {"reviewer": "auto_review"},
        {"approvals_reviewer": "auto_review"},
        {"approvals_reviewer": "guardian_subagent"},
        {"permission_mode": "dontAsk"},
        {"permission_mode": "bypassPermissions"},
    ],
)
def test_a_request_that_no_user_answers_waits_for_none(publisher: RecordingPublisher, answerer: dict[str, str]) -> None:
    events: Events = [("UserPromptSubmit", {}), ("PreToolUse", BASH), ("PermissionRequest", BASH | answerer)]
    assert play(publisher, events, "codex") == "thinking tool_running"


@pytest.mark.parametrize("answerer", [{"reviewer": "user"}, {"permission_mode": "default"}, {"reviewer": ["?"]}, {}])
def test_a_request_without_an_automatic_reviewer_waits_for_a_user(
    publisher: RecordingPublisher, answerer: dict[str, Any]
) -> None:
    events: Events = [("UserPromptSubmit", {}), ("PreToolUse", BASH), ("PermissionRequest", BASH | answerer)]
    assert play(publisher, events, "codex") == "thinking tool_running waiting_for_user"


@pytest.mark.parametrize(
    ("mode", "expected"), [("bypassPermissions", " waiting_for_user"), ("dontAsk", " tool_running")]
)
def test_a_question_is_asked_even_where_every_permission_is_given(
    publisher: RecordingPublisher, mode: str, expected: str
) -> None:
    events: Events = [("UserPromptSubmit", {}), ("PreToolUse", ASK | {"permission_mode": mode})]
    assert play(publisher, events) == "thinking" + expected


IDLE: dict[str, tuple[Events, str]] = {
    "a turn, and the end of the session": (
        [("UserPromptSubmit", {}), ("PreToolUse", BASH), ("PostToolUse", BASH), ("Stop", {}), ("SessionEnd", {})],
        "thinking tool_running thinking waiting_for_user end",
    ),
    "two turns": (
        [("UserPromptSubmit", {}), ("Stop", {}), ("UserPromptSubmit", {})],
        "thinking waiting_for_user thinking",
    ),
    "a late notification": (
        [("UserPromptSubmit", {}), ("Stop", {}), ("Notification", {"notification_type": "idle_prompt"})],
        "thinking waiting_for_user",
    ),
    "an interrupt": (
        [("UserPromptSubmit", {}), ("PreToolUse", BASH), ("Notification", {"notification_type": "idle_prompt"})],
        "thinking tool_running waiting_for_user",
    ),
    "a session from before this process": ([("Stop", {})], "thinking waiting_for_user"),
    "a failed turn": ([("UserPromptSubmit", {}), ("StopFailure", {"error": "rate_limit"})], "thinking error"),
}


@pytest.mark.parametrize("name", IDLE)
def test_a_session_at_its_prompt_waits_for_the_user_if_idle_sessions_are_shown(
    publisher: RecordingPublisher, name: str
) -> None:
    events, expected = IDLE[name]
    assert play(publisher, events, shows_idle=True) == expected


def test_a_session_is_called_by_its_first_folder_from_turn_to_turn(publisher: RecordingPublisher) -> None:
    events: Events = [
        ("UserPromptSubmit", {"cwd": "/home/somebody/secret-client/web-shop"}),
        ("PreToolUse", BASH | {"cwd": "/home/somebody/secret-client/web-shop/tests"}),
        ("Stop", {"cwd": "/home/somebody/secret-client/web-shop/tests"}),
        ("UserPromptSubmit", {"cwd": "/home/somebody/secret-client/web-shop/tests"}),
    ]
    play(publisher, events)
    assert publisher.sessions["claude-code:s1"].title == "web-shop"
    assert {change.title for change in publisher.changes if change.state} == {"web-shop"}


def test_the_title_of_a_session_that_ended_is_given_again(publisher: RecordingPublisher) -> None:
    sessions = IngestSessions(publisher, Clock(), 900)
    for session_id, name in (("s1", "UserPromptSubmit"), ("s1", "SessionEnd"), ("s2", "UserPromptSubmit")):
        take("codex", HookEvent(session_id=session_id, hook_event_name=name, cwd="/srv/shop"), sessions)
    assert publisher.sessions["codex:s2"].title == "shop"
    take("codex", HookEvent(session_id="s1", hook_event_name="UserPromptSubmit", cwd="/srv/shop"), sessions)
    assert publisher.sessions["codex:s1"].title == "shop (s1)"


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
