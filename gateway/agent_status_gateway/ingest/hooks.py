"""Meaning of command-line agents' hook events. The request comes before it, the sessions after it.

Sources: the hooks references of Claude Code, Codex and Gemini CLI, and events recorded from Claude Code 2.1.331. Their
JSON holds prompts, commands and results; all fields that `HookEvent` does not have are dropped.
"""

from collections.abc import Mapping
from enum import StrEnum, auto
from typing import Final

from agent_status_gateway.ingest.activity.questions import Questions, Reason
from agent_status_gateway.ingest.children import Outcome, label
from agent_status_gateway.ingest.hook_event import Cli, HookEvent
from agent_status_gateway.ingest.sessions import IngestSession, IngestSessions
from agent_status_publisher import Session


class Meaning(StrEnum):
    """Meaning of an event for a session."""

    TURN = auto()
    """A prompt was given: the session opens, thinking."""
    TOOL = auto()
    TOOL_END = auto()
    TOOLS_END = auto()
    """All tools of one answer of the model have ended, those that were denied included."""
    AGENT = auto()
    """A subagent begins."""
    AGENT_END = auto()
    ASK = auto()
    """A permission is asked for."""
    ASK_FOR_SERVER = auto()
    """An MCP server asks the user."""
    ANSWER_SERVER = auto()
    NOTE = auto()
    """One of the meanings in `NOTES`, by its type."""
    STOP = auto()
    """The turn is over."""
    INTERRUPT = auto()
    """The user ended the turn."""
    IDLE = auto()
    """The agent is at its prompt. If its turn is not over, the user has interrupted it."""
    FAIL = auto()
    END = auto()


