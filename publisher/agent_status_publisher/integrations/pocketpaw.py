"""PocketPaw: its sessions on the dashboard, from the events on its own bus.

    from pocketpaw.bus import get_message_bus
    from agent_status_publisher.integrations.pocketpaw import bridge

    bridge(get_message_bus(), publisher)

Call it once per process, before the agent loop starts. Every channel and every backend is shown. A session's key is
PocketPaw's own (`telegram:42`, `websocket:abc`). The dashboard shows what PocketPaw's own status page shows for these
events, with these differences and additions:

- A backend that fails, or a run that raises, is an `error` with its message. (PocketPaw's page shows the end.)
- Text that is being written is `streaming`. (PocketPaw's page stays at thinking.)
- Of parallel tools, the newest open one is shown. (PocketPaw's page shows `streaming` after the first result.)
- The model is a label, as soon as PocketPaw says it.
- A run that ends with a question to the user is `waiting_for_user` until that session's next message.

The bridge cannot see inside a tool: an agent that PocketPaw delegates to is shown as that tool. A message that the
injection scanner blocks does not start a run and is not shown. The bus does not carry titles.

PocketPaw runs callbacks in separate tasks. Another bridge in the same process therefore cannot see that its runs are
inside this one. Use only one of the two.

The bus awaits its subscribers. This one only records each event, so it does not delay the bus.
`bus.unsubscribe_system(bridge(…))` removes it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final, Protocol

from agent_status_publisher.client import StatusPublisher
from agent_status_publisher.integrations.runs import Runs
from agent_status_publisher.session import Session
from agent_status_publisher.worker.never_raise import never_raise

QUESTION_TOOL: Final = "AskUserQuestion"
"""The tool that asks the user.

A separate event reports the question. The tool's result is not the answer.
"""

CLAUDE: Final = "claude_agent_sdk"
"""The backend whose model PocketPaw names at the start of a run."""
MAX_BACKENDS: Final = 100
"""The models of at most so many backends are remembered."""

PER_TOKEN: Final = {"thinking", "trace_chunk"}
"""Events that may come once per token. An immediate repeat of one changes nothing."""


class Event(Protocol):
    """The part of `pocketpaw.bus.events.SystemEvent` that is used here."""

    event_type: str
    data: dict[str, Any]


class Bus(Protocol):
    """The part of `pocketpaw.bus.queue.MessageBus` that is used here."""

    def subscribe_system(self, callback: Callable[[Any], Awaitable[None]]) -> None:
        """Await `callback` with each later event."""


def bridge(bus: Bus, publisher: StatusPublisher) -> "StatusSubscriber":
    """Show the sessions of the agents on this bus."""
    subscriber = StatusSubscriber(publisher)
    bus.subscribe_system(subscriber)
    return subscriber


class Turn:
    """A run that has not ended: a user's message and all the work that it causes."""

    __slots__ = ("asks", "backend", "error", "newest", "open_tools", "trace")

    def __init__(self, trace: str | None, backend: object) -> None:
        self.trace = trace
        self.backend = backend
        self.newest: str | None = None
        self.asks = False
        self.error: str | None = None
        self.open_tools: dict[str, str] = {}

    def resume(self) -> None:
        """Clear the question and the error: the agent is working again, so neither was the end."""
        self.asks = False
        self.error = None

    def close_tool(self, call_id: str, name: str) -> str | None:
        """Close the tool of a result, and return its call id. Match by id, then by name, then take the oldest."""
        if call_id not in self.open_tools:
            same_name = (call for call, tool in self.open_tools.items() if tool == name)
            call_id = next(same_name, None) or next(iter(self.open_tools), "")
        return call_id if self.open_tools.pop(call_id, None) is not None else None


