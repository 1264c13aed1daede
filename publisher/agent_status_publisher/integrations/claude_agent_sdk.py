"""Claude Agent SDK: its conversations on the dashboard, in two lines.

    from agent_status_publisher.integrations.claude_agent_sdk import watch, with_status

    options = with_status(ClaudeAgentOptions(...), publisher)                     # tools, and questions to the user
    async for message in watch(query(prompt=..., options=options), publisher):    # all else
        ...

With a client these are `ClaudeSDKClient(with_status(options, publisher))` and `watch(client.receive_response(),
publisher)`. Hooks of your own and your `can_use_tool` go on as they are; `status_hooks(publisher)` are the hooks alone.

A session's key is `claude_agent_sdk:` and Claude's session id, or the one of `with status_key("chat:42"):` around the
loop. It is open from Claude's first message to its result, or until agents in the background are done or the loop is
left. What is seen:

- Each tool while it runs, those of subagents too.
- `waiting_for_user` while your `can_use_tool` is at work (a policy that answers at once is a wait that nobody sees),
  while a question of Claude's own is open, and from a turn that ends with a deferred tool to the next one.
- `streaming` with `include_partial_messages=True`: whole messages come when they have been written.
- Tokens after each message, cached input included, and the totals with the turn's end.
- An error by the result that says so, or by the exception that leaves the stream. An interrupted turn is an end.

It cannot see what the loop around `watch` does: an exception of its own ends the session as leaving the loop does. A
permission that is refused without `can_use_tool` waits for nobody, and shows nothing. The SDK buffers messages: while
nobody reads them nothing begins, and in a loop that is slow to come back tools are shown in time, and the end late.
An agent that one of your own tools runs is a session of its own, unless `status_key` around the loop names both.
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
"""Work whose end wakes Claude for another turn; a shell in the background may run for ever."""
INPUT_TOKENS: Final = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")

M = TypeVar("M")
Asking = Callable[[str, dict[str, Any], Any], Awaitable[Any]]


def with_status(options: ClaudeAgentOptions, publisher: StatusPublisher) -> ClaudeAgentOptions:
    """These options, with what shows tools and questions to the user beside all that is in them."""
    hooks: dict[str, list[Any]] = dict(options.hooks or {})
    for event, ours in status_hooks(publisher).items():
        hooks[event] = [*hooks.get(event, ()), *ours]
    asking: Asking | None = options.can_use_tool
    shown = None if asking is None else _turns_of(publisher).shows_waiting(asking)
    return dataclasses.replace(options, hooks=hooks, can_use_tool=shown)


def status_hooks(publisher: StatusPublisher) -> dict[str, list[Any]]:
    """For `ClaudeAgentOptions(hooks=…)`: tools, in a conversation that is watched. They decide nothing."""
    turns = _turns_of(publisher)
    return {event: [HookMatcher(hooks=[turns.hook])] for event in HOOKS}


async def watch(messages: AsyncIterator[M], publisher: StatusPublisher) -> AsyncIterator[M]:
    """Pass on the messages. The sessions that they are about begin and end with them."""
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
    """A turn of a conversation that has not ended."""

    open_tools: dict[str, str] = dataclasses.field(default_factory=dict)
    asking: set[str] = dataclasses.field(default_factory=set)
    tasks: set[str] = dataclasses.field(default_factory=set)
    message: str | None = None
    used: tuple[int, int] = (0, 0)
    used_before: tuple[int, int] = (0, 0)


class Turns:
    """The turns of all conversations that one publisher shows: a run each, called by Claude's session id."""

    def __init__(self, publisher: StatusPublisher) -> None:
        self._runs = Runs(publisher, "claude_agent_sdk")
        self.report = self._runs.report
        self._turns: dict[str, Turn] = {}
        self._session_of_call: dict[str, str] = {}

    async def hook(self, event: Any, call_id: str | None, context: Any) -> dict[str, Any]:
        """Handle the events in HOOKS, at which Claude calls this."""
        self._take_hook(event)
        return {}

    def shows_waiting(self, asking: Asking) -> Asking:
        """`can_use_tool`, which is a human at work, as far as we know."""

        async def ask(tool_name: str, tool_input: dict[str, Any], context: Any) -> Any:
            call, answer = getattr(context, "tool_use_id", None) or "", None
            self._ask(tool_name, call)
            try:
                answer = await asking(tool_name, tool_input, context)
            finally:
                self._answered(tool_name, call, answer)
            return answer

        return ask

    @never_raise
    def hear(self, message: object, seen: set[str]) -> None:
        """One message of the stream."""
        if isinstance(message, StreamEvent | AssistantMessage):
            if message.session_id and message.parent_tool_use_id is None:
                _take_model(message, *self._begin(message.session_id, seen))
        elif isinstance(message, UserMessage):
            for block in message.content if isinstance(message.content, list) else ():
                if isinstance(block, ToolResultBlock):
                    self._end_tool(block.tool_use_id)  # one that was refused has no other end
        elif isinstance(message, ResultMessage):
            self._end(message)
        elif isinstance(message, SystemMessage):
            self._hear_system(message, seen)
        elif isinstance(message, ConversationResetMessage):
            self.leave({message.session_id} & seen, None)  # what follows has another id

    @never_raise
    def leave(self, seen: set[str], error: BaseException | None) -> None:
        """The stream is over, and what it was about is, too."""
        for run in seen:
            self._forget(run)
            self._runs.end(run, error)

    @never_raise
    def _take_hook(self, event: dict[str, Any]) -> None:
        if event["hook_event_name"] == "PreToolUse":
            self._start_tool(event["session_id"], event["tool_name"], event["tool_use_id"])
        else:
            self._end_tool(event["tool_use_id"])

    def _begin(self, run: str, seen: set[str]) -> tuple[Session | None, Turn]:
        """The turn that is going on in this conversation; `seen` is the stream's, whose end is its end too."""
        turn = self._turns.get(run)
        if turn is None:
            self._runs.begin(run, session_id=run)
            turn = Turn()
            if run in self._runs:
                self._turns[run] = turn
        seen.add(run)
        return self._runs.session(run), turn

    def _hear_system(self, message: SystemMessage, seen: set[str]) -> None:
        if message.subtype == "init":
            self._begin(message.data["session_id"], seen)
        elif isinstance(message, TaskStartedMessage):
            if message.task_type in BACKGROUND and (turn := self._turns.get(message.session_id)):
                turn.tasks.add(message.task_id)
        elif getattr(message, "status", None) in TERMINAL_TASK_STATUSES:
            for run in seen & self._turns.keys():  # whose task it is, an update need not say
                self._turns[run].tasks.discard(message.task_id)

    def _end(self, result: ResultMessage) -> None:
        was_stopped = (result.terminal_reason or "").startswith("aborted")
        if going_on := self._going_on(result.session_id):
            turn, session = going_on
            _use(session, turn, turn.used_before, result.usage)  # those since the result before it
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

    def _going_on(self, run: str) -> tuple[Turn, Session] | None:
        session = self._runs.session(run)
        return None if session is None else (self._turns[run], session)

    def _start_tool(self, run: str, name: str, call: str) -> None:
        if going_on := self._going_on(run):
            turn, session = going_on
            turn.open_tools[call] = name
            self._session_of_call[call] = run
            session.tool_start(name, call)
            if name == QUESTION_TOOL:
                session.waiting_for_user()

    def _end_tool(self, call: str) -> None:
        """End a tool. Unless others are open the model is next, which says so only when it begins to write."""
        if going_on := self._going_on(self._session_of_call.pop(call, "")):
            turn, session = going_on
            turn.open_tools.pop(call, None)
            session.tool_end(call)
            if not turn.open_tools:
                session.thinking()

    @never_raise
    def _ask(self, name: str, call: str) -> None:
        if going_on := self._going_on(self._session_of_call.get(call, "")):
            turn, session = going_on
            turn.asking.add(call)
            if next(reversed(turn.open_tools)) != call:  # the newest one is what a session waits over
                session.tool_start(name, call)
            session.waiting_for_user()

    @never_raise
    def _answered(self, name: str, call: str, answer: object) -> None:
        if going_on := self._going_on(self._session_of_call.get(call, "")):
            turn, session = going_on
            turn.asking.discard(call)
            if getattr(answer, "behavior", None) != "allow":
                self._end_tool(call)
            elif name != QUESTION_TOOL:
                session.tool_start(name, call)
            if turn.asking:
                session.waiting_for_user()


