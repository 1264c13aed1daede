"""What the hooks of command-line agents say besides a state: why a session waits, how it ends, and who works."""

from typing import Any

import pytest

from agent_status_gateway.ingest.hook_event import Cli, HookEvent
from agent_status_gateway.ingest.hooks import take
from agent_status_gateway.ingest.processes import Process
from agent_status_gateway.ingest.sessions import PATIENCE, PAUSE_SECONDS, IngestSessions
from agent_status_publisher.testing import Change, RecordingPublisher
from tests.support.builders.clock import Clock
from tests.support.builders.hook_events import ASK, BASH, READ, Events, play

TURN: Events = [("UserPromptSubmit", {}), ("PreToolUse", BASH)]
GEMINI_TOOL = {"tool_name": "run_shell_command"}


def last(
    publisher: RecordingPublisher, events: Events, cli: Cli = "claude-code", *, shows_idle: bool = False
) -> Change:
    play(publisher, events, cli, shows_idle=shows_idle)
    return publisher.changes[-1]


def note(kind: str) -> tuple[str, dict[str, Any]]:
    return "Notification", {"notification_type": kind}


WAITS: dict[str, tuple[Cli, Events, str]] = {
    "a permission": ("claude-code", [*TURN, ("PermissionRequest", {"tool_name": "Bash"})], "approval"),
    "a permission, and its notification": (
        "claude-code",
        [*TURN, ("PermissionRequest", {"tool_name": "Bash"}), note("permission_prompt")],
        "approval",
    ),
    "a notification of a permission alone": ("claude-code", [*TURN, note("permission_prompt")], "approval"),
    "a notification of a worker's permission": ("claude-code", [*TURN, note("worker_permission_prompt")], "approval"),
    "a notification of needed input": ("claude-code", [*TURN, note("agent_needs_input")], "question"),
    "a question": ("claude-code", [("UserPromptSubmit", {}), ("PreToolUse", ASK)], "question"),
    "a question that is announced as a permission, too": (
        "claude-code",
        [("UserPromptSubmit", {}), ("PreToolUse", ASK), ("PermissionRequest", ASK), note("permission_prompt")],
        "question",
    ),
    "a question whose tool was not seen": ("claude-code", [("PermissionRequest", ASK)], "question"),
    "a plan": ("claude-code", [("PreToolUse", {"tool_name": "ExitPlanMode"})], "approval"),
    "an MCP server": ("claude-code", [*TURN, ("Elicitation", {"mcp_server_name": "shop"})], "question"),
    "a dialog of an MCP server": ("claude-code", [*TURN, note("elicitation_dialog")], "question"),
    "a permission of Codex": ("codex", [*TURN, ("PermissionRequest", BASH)], "approval"),
    "a question of Codex": ("codex", [*TURN, ("PreToolUse", {"tool_name": "request_user_input"})], "question"),
    "a permission of Gemini": (
        "gemini",
        [("BeforeAgent", {}), ("BeforeTool", GEMINI_TOOL), note("ToolPermission")],
        "approval",
    ),
    "a question of Gemini": (
        "gemini",
        [("BeforeAgent", {}), ("BeforeTool", {"tool_name": "ask_user"}), note("ToolPermission")],
        "question",
    ),
    "a plan of Gemini": ("gemini", [("BeforeAgent", {}), ("BeforeTool", {"tool_name": "exit_plan_mode"})], "approval"),
}


@pytest.mark.parametrize("name", WAITS)
def test_a_session_says_why_it_waits(publisher: RecordingPublisher, name: str) -> None:
    cli, events, reason = WAITS[name]
    shown = last(publisher, events, cli)
    assert (shown.state, shown.waiting_for) == ("waiting_for_user", reason)


def test_the_newest_of_two_questions_is_the_reason_and_the_other_one_after_its_answer(
    publisher: RecordingPublisher,
) -> None:
    events: Events = [*TURN, ("PermissionRequest", BASH), ("PreToolUse", ASK)]
    assert last(publisher, events).waiting_for == "question"
    assert last(publisher, [*events, ("PostToolUse", ASK)]).waiting_for == "approval"
    answered = last(publisher, [*events, ("PostToolUse", ASK), ("PostToolUse", BASH)])
    assert (answered.state, answered.waiting_for) == ("thinking", None)


def test_at_its_prompt_a_session_waits_for_a_reply(publisher: RecordingPublisher) -> None:
    shown = last(publisher, [*TURN, ("PermissionRequest", BASH), ("Stop", {})], shows_idle=True)
    assert (shown.state, shown.waiting_for) == ("waiting_for_user", "reply")


