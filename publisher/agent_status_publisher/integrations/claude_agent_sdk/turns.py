"""The open turns of conversations: what messages and hooks mean for them."""

from asyncio import CancelledError
from collections.abc import Awaitable, Callable, Hashable
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
    ToolUseBlock,
    UserMessage,
)

from agent_status_publisher.client import StatusPublisher
from agent_status_publisher.errors import InvalidCallError
from agent_status_publisher.integrations.claude_agent_sdk.about import (
    QUESTION_TOOL,
    message_of,
    reason_of,
    show_stream_event,
)
from agent_status_publisher.integrations.claude_agent_sdk.children import Children
from agent_status_publisher.integrations.claude_agent_sdk.tokens import Tokens
from agent_status_publisher.integrations.claude_agent_sdk.turn import MAX_MODELS, Turn, windows_of
from agent_status_publisher.integrations.runs import Runs
from agent_status_publisher.session import Session
from agent_status_publisher.worker.never_raise import never_raise

HOOKS: Final = ("PreToolUse", "PostToolUse", "PostToolUseFailure", "Stop")
BACKGROUND: Final = {"local_agent", "local_workflow"}
"""These kinds of background task wake Claude for another turn when they end. A background shell may run forever."""
SYNTHETIC: Final = "<"
"""The beginning of the name of a model that has not answered: Claude Code has made its message up."""
TASK_ERRORS: Final[dict[str, object]] = {
    "failed": "the subagent has failed",
    "killed": CancelledError(),
    "stopped": CancelledError(),
}
"""How the subagent of a task has ended, by the task's last status. Others are good ends."""
UNWATCHED: Final = (
    "a turn of the Claude Agent SDK is not shown: its options have with_status(), but its messages do not pass "
    "through watch(messages, publisher)"
)
MAX_CONVERSATIONS: Final = 1000
"""The totals of at most this many conversations are remembered for their next turns. The oldest are forgotten."""

Asking = Callable[[str, dict[str, Any], Any], Awaitable[Any]]


