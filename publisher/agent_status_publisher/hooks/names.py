"""Names that the hook command, its installer and ingest share."""

from typing import Any, Final

DEFAULT_URL: Final = "http://127.0.0.1:8001"
"""The address of an ingest on this machine."""
KEY_VARIABLE: Final = "AGENT_STATUS_INGEST_KEY"
"""The name of the environment variable that holds the ingest's key."""
HOST_HEADER: Final = "Agent-Status-Host"
"""The header with the name of the agent's host."""
PID_HEADER: Final = "Agent-Status-Pid"
"""The header with the process id of the agent."""
START_HEADER: Final = "Agent-Status-Process-Start"
"""The header with the text of `process_start` for that process."""
FIELDS: Final = (
    *("session_id", "hook_event_name", "cwd", "permission_mode", "tool_name", "tool_use_id", "agent_id", "agent_type"),
    *("mcp_server_name", "reviewer", "approvals_reviewer", "notification_type", "is_interrupt", "error", "model"),
    *("background_tasks", "session_crons"),
)
"""The only fields of an event that `agent-status-hook` sends: texts, truth values, and lists with `WORK_FIELDS`.

An HTTP hook that somebody wrote by hand sends whole events. Ingest keeps these fields of them and drops the others.
"""
WORK_FIELDS: Final = ("id", "type", "status", "agent_type")
"""The only fields that are sent of each background task and scheduled wake-up in a list."""
UNTYPED_NOTIFICATIONS: Final = {
    "needs your permission": "permission_prompt",
    "needs your approval": "permission_prompt",
    "waiting for your input": "idle_prompt",
}
"""Types of notifications by a part of their message: Claude Code gives none before version 2.0.37."""


def typed_notification(event: dict[str, Any]) -> dict[str, Any]:
    """The event; a notification without a type gets it from its message, which is not sent."""
    message = event.get("message")
    if (
        event.get("hook_event_name") != "Notification"
        or event.get("notification_type") is not None
        or not isinstance(message, str)
    ):
        return event
    kind = next((kind for part, kind in UNTYPED_NOTIFICATIONS.items() if part in message), None)
    return event if kind is None else event | {"notification_type": kind}
