"""The open turns of conversations: what messages and hooks mean for them."""

import dataclasses
from collections.abc import Awaitable, Callable
from pathlib import PurePath
from typing import Any, Final

from claude_agent_sdk import (
    TERMINAL_TASK_STATUSES,
    AssistantMessage,
    ConversationResetMessage,
    ResultMessage,
    StreamEvent,
    SystemMessage,
    TaskStartedMessage,
    ToolResultBlock,
    UserMessage,
)

from agent_status_publisher.client import StatusPublisher
from agent_status_publisher.errors import InvalidCallError
from agent_status_publisher.integrations.claude_agent_sdk.tokens import NONE, Tokens, TurnTokens
from agent_status_publisher.integrations.runs import Runs
from agent_status_publisher.session import Session
from agent_status_publisher.worker.never_raise import never_raise

QUESTION_TOOL: Final = "AskUserQuestion"
HOOKS: Final = ("PreToolUse", "PostToolUse", "PostToolUseFailure", "Stop")
BACKGROUND: Final = {"local_agent", "local_workflow"}
"""These kinds of background task wake Claude for another turn when they end. A background shell may run forever."""
UNWATCHED: Final = (
    "a turn of the Claude Agent SDK is not shown: its options have with_status(), but its messages do not pass "
    "through watch(messages, publisher)"
)
MAX_CONVERSATIONS: Final = 1000
"""The totals of at most this many conversations are remembered for their next turns. The oldest are forgotten."""

Asking = Callable[[str, dict[str, Any], Any], Awaitable[Any]]


@dataclasses.dataclass(slots=True)
class Turn:
    """An open turn of a conversation."""

    open_tools: dict[str, str] = dataclasses.field(default_factory=dict)
    asking: set[str] = dataclasses.field(default_factory=set)
    tasks: set[str] = dataclasses.field(default_factory=set)
    tokens: TurnTokens = dataclasses.field(default_factory=TurnTokens)
    before: Tokens = NONE
    """The tokens that its session had already: a block of the agent's own code may hold one for many turns."""