class StatusSubscriber:
    """Subscriber that publishes the bus's system events. A session has one run at a time."""

    def __init__(self, publisher: StatusPublisher) -> None:
        self._runs = Runs(publisher, None)
        self.report = self._runs.report
        self._turns: dict[str, Turn] = {}
        self._traces: set[str] = set()
        self._models: dict[object, object] = {}  # the model that each backend has named last
        self._handlers: dict[str, Callable[[Session, Turn, dict[str, Any]], None]] = {
            "thinking": _think,
            "tool_start": _start_tool,
            "tool_result": _end_tool,
            "trace_chunk": _stream,
            "ask_user_question": _ask,
            "token_usage": self._use,
            "error": _fail,
        }

    async def __call__(self, event: Event) -> None:
        """Receive one event from the bus."""
        self._handle(event)

    @never_raise
    def _handle(self, event: Event) -> None:
        data = event.data or {}
        key = data.get("session_key")
        if not key:
            return
        kind = event.event_type
        if handle := self._handlers.get(kind):
            turn = self._turns.get(key)
            if turn is None or (kind in PER_TOKEN and kind == turn.newest):
                return
            turn.newest = kind
            if session := self._runs.session(key):
                handle(session, turn, data)
        elif kind == "agent_start":
            self._begin(key, data)
        elif kind == "agent_end":
            turn = self._turns.get(key)
            if turn is not None and turn.trace is None:
                self._end(key)
        elif kind == "trace_start":
            self._traces.add(data["trace_id"])
        elif kind == "trace_end":
            self._end_trace(key, data)

    def _begin(self, key: str, data: dict[str, Any]) -> None:
        if key in self._runs:
            self._end(key)  # the end of the previous run was lost
        self._runs.begin(key, session_id=key)
        if key in self._runs:
            trace, backend = data.get("trace_id"), data.get("backend")
            self._turns[key] = Turn(trace if trace in self._traces else None, backend)
            # For other backends, PocketPaw puts the setting of Claude's model here, too.
            model = data.get("model") if backend == CLAUDE else None
            self._runs.label(key, model=self._models.get(backend, model))

    def _use(self, session: Session, turn: Turn, data: dict[str, Any]) -> None:
        """Add the tokens of one model call, or of the whole run if the backend reports them only at its end.

        The model is known then, too. The backend's next runs show it from their beginning.
        """
        session.add_usage(input=int(data.get("input") or 0), output=int(data.get("output") or 0))
        model = data.get("model")
        if model and isinstance(model, str):
            if turn.backend in self._models or len(self._models) < MAX_BACKENDS:
                self._models[turn.backend] = model
            self._runs.label(data["session_key"], model=model)

    def _end_trace(self, key: str, data: dict[str, Any]) -> None:
        """End a run by its trace, which alone has the outcome and comes right after the run's end.

        A cancelled run may send no other event.
        """
        trace = data["trace_id"]
        self._traces.discard(trace)
        turn = self._turns.get(key)
        if turn is None or turn.trace != trace:
            return
        stopped = None
        if data.get("status") == "cancelled":
            turn.resume()
            stopped = asyncio.CancelledError()
        elif data.get("status") == "error":
            turn.error = data.get("error_message") or "error"
        self._end(key, stopped)

    def _end(self, key: str, stopped: BaseException | None = None) -> None:
        turn = self._turns.pop(key)
        self._runs.end(key, turn.error or stopped, asks=turn.asks, reason="question")


def _think(session: Session, turn: Turn, _: dict[str, Any]) -> None:
    """Note that the model is working. The results of tools that are still open were lost."""
    turn.resume()
    _forget_tools(session, turn)
    session.thinking()


def _stream(session: Session, turn: Turn, _: dict[str, Any]) -> None:
    """Note a piece of text, which belongs to the answer or accompanies a question or an error."""
    if not turn.asks and turn.error is None:
        _forget_tools(session, turn)
        session.streaming()


def _start_tool(session: Session, turn: Turn, data: dict[str, Any]) -> None:
    name = data.get("name") or data.get("tool") or "tool"
    if name == QUESTION_TOOL:
        return
    turn.resume()
    call = data.get("tool_call_id") or name
    turn.open_tools[call] = name
    session.tool_start(name, call)


def _end_tool(session: Session, turn: Turn, data: dict[str, Any]) -> None:
    name = data.get("name") or data.get("tool") or "tool"
    if data.get("status") == "error" and name == "agent":  # a backend reports its failure this way
        _fail(session, turn, {"message": data.get("result")})
        return
    call = turn.close_tool(data.get("tool_call_id") or "", name)
    if call is not None:
        session.tool_end(call)
        if turn.asks:
            session.waiting_for_user("question")


def _ask(session: Session, turn: Turn, _: dict[str, Any]) -> None:
    turn.asks = True
    session.waiting_for_user("question")


def _fail(session: Session, turn: Turn, data: dict[str, Any]) -> None:
    turn.error = data.get("message") or "error"
    turn.open_tools.clear()
    session.error(turn.error)


def _forget_tools(session: Session, turn: Turn) -> None:
    for call in turn.open_tools:
        session.tool_end(call)
    turn.open_tools.clear()