_turns: "weakref.WeakValueDictionary[StatusPublisher, Turns]" = weakref.WeakValueDictionary()


def _turns_of(publisher: StatusPublisher) -> Turns:
    """Return the turns that both lines share, for as long as the hooks or a stream live."""
    turns = _turns.get(publisher)
    return _turns.setdefault(publisher, Turns(publisher)) if turns is None else turns


def _take_model(message: Any, session: Session | None, turn: Turn) -> None:
    """Take a message of the model. One call may come as several, each with the same tokens."""
    if session is None:
        return
    if isinstance(message, StreamEvent):
        _show_writing(session, message.event)
    elif message.usage and message.message_id not in {None, turn.message}:
        turn.message = message.message_id
        _use(session, turn, turn.used, message.usage)


def _show_writing(session: Session, event: dict[str, Any]) -> None:
    """A step of the model's, shown at the beginning of each block, not per token."""
    if event.get("type") in {"message_start", "content_block_start"}:
        block = event.get("content_block", {}).get("type")
        if block == "text":
            session.streaming()
        elif block in {None, "thinking"}:
            session.thinking()


def _use(session: Session, turn: Turn, before: tuple[int, int], usage: dict[str, Any] | None) -> None:
    used = _tokens(usage or {})
    turn.used = before[0] + used[0], before[1] + used[1]
    session.usage(input=turn.used[0], output=turn.used[1])


def _tokens(usage: dict[str, Any]) -> tuple[int, int]:
    return sum(int(usage.get(name) or 0) for name in INPUT_TOKENS), int(usage.get("output_tokens") or 0)


def _message_of(result: ResultMessage) -> str:
    """Return the error of a failed turn. An API's answer is in `result`, with the subtype `success`."""
    message = "; ".join(map(str, result.errors or ())) or result.result
    return message or (result.subtype if result.subtype != "success" else "error")
