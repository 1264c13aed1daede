"""Claude Agent SDK: its conversations on the dashboard, in two lines.

    from agent_status_publisher.integrations.claude_agent_sdk import watch, with_status

    options = with_status(ClaudeAgentOptions(...), publisher)                     # tools and questions to the user
    async for message in watch(query(prompt=..., options=options), publisher):    # everything else
        ...

With a client, use `ClaudeSDKClient(with_status(options, publisher))` and `watch(client.receive_response(), publisher)`.
Your own hooks and your `can_use_tool` work as before. `status_hooks(publisher)` returns only the hooks.

A session's key is `claude_agent_sdk:` and Claude's session id. `with status_key("chat:42"):` around the loop sets
another key. The session opens with Claude's first message and ends with its result. While agents run in the
background, it stays open unless the result is an error. Leaving the loop earlier ends it, too. What is seen:

- Each tool while it runs, including the tools of subagents.
- `waiting_for_user` while your `can_use_tool` runs. A policy that answers at once ends the wait before anyone sees it.
- `waiting_for_user` while a question from Claude itself is open.
- `waiting_for_user` after a turn that ends with a deferred tool, until the next turn.
- `streaming` with `include_partial_messages=True`. Without it, a message arrives only when it is complete.
- Tokens after each message, including cached input, and the totals at the end of the turn.
- An error that the result reports, or an exception that leaves the stream. An interrupted turn ends without an error.

`watch` cannot see what the loop around it does. An exception in the loop body ends the session just as leaving the loop
does. No wait is shown for a permission that is refused without `can_use_tool`, because nobody is asked. The SDK buffers
messages, so no session begins before the loop reads them. In a slow loop, tools are shown in time and the end is late.
An agent that one of your own tools runs is a separate session, unless `status_key` around the loop names both.
"""

import dataclasses
import weakref
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from typing import Any, Final, TypeVar

from claude_agent_sdk import (
    TERMINAL_TASK_STATUSES,
    AssistantMessage,
    ClaudeAgentOptions,
    ConversationResetMessage,
    HookMatcher,
    ResultMessage,
    StreamEvent,
    SystemMessage,
    TaskStartedMessage,
    ToolResultBlock,
    UserMessage,
)

from agent_status_publisher.client import StatusPublisher
from agent_status_publisher.integrations.runs import Runs
from agent_status_publisher.session import Session
from agent_status_publisher.worker.never_raise import never_raise

QUESTION_TOOL: Final = "AskUserQuestion"
HOOKS: Final = ("PreToolUse", "PostToolUse", "PostToolUseFailure")
BACKGROUND: Final = {"local_agent", "local_workflow"}
"""These kinds of background task wake Claude for another turn when they end. A background shell may run forever."""
INPUT_TOKENS: Final = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")

M = TypeVar("M")
Asking = Callable[[str, dict[str, Any], Any], Awaitable[Any]]


def with_status(options: ClaudeAgentOptions, publisher: StatusPublisher) -> ClaudeAgentOptions:
    """Return a copy of the options that also shows tools and questions to the user. Everything else is kept."""
    hooks: dict[str, list[Any]] = dict(options.hooks or {})
    for event, ours in status_hooks(publisher).items():
        hooks[event] = [*hooks.get(event, ()), *ours]
    asking: Asking | None = options.can_use_tool
    shown = None if asking is None else _turns_of(publisher).shows_waiting(asking)
    return dataclasses.replace(options, hooks=hooks, can_use_tool=shown)


def status_hooks(publisher: StatusPublisher) -> dict[str, list[Any]]:
    """Return hooks for `ClaudeAgentOptions(hooks=…)`. They show a watched conversation's tools and decide nothing."""
    turns = _turns_of(publisher)
    return {event: [HookMatcher(hooks=[turns.hook])] for event in HOOKS}


async def watch(messages: AsyncIterator[M], publisher: StatusPublisher) -> AsyncIterator[M]:
    """Pass on the messages. The sessions that they belong to begin and end with them."""
    turns = _turns_of(publisher)
    seen: set[str] = set()
    try:
        async for message in messages:
            turns.hear(message, seen)
            yield message
    except BaseException as error:
        turns.leave(seen, error)
        raise
    else:
        turns.leave(seen, None)
    finally:
        if isinstance(messages, AsyncGenerator):
            await messages.aclose()


