"""CrewAI: crews, flows and single agents on the dashboard, in one line per process.

    from agent_status_publisher.integrations.crewai import StatusListener

    StatusListener(publisher)

The listener subscribes to CrewAI's own event bus. The outermost crew, flow or agent is the session. A crew in a flow,
or an agent that another delegates to, only changes the state of that session. Its key is `crewai:` and the id of the
flow (`inputs={"id": "42"}`), the crew or the agent. `with status_key("chat:42"):` around the kickoff sets another key.
What is seen:

- Model calls, and tools, even several at once.
- `streaming` when the model streams, and tokens after each call. A custom model class that emits no events is shown as
  `thinking` between its tools, and its tokens are not counted.
- `waiting_for_user` while `Flow.ask()` or `@human_feedback` waits, and while a paused flow has not been resumed.
  `Task(human_input=True)` asks on the console only, so its wait is not seen.
- An error that an event reports.

CrewAI emits no event when a run is cancelled or interrupted. The dashboard shows such a run until CrewAI's objects for
it are garbage-collected, or until the same task begins another run. A session of your own ends in any case:

    with publisher.session("chat:42"), status_key("chat:42"):
        crew.kickoff()

Avoid `REDIS_URL`. CrewAI keeps its own locks in that Redis if the redis package is installed, and the publisher
installs it. CrewAI then fails when that Redis does. Set `AGENT_STATUS_REDIS_URL`, or pass the URL to the publisher.

All handlers but the one for tokens are async, so the bus calls them one at a time on its own loop. It calls sync
handlers from a pool of threads, in any order. Another bridge therefore does not see its runs as inside this one. Use
only one of the bridges, or set `status_key`.
"""

import asyncio
import weakref
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from crewai.events import (
    AgentExecutionStartedEvent,
    AgentReasoningStartedEvent,
    BaseEventListener,
    CrewKickoffCompletedEvent,
    CrewKickoffFailedEvent,
    CrewKickoffStartedEvent,
    FlowFinishedEvent,
    FlowStartedEvent,
    HumanFeedbackReceivedEvent,
    HumanFeedbackRequestedEvent,
    LiteAgentExecutionCompletedEvent,
    LiteAgentExecutionErrorEvent,
    LiteAgentExecutionStartedEvent,
    LLMCallCompletedEvent,
    LLMCallFailedEvent,
    LLMCallStartedEvent,
    LLMGuardrailStartedEvent,
    LLMStreamChunkEvent,
    MCPToolExecutionStartedEvent,
    MethodExecutionStartedEvent,
    TaskStartedEvent,
    ToolUsageErrorEvent,
    ToolUsageFinishedEvent,
    ToolUsageStartedEvent,
    crewai_event_bus,
)
from crewai.events.types.flow_events import (
    FlowFailedEvent,
    FlowInputReceivedEvent,
    FlowInputRequestedEvent,
    FlowPausedEvent,
)

from agent_status_publisher.client import StatusPublisher
from agent_status_publisher.integrations.runs import Runs
from agent_status_publisher.session import Session
from agent_status_publisher.worker.never_raise import never_raise

MAX_SCOPES: Final = 10_000
"""One run remembers at most this many scopes. The least recently used ones are forgotten."""
UNNAMED: Final = "crew"


@dataclass(slots=True, eq=False)
class Root:
    """An outermost run and its contents. CrewAI keeps one state for the run and everything inside it."""

    run: str
    kind: type
    source: int
    state: "weakref.ref[Any]"
    gone: "weakref.ref[Any] | None" = None  # ends the run when CrewAI's object for it is garbage-collected
    again: int = 0  # open runs of the same source inside this one
    scopes: dict[str, None] = field(default_factory=dict)
    tools: dict[str, str] = field(default_factory=dict)
    calls: set[str] = field(default_factory=set)

    def was_cancelled(self, source: Any, state: Any) -> bool:
        """Return True when an event in this run's scopes does not belong to it: a cancelled run leaves them open."""
        # A resumed flow has no state of its own while it runs.
        return self.state() is not state and (self.kind is not FlowStartedEvent or self.source == id(source))


