"""Names that the hook command and ingest share."""

import json
from typing import Any

import pytest

from agent_status_publisher.hooks.names import typed_notification
from agent_status_publisher.hooks.send import names_in

NOTE: dict[str, Any] = {"hook_event_name": "Notification"}


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("Claude needs your permission to use Bash", "permission_prompt"),
        ("Claude Code needs your approval for the plan", "permission_prompt"),
        ("Claude is waiting for your input", "idle_prompt"),
    ],
)
def test_an_older_notification_gets_its_type_from_its_message(message: str, kind: str) -> None:
    assert typed_notification(NOTE | {"message": message})["notification_type"] == kind


@pytest.mark.parametrize(
    "event",
    [
        NOTE | {"message": "something else"},
        NOTE | {"message": ["needs your permission"]},
        NOTE | {"message": "needs your permission", "notification_type": "auth_success"},
        {"hook_event_name": "Stop", "message": "needs your permission"},
        NOTE,
    ],
)
def test_every_other_event_stays_as_it_is(event: dict[str, Any]) -> None:
    assert typed_notification(event) == event


def test_of_background_work_only_names_are_sent() -> None:
    task = {"id": "b1", "type": "shell", "status": "running", "command": "secret", "description": "secret"}
    cron = {"id": "c1", "schedule": "0 9 * * *", "prompt": "secret"}
    event = {"session_id": "s1", "hook_event_name": "Stop", "background_tasks": [task], "session_crons": [cron]}
    sent = json.loads(names_in(json.dumps(event).encode()))
    assert sent == event | {
        "background_tasks": [{"id": "b1", "type": "shell", "status": "running"}],
        "session_crons": [{"id": "c1"}],
    }


@pytest.mark.parametrize("tasks", [[None, "secret", 7, ["secret"]], [{"id": 7, "type": None}]])
def test_background_work_in_another_form_is_only_counted(tasks: list[Any]) -> None:
    sent = json.loads(names_in(json.dumps({"hook_event_name": "Stop", "background_tasks": tasks}).encode()))
    assert sent["background_tasks"] == [{}] * len(tasks)


@pytest.mark.parametrize(
    ("folder", "sent"),
    [
        ("/home/ann/secret-client/shop", "shop"),
        ("/home/ann/shop/", "shop"),
        (r"C:\Users\ann\shop", "shop"),
        ("shop", "shop"),
        ("/", None),
        (7, None),
    ],
)
def test_of_a_folder_only_its_own_name_is_sent(folder: object, sent: str | None) -> None:
    event = {"hook_event_name": "Stop", "cwd": folder}
    assert json.loads(names_in(json.dumps(event).encode())).get("cwd") == sent


def test_an_error_is_sent_of_a_turn_and_not_of_a_tool() -> None:
    for name, expected in (("StopFailure", {"error": "rate_limit"}), ("PostToolUseFailure", {})):
        event = {"hook_event_name": name, "error": "rate_limit", "is_interrupt": True}
        sent = json.loads(names_in(json.dumps(event).encode()))
        assert sent == {"hook_event_name": name, "is_interrupt": True} | expected


def test_a_number_of_any_length_in_a_tools_input_loses_no_event() -> None:
    event = b'{"hook_event_name": "PreToolUse", "tool_name": "Bash", "tool_input": {"x": ' + b"9" * 5000 + b"}}"
    assert json.loads(names_in(event)) == {"hook_event_name": "PreToolUse", "tool_name": "Bash"}