class Turns:
    """The open turns of all conversations that one publisher shows. Each is a run, named by Claude's session id."""

    def __init__(self, publisher: StatusPublisher) -> None:
        self._runs = Runs(publisher, "claude_agent_sdk")
        self.report = self._runs.report
        self._turns: dict[str, Turn] = {}
        self._session_of_call: dict[str, str] = {}
        self._spent: dict[str, Tokens] = {}
        self.is_watched = False

    async def hook(self, event: Any, call_id: str | None, context: Any) -> dict[str, Any]:
        """Handle an event in HOOKS. Claude calls this."""
        self._handle_hook(event)
        return {}

    def shows_waiting(self, asking: Asking) -> Asking:
        """Wrap `can_use_tool` so that a wait is shown while it runs. A human is assumed to answer."""

        async def ask(tool_name: str, tool_input: dict[str, Any], context: Any) -> Any:
            call, answer = getattr(context, "tool_use_id", None) or "", None
            self._ask(tool_name, call)
            try:
                answer = await asking(tool_name, tool_input, context)
            finally:
                self._record_answer(tool_name, call, answer)
            return answer

        return ask

    @never_raise
    def hear(self, message: object, seen: set[str], title: str | None = None) -> None:
        """Handle one message of the stream."""
        if isinstance(message, StreamEvent | AssistantMessage):
            if message.session_id and message.parent_tool_use_id is None:
                _show_model_message(message, *self._begin(message.session_id, seen, title))
            elif message.session_id and (opened := self._open_turn(message.session_id)):
                _count_model_message(message, *opened)
        elif isinstance(message, UserMessage):
            for block in message.content if isinstance(message.content, list) else ():
                if isinstance(block, ToolResultBlock):
                    self._end_tool(block.tool_use_id)  # a refused call has no other end
        elif isinstance(message, ResultMessage):
            self._end(message)
        elif isinstance(message, SystemMessage):
            self._handle_system_message(message, seen, title)
        elif isinstance(message, ConversationResetMessage):
            self.leave({message.session_id} & seen, None)  # the next messages have another id

    @never_raise
    def leave(self, seen: set[str], error: BaseException | None) -> None:
        """End every conversation of a stream that has ended."""
        for run in seen:
            self._forget(run)
            self._runs.end(run, error)

    @never_raise
    def _handle_hook(self, event: dict[str, Any]) -> None:
        if event["hook_event_name"] == "PreToolUse":
            self._start_tool(event["session_id"], event["tool_name"], event["tool_use_id"])
        elif event["hook_event_name"] == "Stop":
            if not self.is_watched:
                self.report(InvalidCallError(UNWATCHED))
        else:
            self._end_tool(event["tool_use_id"])

    def _begin(self, run: str, seen: set[str], title: str | None) -> tuple[Session | None, Turn]:
        """Return the session and the open turn of a conversation; begin a turn if there is none.

        `seen` collects the conversations that end with the stream.
        """
        turn = self._turns.get(run)
        if turn is None:
            self._runs.begin(run, session_id=run, title=title)
            turn = Turn(tokens=TurnTokens(self._spent.get(run)))
            if run in self._runs:
                self._turns[run] = turn
            if session := self._runs.session(run):
                turn.before = session.tokens
        seen.add(run)
        return self._runs.session(run), turn

    def _handle_system_message(self, message: SystemMessage, seen: set[str], title: str | None) -> None:
        if message.subtype == "init":
            folder = PurePath(str(message.data.get("cwd") or "").replace("\\", "/")).name
            self._begin(message.data["session_id"], seen, title or folder or None)
        elif isinstance(message, TaskStartedMessage):
            if message.task_type in BACKGROUND and (turn := self._turns.get(message.session_id)):
                turn.tasks.add(message.task_id)
        elif getattr(message, "status", None) in TERMINAL_TASK_STATUSES:
            for run in seen & self._turns.keys():  # an update need not name the conversation of its task
                self._turns[run].tasks.discard(message.task_id)

    def _end(self, result: ResultMessage) -> None:
        was_stopped = (result.terminal_reason or "").startswith("aborted")
        if opened := self._open_turn(result.session_id):
            turn, session = opened
            turn.tokens.add_result(result.usage, result.model_usage)
            _show_tokens(session, turn)
            self._remember(result.session_id, turn.tokens.spent)
            if turn.tasks and not result.is_error:
                session.thinking()
                return
        self._forget(result.session_id)
        error = _message_of(result) if result.is_error and not was_stopped else None
        self._runs.end(result.session_id, error, asks=result.deferred_tool_use is not None and not was_stopped)

    def _remember(self, run: str, spent: Tokens | None) -> None:
        """Keep a conversation's totals for its next turn."""
        self._spent.pop(run, None)
        if spent is not None:
            self._spent[run] = spent
        if len(self._spent) > MAX_CONVERSATIONS:
            del self._spent[next(iter(self._spent))]

    def _forget(self, run: str) -> None:
        turn = self._turns.pop(run, None)
        for call in () if turn is None else turn.open_tools:
            self._session_of_call.pop(call, None)

    def _open_turn(self, run: str) -> tuple[Turn, Session] | None:
        session = self._runs.session(run)
        return None if session is None else (self._turns[run], session)

    def _start_tool(self, run: str, name: str, call: str) -> None:
        if opened := self._open_turn(run):
            turn, session = opened
            turn.open_tools[call] = name
            self._session_of_call[call] = run
            session.tool_start(name, call)
            if name == QUESTION_TOOL:
                session.waiting_for_user()

    def _end_tool(self, call: str) -> None:
        """End a tool call. After the last one the model continues, but reports nothing until it writes."""
        if opened := self._open_turn(self._session_of_call.pop(call, "")):
            turn, session = opened
            turn.open_tools.pop(call, None)
            session.tool_end(call)
            if not turn.open_tools:
                session.thinking()

    @never_raise
    def _ask(self, name: str, call: str) -> None:
        if opened := self._open_turn(self._session_of_call.get(call, "")):
            turn, session = opened
            turn.asking.add(call)
            if next(reversed(turn.open_tools)) != call:  # a wait is shown for the newest call
                session.tool_start(name, call)
            session.waiting_for_user()

    @never_raise
    def _record_answer(self, name: str, call: str, answer: object) -> None:
        if opened := self._open_turn(self._session_of_call.get(call, "")):
            turn, session = opened
            turn.asking.discard(call)
            if getattr(answer, "behavior", None) != "allow":
                self._end_tool(call)
            elif name != QUESTION_TOOL:
                session.tool_start(name, call)
            if turn.asking:
                session.waiting_for_user()


def _show_model_message(message: Any, session: Session | None, turn: Turn) -> None:
    """Show one message of the model."""
    if session is None:
        return
    if isinstance(message, StreamEvent):
        _show_stream_event(session, message.event)
    else:
        _count_model_message(message, turn, session)


def _count_model_message(message: Any, turn: Turn, session: Session) -> None:
    """Count the tokens of a model call, which may be a subagent's."""
    if isinstance(message, AssistantMessage) and turn.tokens.add_message(
        message.message_id, message.usage, message.parent_tool_use_id
    ):
        _show_tokens(session, turn)


def _show_tokens(session: Session, turn: Turn) -> None:
    before, used = turn.before, turn.tokens.used
    session.usage(input=before[0] + used[0], output=before[1] + used[1])


def _show_stream_event(session: Session, event: dict[str, Any]) -> None:
    """Show what the model writes. The state changes when a message or block begins, not with each token."""
    if event.get("type") in {"message_start", "content_block_start"}:
        block = event.get("content_block", {}).get("type")
        if block == "text":
            session.streaming()
        elif block in {None, "thinking"}:
            session.thinking()


def _message_of(result: ResultMessage) -> str:
    """Return the error of a failed turn. An API error is in `result`, with the subtype `success`."""
    errors = "; ".join(map(str, result.errors or ())) or result.result
    return errors or (result.subtype if result.subtype != "success" else "error")