class StatusListener(BaseEventListener):
    """The listener that shows CrewAI's runs in this process, from its creation until `close()`."""

    def __init__(self, publisher: StatusPublisher) -> None:
        self._runs = Runs(publisher, "crewai")
        self.report = self._runs.report
        self._roots: dict[str, Root] = {}
        self._by_scope: dict[str, Root] = {}
        self._handlers: list[tuple[Any, Callable[..., Any]]] = []
        super().__init__()

    def setup_listeners(self, crewai_event_bus: Any) -> None:
        """Register one handler for each kind of event. The base class calls this."""
        for kinds, handle in (
            ((FlowStartedEvent, CrewKickoffStartedEvent, LiteAgentExecutionStartedEvent), self._begin),
            ((MethodExecutionStartedEvent, TaskStartedEvent, AgentExecutionStartedEvent), self._enter),
            ((LLMGuardrailStartedEvent, AgentReasoningStartedEvent, MCPToolExecutionStartedEvent), self._enter),
            ((LLMCallStartedEvent,), self._think),
            ((LLMCallCompletedEvent, LLMCallFailedEvent), self._end_model_call),
            ((ToolUsageStartedEvent,), self._start_tool),
            ((ToolUsageFinishedEvent, ToolUsageErrorEvent), self._end_tool),
            ((HumanFeedbackRequestedEvent, FlowInputRequestedEvent), self._ask),
            ((HumanFeedbackReceivedEvent, FlowInputReceivedEvent), self._ask),
            ((CrewKickoffCompletedEvent, CrewKickoffFailedEvent), self._end),
            ((FlowFinishedEvent, FlowFailedEvent, FlowPausedEvent), self._end),
            ((LiteAgentExecutionCompletedEvent, LiteAgentExecutionErrorEvent), self._end),
        ):
            for kind in kinds:
                self._handlers.append((kind, crewai_event_bus.on(kind)(_as_async_handler(handle))))
        self._handlers.append((LLMStreamChunkEvent, crewai_event_bus.on(LLMStreamChunkEvent)(self._stream)))

    def close(self) -> None:
        """Take the handlers off the bus, and end the runs that are still open."""
        for kind, handler in self._handlers:
            crewai_event_bus.off(kind, handler)
        for root in list(self._roots.values()):
            self._end_root(root)

    @never_raise
    def _begin(self, source: Any, event: Any) -> None:
        state = crewai_event_bus.runtime_state or source
        root = self._by_scope.get(event.parent_event_id)
        if root is not None:
            if root.kind is LiteAgentExecutionStartedEvent and root.run == event.parent_event_id:
                root.state = weakref.ref(state)
                self._end_when_collected(root, source)  # the agent's executor, which CrewAI creates for each run
            if not root.was_cancelled(source, state):
                root.again += root.source == id(source)
                self._add_scope(event)
                return
            self._end_root(root)
        for known in list(self._roots.values()):
            if known.kind is FlowStartedEvent and known.source == id(source):
                self._end_root(known)  # a flow has one run at a time, so this one was cancelled
        name = getattr(event, "crew_name", None) or getattr(event, "flow_name", None)
        session_id = getattr(source, "flow_id", None) or getattr(source, "id", None) or event.event_id
        self._runs.begin(event.event_id, session_id=session_id, title=None if name == UNNAMED else name)
        if event.event_id in self._runs:
            root = Root(event.event_id, type(event), id(source), weakref.ref(state))
            self._roots[root.run] = self._by_scope[root.run] = root
            self._end_when_collected(root, state if root.kind is CrewKickoffStartedEvent else source)

    def _end_when_collected(self, root: Root, owner: Any) -> None:
        """End the run when `owner` is garbage-collected. A run that is still open by then was cancelled."""
        loop = asyncio.get_running_loop()

        def on_collected(_: Any) -> None:
            with suppress(RuntimeError):  # the loop is closed because the process is exiting
                loop.call_soon_threadsafe(self._end_root, root)  # not here: this thread may hold any lock

        root.gone = weakref.ref(owner, on_collected)

    @never_raise
    def _enter(self, _: Any, event: Any) -> None:
        self._add_scope(event)

    @never_raise
    def _think(self, _: Any, event: Any) -> None:
        root = self._add_scope(event)
        if root is not None and event.call_id not in root.calls and (session := self._session(root)):
            session.thinking()

    def _stream(self, _: Any, event: Any) -> None:
        """Handle one token, in the agent's own thread. A call that is already shown as streaming must cost nothing."""
        root = self._by_scope.get(event.parent_event_id)
        if root is not None and event.call_id not in root.calls and event.chunk and event.tool_call is None:
            self._begin_writing(root, event.call_id)

    @never_raise
    def _begin_writing(self, root: Root, call: str) -> None:
        root.calls.add(call)
        if session := self._session(root):
            session.streaming()

    @never_raise
    def _end_model_call(self, _: Any, event: Any) -> None:
        root = self._close_scope(event)
        if root is None:
            return
        root.calls.discard(event.call_id)
        used = getattr(event, "usage", None) or {}
        if session := self._session(root):
            session.add_usage(
                input=int(used.get("prompt_tokens") or used.get("input_tokens") or 0),
                output=int(used.get("completion_tokens") or used.get("output_tokens") or 0),
            )

    @never_raise
    def _start_tool(self, _: Any, event: Any) -> None:
        root = self._add_scope(event)
        if root is not None and (session := self._session(root)):
            root.tools[event.event_id] = event.tool_name
            session.tool_start(event.tool_name, event.event_id)

    @never_raise
    def _end_tool(self, _: Any, event: Any) -> None:
        root = self._close_scope(event)
        if root is None:
            return
        call = event.started_event_id
        if call not in root.tools:
            call = next((known for known, name in root.tools.items() if name == event.tool_name), None)
        if call is not None and (session := self._session(root)):
            del root.tools[call]
            session.tool_end(call)

    @never_raise
    def _ask(self, _: Any, event: Any) -> None:
        if session := self._session(self._root_of(event)):
            is_open = isinstance(event, HumanFeedbackRequestedEvent | FlowInputRequestedEvent)
            session.waiting_for_user() if is_open else session.thinking()

    @never_raise
    def _end(self, source: Any, event: Any) -> None:
        root = self._root_ended_by(source, event)
        self._end_root(root, getattr(event, "error", None), asks=isinstance(event, FlowPausedEvent))

    def _root_ended_by(self, source: Any, event: Any) -> Root | None:
        """Return the outermost run that this event ends, if any.

        CrewAI names the scope that was opened last. If the end of an inner scope was lost, it names that scope.
        """
        root = self._by_scope.get(event.started_event_id)
        if root is None:
            own = [known for known in self._roots.values() if known.source == id(source)]
            return own[0] if len(own) == 1 else None
        if root.source != id(source):
            return None
        if root.run != event.started_event_id and root.again:
            root.again -= 1
            return None
        return root

    def _root_of(self, event: Any) -> Root | None:
        """Return the run of the scope that an event is in, or of the scope that it ends."""
        return self._by_scope.get(event.parent_event_id) or self._by_scope.get(event.started_event_id)

    def _add_scope(self, event: Any) -> Root | None:
        """Add the scope of this event to the run around it. Return that run, if it is known."""
        root = self._by_scope.get(event.parent_event_id)
        if root is not None:
            if event.parent_event_id in root.scopes:
                root.scopes[event.parent_event_id] = root.scopes.pop(event.parent_event_id)
            self._by_scope[event.event_id] = root
            root.scopes[event.event_id] = None
            if len(root.scopes) > MAX_SCOPES:
                oldest = next(iter(root.scopes))
                root.tools.pop(oldest, None)
                del root.scopes[oldest], self._by_scope[oldest]
        return root

    def _close_scope(self, event: Any) -> Root | None:
        """Forget the scope that this event ends. Return the run that it belongs to, if it is known."""
        root = self._root_of(event)
        if root is not None and event.started_event_id in root.scopes:
            del root.scopes[event.started_event_id], self._by_scope[event.started_event_id]
        return root

    def _session(self, root: Root | None) -> Session | None:
        return None if root is None else self._runs.session(root.run)

    def _end_root(self, root: Root | None, error: object = None, *, asks: bool = False) -> None:
        if root is None or self._roots.pop(root.run, None) is None:
            return
        root.gone = None
        for scope in (root.run, *root.scopes):
            self._by_scope.pop(scope, None)
        self._runs.end(root.run, error, asks=asks)


def _as_async_handler(handle: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a handler as async. The bus calls async handlers one at a time, in the order of the events."""

    async def handler(source: Any, event: Any) -> None:
        handle(source, event)

    return handler