ENDS: dict[str, tuple[Cli, Events, str]] = {
    "a turn": ("claude-code", [*TURN, ("PostToolUse", BASH), ("Stop", {})], "done"),
    "a turn of Codex": ("codex", [*TURN, ("PostToolUse", BASH), ("Stop", {})], "done"),
    "a turn of Gemini": ("gemini", [("BeforeAgent", {}), ("AfterAgent", {})], "done"),
    "an interrupted tool": (
        "claude-code",
        [*TURN, ("PostToolUseFailure", BASH | {"is_interrupt": True})],
        "cancelled",
    ),
    "a prompt that is idle in a turn": ("claude-code", [*TURN, note("idle_prompt")], "cancelled"),
    "an interrupt of Codex": ("codex", [*TURN, ("Interrupt", {})], "cancelled"),
    "a failure of Codex that is an interrupt": (
        "codex",
        [*TURN, ("StopFailure", {"error": "user_interrupted"})],
        "cancelled",
    ),
    "an end in a turn": ("claude-code", [*TURN, ("SessionEnd", {"reason": "prompt_input_exit"})], "cancelled"),
    "an end in a turn of Codex": ("codex", [*TURN, ("SessionEnd", {})], "cancelled"),
    "an end in a turn of Gemini": ("gemini", [("BeforeAgent", {}), ("SessionEnd", {})], "cancelled"),
    "an end after a turn with work in the background": (
        "claude-code",
        [*TURN, ("Stop", {"background_tasks": [{"id": "b1", "type": "shell"}]}), ("SessionEnd", {})],
        "done",
    ),
    "an interrupt, and another turn": (
        "codex",
        [*TURN, ("Interrupt", {}), ("UserPromptSubmit", {}), ("Stop", {})],
        "done",
    ),
}


# activity: Rule 5
@pytest.mark.parametrize("name", ENDS)
def test_a_session_says_how_it_ended(publisher: RecordingPublisher, name: str) -> None:
    cli, events, outcome = ENDS[name]
    ended = last(publisher, events, cli)
    assert (ended.state, ended.outcome) == (None, outcome)


def test_an_interrupted_session_that_stayed_at_its_prompt_is_done_when_it_is_closed(
    publisher: RecordingPublisher,
) -> None:
    ended = last(publisher, [*TURN, ("Interrupt", {}), ("SessionEnd", {})], "codex", shows_idle=True)
    assert (ended.state, ended.outcome) == (None, "done")


def test_a_failed_turn_has_failed(publisher: RecordingPublisher) -> None:
    assert last(publisher, [*TURN, ("StopFailure", {"error": "rate_limit"})]).state == "error"


@pytest.mark.parametrize(("is_over", "outcome"), [(False, "cancelled"), (True, "done")])
def test_an_agent_whose_process_is_gone_was_cancelled_if_it_was_in_a_turn(
    publisher: RecordingPublisher, is_over: bool, outcome: str
) -> None:
    sessions = IngestSessions(publisher, Clock(), 900)
    session, process = sessions.open("codex:1"), Process(42, "boot/7")
    session.process = process
    if is_over:
        session.activity.stop([{"id": "b1", "type": "shell"}])
    sessions.end_gone({process})
    assert publisher.changes[-1].outcome == outcome


@pytest.mark.parametrize(("is_over", "seconds", "outcome"), [(False, 900, "cancelled"), (True, PAUSE_SECONDS, "done")])
def test_a_session_without_news_whose_agent_lives_was_cancelled_if_it_was_in_a_turn(
    publisher: RecordingPublisher, is_over: bool, seconds: float, outcome: str
) -> None:
    clock = Clock()
    sessions = IngestSessions(publisher, clock, 900)
    session = sessions.open("codex:1")
    session.process = Process(42, "boot/7")
    if is_over:
        session.activity.stop()
    sessions.renew(session)
    clock.pass_(PATIENCE * seconds)
    sessions.end_idle()
    assert (publisher.changes[-1].state, publisher.changes[-1].outcome) == (None, outcome)


def test_a_session_is_labelled_with_its_agent_and_its_model(publisher: RecordingPublisher) -> None:
    shown = last(publisher, [("UserPromptSubmit", {"model": "gpt-5", "agent_type": "reviewer"})], "codex")
    assert shown.labels == {"agent": "reviewer", "model": "gpt-5"}


def test_another_model_replaces_the_label_and_an_event_without_one_keeps_it(publisher: RecordingPublisher) -> None:
    events: Events = [
        ("UserPromptSubmit", {"model": "gpt-5"}),
        ("PreToolUse", BASH | {"model": "gpt-6"}),
        ("PreToolUse", READ),
    ]
    assert last(publisher, events, "codex").labels == {"model": "gpt-6"}


def test_a_subagent_does_not_label_the_session_around_it(publisher: RecordingPublisher) -> None:
    helper = {"agent_id": "a1", "agent_type": "Explore", "model": "small"}
    shown = last(publisher, [("UserPromptSubmit", {"model": "gpt-5"}), ("SubagentStart", helper)], "codex")
    assert (shown.tool_name, shown.labels) == ("Explore", {"model": "gpt-5"})


@pytest.mark.parametrize("value", ["", "x" * 129, "a\nb", "a\u202eb", "\ud800"])
def test_a_model_that_cannot_be_a_label_is_left_out(publisher: RecordingPublisher, value: str) -> None:
    sessions = IngestSessions(publisher, Clock(), 900)
    event = HookEvent.model_construct(session_id="s1", hook_event_name="UserPromptSubmit", model=value)
    assert take("codex", event, sessions) is True
    assert (publisher.changes[-1].state, publisher.changes[-1].labels) == ("thinking", {})


@pytest.mark.parametrize("value", [7, {"id": "gpt-5", "prompt": "secret"}, ["gpt-5"], None])
def test_a_model_in_another_form_is_left_out(publisher: RecordingPublisher, value: Any) -> None:
    assert last(publisher, [("UserPromptSubmit", {"model": value})], "codex").labels == {}