@dataclasses.dataclass(slots=True)
class Turn:
    """An open turn of a conversation."""

    open_tools: dict[str, str] = dataclasses.field(default_factory=dict)
    asking: set[str] = dataclasses.field(default_factory=set)
    tasks: set[str] = dataclasses.field(default_factory=set)
    message: str | None = None
    used: tuple[int, int] = (0, 0)
    used_before: tuple[int, int] = (0, 0)


class Turns:
    """The open turns of all conversations that one publisher shows. Each is a run, named by Claude's session id."""

    def __init__(self, publisher: StatusPublisher) -> None:
        self._runs = Runs(publisher, "claude_agent_sdk")
        self.report = self._runs.report
        self._turns: dict[str, Turn] = {}
        self._session_of_call: dict[str, str] = {}

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
    def hear(self, message: object, seen: set[str]) -> None:
        """Handle one message of the stream."""
        if isinstance(message, StreamEvent | AssistantMessage):
            if message.session_id and message.parent_tool_use_id is None:
                _show_model_message(message, *self._begin(message.session_id, seen))
        elif isinstance(message, UserMessage):
            for block in message.content if isinstance(message.content, list) else ():
                if isinstance(block, ToolResultBlock):
                    self._end_tool(block.tool_use_id)  # a refused call has no other end
        elif isinstance(message, ResultMessage):
            self._end(message)
        elif isinstance(message, SystemMessage):
            self._handle_system_message(message, seen)
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
        else:
            self._end_tool(event["tool_use_id"])

    def _begin(self, run: str, seen: set[str]) -> tuple[Session | None, Turn]:
        """Return the session and the open turn of a conversation; begin a turn if there is none.

        `seen` collects the conversations that end with the stream.
        """
        turn = self._turns.get(run)
        if turn is None:
            self._runs.begin(run, session_id=run)
            turn = Turn()
            if run in self._runs:
                self._turns[run] = turn
        seen.add(run)
        return self._runs.session(run), turn

    def _handle_system_message(self, message: SystemMessage, seen: set[str]) -> None:
        if message.subtype == "init":
            self._begin(message.data["session_id"], seen)
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
            _report_usage(session, turn, turn.used_before, result.usage)  # those since the previous result
            turn.used_before = turn.used
            if turn.tasks and not result.is_error:
                session.thinking()
                return
        self._forget(result.session_id)
        error = _message_of(result) if result.is_error and not was_stopped else None
        self._runs.end(result.session_id, error, asks=result.deferred_tool_use is not None and not was_stopped)

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


_turns: "weakref.WeakValueDictionary[StatusPublisher, Turns]" = weakref.WeakValueDictionary()


def _turns_of(publisher: StatusPublisher) -> Turns:
    """Return the `Turns` that `with_status` and `watch` share. It lives as long as the hooks or a stream."""
    turns = _turns.get(publisher)
    return _turns.setdefault(publisher, Turns(publisher)) if turns is None else turns


def _show_model_message(message: Any, session: Session | None, turn: Turn) -> None:
    """Show one message of the model. A model call may arrive as several messages that repeat the same tokens."""
    if session is None:
        return
    if isinstance(message, StreamEvent):
        _show_stream_event(session, message.event)
    elif message.usage and message.message_id not in {None, turn.message}:
        turn.message = message.message_id
        _report_usage(session, turn, turn.used, message.usage)


def _show_stream_event(session: Session, event: dict[str, Any]) -> None:
    """Show what the model writes. The state changes when a message or block begins, not with each token."""
    if event.get("type") in {"message_start", "content_block_start"}:
        block = event.get("content_block", {}).get("type")
        if block == "text":
            session.streaming()
        elif block in {None, "thinking"}:
            session.thinking()


def _report_usage(session: Session, turn: Turn, before: tuple[int, int], usage: dict[str, Any] | None) -> None:
    used = _tokens(usage or {})
    turn.used = before[0] + used[0], before[1] + used[1]
    session.usage(input=turn.used[0], output=turn.used[1])


def _tokens(usage: dict[str, Any]) -> tuple[int, int]:
    return sum(int(usage.get(name) or 0) for name in INPUT_TOKENS), int(usage.get("output_tokens") or 0)


def _message_of(result: ResultMessage) -> str:
    """Return the error of a failed turn. An API error is in `result`, with the subtype `success`."""
    errors = "; ".join(map(str, result.errors or ())) or result.result
    return errors or (result.subtype if result.subtype != "success" else "error")
