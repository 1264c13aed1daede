"""Meaning of command-line agents' hook events. The request comes before it, the sessions after it.

Sources: the hooks references of Claude Code, Codex and Gemini CLI. Their JSON holds prompts, commands and results; all
fields that are not named here are dropped.
"""

from collections.abc import Mapping
from enum import StrEnum, auto
from pathlib import PurePath
from typing import Annotated, Final, Literal

from pydantic import BaseModel, Field

from agent_status_gateway.ingest.sessions import IngestSession, IngestSessions

Cli = Literal["claude-code", "codex", "gemini"]
MAX_NAME_CHARACTERS: Final = 400
"""The most characters of a name or an id: those of open calls are kept in memory."""
Name = Annotated[str, Field(max_length=MAX_NAME_CHARACTERS)]


class HookEvent(BaseModel):
    """Fields of an event that are read."""

    session_id: Name = Field(min_length=1)
    hook_event_name: str
    cwd: str | None = None
    tool_name: Name | None = None
    tool_use_id: Name | None = None
    notification_type: str | None = None
    error: str | None = None
    agent_id: Name | None = None
    agent_type: Name | None = None


class Meaning(StrEnum):
    """Meaning of an event for a session."""

    TURN = auto()
    """A prompt was given: the session opens, thinking."""
    TOOL = auto()
    TOOL_END = auto()
    AGENT = auto()
    """A subagent begins: a tool of the session around it."""
    AGENT_END = auto()
    ASK = auto()
    """A user is asked."""
    NOTE = auto()
    """A user is asked, if the kind is one of `ASKING` and the session is open."""
    STOP = auto()
    """The turn is over."""
    FAIL = auto()
    END = auto()


CLAUDE_CODE: Final[Mapping[str, Meaning]] = {
    "UserPromptSubmit": Meaning.TURN,
    "PreToolUse": Meaning.TOOL,
    "PostToolUse": Meaning.TOOL_END,
    "PostToolUseFailure": Meaning.TOOL_END,
    "PermissionDenied": Meaning.TOOL_END,
    "PermissionRequest": Meaning.ASK,
    "Elicitation": Meaning.ASK,
    "Notification": Meaning.NOTE,
    "SubagentStart": Meaning.AGENT,
    "SubagentStop": Meaning.AGENT_END,
    "Stop": Meaning.STOP,
    "StopFailure": Meaning.FAIL,
    "SessionEnd": Meaning.END,
}
CODEX: Final[Mapping[str, Meaning]] = {
    "UserPromptSubmit": Meaning.TURN,
    "PreToolUse": Meaning.TOOL,
    "PostToolUse": Meaning.TOOL_END,
    "PermissionRequest": Meaning.ASK,
    "SubagentStart": Meaning.AGENT,
    "SubagentStop": Meaning.AGENT_END,
    "Stop": Meaning.STOP,
    "SessionEnd": Meaning.END,
}
GEMINI: Final[Mapping[str, Meaning]] = {
    "BeforeAgent": Meaning.TURN,
    "BeforeTool": Meaning.TOOL,
    "AfterTool": Meaning.TOOL_END,
    "Notification": Meaning.NOTE,
    "AfterAgent": Meaning.STOP,
    "SessionEnd": Meaning.END,
}
MEANINGS: Final[Mapping[str, Mapping[str, Meaning]]] = {
    "claude-code": CLAUDE_CODE,
    "codex": CODEX,
    "gemini": GEMINI,
}
ASKING: Final = frozenset(
    {"permission_prompt", "worker_permission_prompt", "elicitation_dialog", "elicitation_url_dialog", "ToolPermission"}
)
"""Notifications of a question. Others, such as `idle_prompt`, come when the turn is long over."""
OPENING: Final = frozenset({Meaning.TURN, Meaning.TOOL, Meaning.AGENT, Meaning.ASK, Meaning.FAIL})
"""Meanings that open an unknown session, since this process may have started after it."""


def take(cli: Cli, event: HookEvent, sessions: IngestSessions) -> bool:
    """Apply an event to its session. False if it means nothing.

    Raises:
        ValueError: The session's id cannot be shown.
        TooManySessionsError: The maximum number of sessions is open.
    """
    meaning = MEANINGS[cli].get(event.hook_event_name)
    if meaning is None or (meaning is Meaning.NOTE and event.notification_type not in ASKING):
        return False
    if event.agent_id is not None and meaning in (Meaning.TURN, Meaning.STOP, Meaning.FAIL, Meaning.END):
        return False  # a subagent's: the session around it goes on
    key = f"{cli}:{event.session_id}"
    if meaning in (Meaning.STOP, Meaning.END):
        sessions.end(key)
        return True
    title = PurePath(event.cwd.replace("\\", "/")).name if event.cwd else None
    session = sessions.open(key, title or None) if meaning in OPENING else sessions.get(key)
    if session is None:
        return False
    if meaning is Meaning.FAIL:
        sessions.end(key, event.error or "failed")
    else:
        _apply(session, meaning, event)
        sessions.renew(session)
    return True


def _apply(session: IngestSession, meaning: Meaning, event: HookEvent) -> None:
    tool = event.tool_name or "tool"
    call = event.tool_use_id or f"{event.agent_id or ''} {tool}"
    agent = f"agent {event.agent_id}"
    match meaning:
        case Meaning.TURN:
            session.thinking()
        case Meaning.TOOL:
            session.tool_start(tool, call)
        case Meaning.TOOL_END:
            session.tool_end(call)
        case Meaning.AGENT:
            session.tool_start(event.agent_type or "agent", agent)
        case Meaning.AGENT_END:
            session.tool_end(agent)
        case Meaning.ASK | Meaning.NOTE:
            session.waiting_for_user()