CLAUDE_CODE: Final[Mapping[str, Meaning]] = {
    "UserPromptSubmit": Meaning.TURN,
    "PreToolUse": Meaning.TOOL,
    "PostToolUse": Meaning.TOOL_END,
    "PostToolUseFailure": Meaning.TOOL_END,
    "PostToolBatch": Meaning.TOOLS_END,
    "PermissionDenied": Meaning.TOOL_END,
    "PermissionRequest": Meaning.ASK,
    "Elicitation": Meaning.ASK_FOR_SERVER,
    "ElicitationResult": Meaning.ANSWER_SERVER,
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
    "StopFailure": Meaning.FAIL,
    "Interrupt": Meaning.INTERRUPT,
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
NOTES: Final[Mapping[str, Meaning]] = {
    "permission_prompt": Meaning.NOTE,
    "worker_permission_prompt": Meaning.NOTE,
    "agent_needs_input": Meaning.NOTE,
    "elicitation_dialog": Meaning.NOTE,
    "elicitation_url_dialog": Meaning.NOTE,
    "ToolPermission": Meaning.NOTE,
    "elicitation_response": Meaning.ANSWER_SERVER,
    "elicitation_complete": Meaning.ANSWER_SERVER,
    "idle_prompt": Meaning.IDLE,
}
"""Types of notifications that mean something. They open no session, since they may come when a turn is long over."""
PERMISSION_NOTES: Final = frozenset({"permission_prompt", "worker_permission_prompt", "ToolPermission"})
"""Types of notifications that a permission is asked for. The others with the meaning `NOTE` are of questions."""
QUESTIONS: Final[Mapping[str, Reason]] = {
    "AskUserQuestion": "question",
    "ExitPlanMode": "approval",
    "request_user_input": "question",
    "ask_user": "question",
    "exit_plan_mode": "approval",
}
"""Tools that are questions to the user: two of Claude Code, one of Codex, two of Gemini CLI. A plan is approved."""
REVIEWERS: Final = frozenset({"auto_review", "guardian_subagent"})
"""Reviewers of Codex that decide a permission in place of the user."""
INTERRUPTED: Final = "user_interrupted"
"""The error of a turn that the user ended."""
OPENING: Final = frozenset(
    {Meaning.TURN, Meaning.TOOL, Meaning.AGENT, Meaning.ASK, Meaning.ASK_FOR_SERVER, Meaning.FAIL}
)
"""Meanings that open an unknown session, since this process may have started after it."""
OF_SESSION: Final = frozenset({Meaning.TURN, Meaning.STOP, Meaning.INTERRUPT, Meaning.FAIL, Meaning.END})
"""Meanings that a subagent's event does not have for the session around it."""

ENDS_SUBAGENTS: Final = frozenset({Meaning.AGENT_END, Meaning.STOP})
"""Meanings by which an agent says that subagents are done. Those that anything else ends are cancelled."""


def take(cli: Cli, event: HookEvent, sessions: IngestSessions) -> bool:
    """Apply an event to its session. False if it means nothing.

    Raises:
        ValueError: The session's id cannot be shown.
        TooManySessionsError: The maximum number of sessions is open.
    """
    meaning = meaning_of(cli, event)
    key = f"{cli}:{event.session_id}"
    if event.agent_id is not None and meaning in OF_SESSION:
        return meaning is Meaning.FAIL and sessions.fail_subagent(key, event.agent_id, event.error or "failed")
    if meaning is None:
        return False
    if meaning is Meaning.END:
        sessions.end(key)
        sessions.titles.forget(key)
        return True
    opens = meaning in OPENING or (meaning is Meaning.STOP and (event.has_background or sessions.shows_idle))
    title = sessions.titles.of(key, event.cwd)
    session = sessions.open(key, title) if opens else sessions.get(key)
    if session is None:
        return meaning is Meaning.STOP
    if event.agent_id is None:
        _label(session.session, event)
    if meaning is Meaning.FAIL:
        sessions.end(key, event.error or "failed")
        return True
    ends_turn = meaning is Meaning.STOP or _is_interrupt(session, meaning, event)
    _apply(session, meaning, event)
    if meaning is not Meaning.STOP and ends_turn:
        session.activity.interrupt()
    ended: Outcome = "done" if meaning in ENDS_SUBAGENTS else "cancelled"
    if ends_turn and session.activity.is_done:
        sessions.finish(session, ended=ended)
    else:
        sessions.renew(session, active=event.agent_id, ended=ended)
        if event.agent_id is not None and (child := session.children.get(event.agent_id)):
            _label(child, event)
    return True


def _label(session: Session, event: HookEvent) -> None:
    label(session, "agent", event.agent_type)
    label(session, "model", event.model)


def meaning_of(cli: Cli, event: HookEvent) -> Meaning | None:
    """Tell what an event means, by its name, its type and who answers. `None` if it means nothing."""
    meaning = MEANINGS[cli].get(event.hook_event_name)
    if meaning is Meaning.NOTE:
        meaning = NOTES.get(event.notification_type or "")
    if meaning is Meaning.FAIL and event.error == INTERRUPTED:
        return Meaning.INTERRUPT
    if meaning is Meaning.ASK and not asks_user(event):
        return None  # a notification comes after that decision, so it counts
    return meaning


def asks_user(event: HookEvent) -> bool:
    """Tell whether a user answers: not an automatic reviewer, and not a mode in which nothing is asked.

    Even where every permission is given, a tool that is a question is one.
    """
    if event.reviewer in REVIEWERS or event.approvals_reviewer in REVIEWERS or event.permission_mode == "dontAsk":
        return False
    return event.permission_mode != "bypassPermissions" or event.tool_name in QUESTIONS


def _is_interrupt(session: IngestSession, meaning: Meaning, event: HookEvent) -> bool:
    if meaning is Meaning.IDLE:
        return not session.activity.is_over
    return meaning is Meaning.INTERRUPT or (event.is_interrupt is True and event.agent_id is None)


def _apply(session: IngestSession, meaning: Meaning, event: HookEvent) -> None:
    activity, agent, tool = session.activity, event.agent_id, event.tool_name or "tool"
    if agent is not None and meaning in (Meaning.TOOL, Meaning.ASK, Meaning.AGENT):
        activity.start_agent(agent, event.agent_type)
    match meaning:
        case Meaning.TURN:
            activity.turn()
        case Meaning.TOOL:
            asks = QUESTIONS.get(tool) if asks_user(event) else None
            activity.start_tool(agent, tool, event.tool_use_id, asks=asks)
        case Meaning.TOOL_END:
            activity.end_tool(agent, tool, event.tool_use_id)
        case Meaning.TOOLS_END:
            activity.end_tools(agent)
        case Meaning.AGENT_END:
            activity.end_agent(agent or "", event.background_tasks, event.session_crons)
        case Meaning.STOP:
            activity.stop(event.background_tasks, event.session_crons)
        case _:
            _ask(activity.questions, meaning, event)


def _ask(questions: Questions, meaning: Meaning, event: HookEvent) -> None:
    match meaning:
        case Meaning.ASK:
            tool = event.tool_name or "tool"
            questions.ask(event.agent_id, tool, event.tool_use_id, QUESTIONS.get(tool, "approval"))
        case Meaning.ASK_FOR_SERVER:
            questions.ask_for_server(event.mcp_server_name)
        case Meaning.ANSWER_SERVER:
            questions.answer_server(event.mcp_server_name)
        case Meaning.NOTE:
            questions.note("approval" if event.notification_type in PERMISSION_NOTES else "question")
        case _:
            pass
