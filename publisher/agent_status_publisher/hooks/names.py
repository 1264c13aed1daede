"""Names that the hook command, its installer and ingest share."""

from typing import Final

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
    *("session_id", "hook_event_name", "cwd", "tool_name", "tool_use_id"),
    *("notification_type", "error", "agent_id", "agent_type"),
)
"""The only fields of an event that `agent-status-hook` sends.

Claude Code sends its events over HTTP by itself, whole. Ingest keeps these fields of them and drops the others.
"""