class Turns:
    """The open turns of all conversations that one publisher shows. Each is a run, named by Claude's session id."""

    def __init__(self, publisher: StatusPublisher) -> None:
        self._runs = Runs(publisher, "claude_agent_sdk")
        self.report = self._runs.report
        self._turns: dict[str, Turn] = {}
        self._turn_of_call: dict[str, str] = {}
        self._spent: dict[str, tuple[Tokens, float | None]] = {}
        self._windows: dict[str, int] = {}
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
    def hear(self, message: object, seen: set[str], title: str | None = None, *, is_split: bool = False) -> None:
        """Handle one message of the stream. `is_split` is True if subagents are to have sessions of their own."""
        if isinstance(message, StreamEvent | AssistantMessage):
            if message.session_id and message.parent_tool_use_id is None:
                self._begin(message.session_id, seen, title, is_split=is_split)
            if message.session_id and (turn := self._turns.get(message.session_id)):
                self._show_model_message(message, turn)
        elif isinstance(message, UserMessage):
            for block in message.content if isinstance(message.content, list) else ():
                if isinstance(block, ToolResultBlock):
                    self._end_tool(block.tool_use_id)  # a refused call has no other end
        elif isinstance(message, ResultMessage):
            self._end(message)
        elif isinstance(message, SystemMessage):
            self._handle_system_message(message, seen, title, is_split=is_split)
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
            self._start_tool(event)
        elif event["hook_event_name"] == "Stop":
            if not self.is_watched:
                self.report(InvalidCallError(UNWATCHED))
        elif event["hook_event_name"] == "PostToolUseFailure":
            stopped = CancelledError() if event.get("is_interrupt") else None
            self._end_tool(event["tool_use_id"], stopped or event.get("error") or "error")
        else:
            self._end_tool(event["tool_use_id"])

    def _begin(self, run: str, seen: set[str], title: str | None, *, is_split: bool) -> None:
        """Begin a turn of a conversation if there is none. `seen` collects those that end with the stream."""
        seen.add(run)
        if run in self._turns:
            return
        self._runs.begin(run, session_id=run, title=title)
        if run in self._runs:
            turn = self._turns[run] = Turn(
                Children(self._runs, run, is_split=is_split), *self._spent.get(run, (None, None))
            )
            if session := self._runs.session(run):
                turn.before = session.tokens

    def _handle_system_message(
        self, message: SystemMessage, seen: set[str], title: str | None, *, is_split: bool
    ) -> None:
        if message.subtype == "init":
            run = message.data["session_id"]
            folder = PurePath(str(message.data.get("cwd") or "").replace("\\", "/")).name
            self._begin(run, seen, title or folder or None, is_split=is_split)
            self._runs.label(run, model=message.data.get("model"))
        elif isinstance(message, TaskStartedMessage):
            if message.task_type in BACKGROUND and (turn := self._turns.get(message.session_id)):
                turn.tasks.add(message.task_id)
                turn.children.add_task(message.task_id, message.tool_use_id)
        elif (status := getattr(message, "status", None)) in TERMINAL_TASK_STATUSES:
            for run in seen & self._turns.keys():  # an update need not name the conversation of its task
                self._turns[run].tasks.discard(message.task_id)
                self._turns[run].children.end_task(message.task_id, TASK_ERRORS.get(str(status)))

    def _end(self, result: ResultMessage) -> None:
        run, stopped = result.session_id, None
        if (result.terminal_reason or "").startswith("aborted"):
            stopped = CancelledError()
        if (turn := self._turns.get(run)) and (session := self._runs.session(run)):
            turn.tokens.add_result(result.usage, result.model_usage)
            _show_tokens(session, turn)
            if cost := turn.cost_of(result):
                session.add_cost(usd=cost)
            self._learn_windows(run, turn, result)
            self._remember(run, turn)
            if turn.tasks and not result.is_error:
                session.thinking()
                return
        self._forget(run)
        error = stopped or (message_of(result) if result.is_error else None)
        asks = result.deferred_tool_use is not None and stopped is None
        name = getattr(result.deferred_tool_use, "name", None)
        self._runs.end(run, error, asks=asks, reason=reason_of(name))

    def _learn_windows(self, run: str, turn: Turn, result: ResultMessage) -> None:
        """Note how large the contexts of models are, which results alone say, and show how full the agent's is."""
        self._windows |= windows_of(result)
        for model in list(self._windows)[:-MAX_MODELS]:
            del self._windows[model]
        self._show_context(run, turn)

    def _show_context(self, run: str, turn: Turn) -> None:
        used, model = turn.context
        if (window := self._windows.get(model)) and (session := self._runs.own_session(run)):
            session.context(used=used, window=window)

    def _remember(self, run: str, turn: Turn) -> None:
        """Keep a conversation's totals for its next turn."""
        self._spent.pop(run, None)
        if turn.tokens.spent is not None:
            self._spent[run] = turn.tokens.spent, turn.cost
        if len(self._spent) > MAX_CONVERSATIONS:
            del self._spent[next(iter(self._spent))]

    def _forget(self, run: str) -> None:
        """Forget a turn that ends. Its subagents that still work are cancelled."""
        turn = self._turns.pop(run, None)
        if turn is not None:
            turn.children.end_all(CancelledError())
            for call in turn.open_tools:
                self._turn_of_call.pop(call, None)

    def _start_tool(self, event: dict[str, Any]) -> None:
        name, call = event["tool_name"], event["tool_use_id"]
        if (turn := self._turns.get(event["session_id"])) is None:
            return
        if "agent_id" not in event:
            self._runs.label(event["session_id"], agent=event.get("agent_type"))
        run = turn.children.run_of_tool(event)
        if session := self._runs.session(run):
            turn.open_tools[call] = run
            self._turn_of_call[call] = event["session_id"]
            session.tool_start(name, call)
            if name == QUESTION_TOOL:
                session.waiting_for_user("question")

    def _open_call(self, call: str) -> tuple[Turn, Hashable, Session] | None:
        """Return the turn, the run and the session of an open tool call."""
        turn = self._turns.get(self._turn_of_call.get(call, ""))
        run = None if turn is None else turn.open_tools.get(call)
        session = self._runs.session(run)
        return None if turn is None or session is None else (turn, run, session)

    def _end_tool(self, call: str, error: object = None) -> None:
        """End a tool call. After the last one the model continues, but reports nothing until it writes."""
        if turn := self._turns.get(self._turn_of_call.get(call, "")):
            turn.children.end_call(call, error)
        opened = self._open_call(call)
        self._turn_of_call.pop(call, None)
        if opened:
            turn, run, session = opened
            turn.open_tools.pop(call)
            session.tool_end(call)
            if turn.newest_tool(run) is None:
                session.thinking()

    @never_raise
    def _ask(self, name: str, call: str) -> None:
        if opened := self._open_call(call):
            turn, run, session = opened
            turn.asking[call] = run, reason_of(name)
            if turn.newest_tool(run) != call:  # a wait is shown for the newest call
                session.tool_start(name, call)
            session.waiting_for_user(reason_of(name))

    @never_raise
    def _record_answer(self, name: str, call: str, answer: object) -> None:
        if opened := self._open_call(call):
            turn, run, session = opened
            turn.asking.pop(call, None)
            if getattr(answer, "behavior", None) != "allow":
                self._end_tool(call)
            elif name != QUESTION_TOOL:
                session.tool_start(name, call)
            if reason := turn.reason(run):
                session.waiting_for_user(reason)

    def _show_model_message(self, message: StreamEvent | AssistantMessage, turn: Turn) -> None:
        """Show one message of the agent's model, or of a subagent's."""
        call = message.parent_tool_use_id
        run = turn.children.run_of(call)
        session = self._runs.session(run)
        if session is None:
            return
        if isinstance(message, StreamEvent):
            if call is None or run != message.session_id:
                show_stream_event(session, message.event)
            return
        for block in message.content if call is not None else ():
            if isinstance(block, ToolUseBlock):
                turn.children.learn(block.id, str(call))
        if call is None or run != message.session_id:
            self._runs.label(run, model=None if message.model.startswith(SYNTHETIC) else message.model)
        if call is None:
            turn.read(message.usage, message.model)
            self._show_context(str(run), turn)
        before = turn.tokens.used
        if turn.tokens.add_message(message.message_id, message.usage, call):
            if run == message.session_id:
                _show_tokens(session, turn)
            else:
                turn.count_child(session, before)


def _show_tokens(session: Session, turn: Turn) -> None:
    read, written = turn.shown
    session.usage(input=read, output=written)
