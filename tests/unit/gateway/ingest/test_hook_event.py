"""Fields of a hook event that are read."""

from typing import Any

import pytest
from pydantic import ValidationError

from agent_status_gateway.ingest.hook_event import MAX_NAME_CHARACTERS, HookEvent

STOP = {"session_id": "s1", "hook_event_name": "Stop"}


def test_fields_that_are_not_named_are_dropped() -> None:
    event = HookEvent.model_validate(STOP | {"last_assistant_message": "secret", "prompt": "secret"})
    assert "secret" not in repr(event)


@pytest.mark.parametrize("value", [None, 7, "none", {}, True])
@pytest.mark.parametrize("field", ["background_tasks", "session_crons"])
def test_a_list_of_another_kind_counts_as_absent(field: str, value: Any) -> None:
    event = HookEvent.model_validate(STOP | {field: value})
    assert getattr(event, field) is None
    assert not event.has_background


@pytest.mark.parametrize("field", ["reviewer", "approvals_reviewer", "permission_mode", "notification_type"])
def test_a_text_of_another_kind_counts_as_absent(field: str) -> None:
    assert getattr(HookEvent.model_validate(STOP | {field: ["user"]}), field) is None


def test_work_that_is_listed_is_background() -> None:
    assert HookEvent.model_validate(STOP | {"background_tasks": [{"id": "b1"}]}).has_background
    assert HookEvent.model_validate(STOP | {"session_crons": [{"id": "c1"}]}).has_background
    assert not HookEvent.model_validate(STOP | {"background_tasks": [], "session_crons": []}).has_background


def test_a_name_has_a_limit() -> None:
    with pytest.raises(ValidationError, match="tool_use_id"):
        HookEvent.model_validate(STOP | {"tool_use_id": "x" * (MAX_NAME_CHARACTERS + 1)})


def test_a_notification_without_a_type_gets_it_from_its_message() -> None:
    event = {"session_id": "s1", "hook_event_name": "Notification", "message": "Claude is waiting for your input"}
    assert HookEvent.model_validate(event).notification_type == "idle_prompt"
