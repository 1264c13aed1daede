"""CrewAI: crews, flows and single agents on the dashboard, in one line per process.

    from agent_status_publisher.integrations.crewai import StatusListener

    StatusListener(publisher)

It listens to CrewAI's own event bus. The outermost of crews, flows and agents is the session: a crew in a flow, or an
agent that another delegates to, changes its state only. Its key is `crewai:` and the id of the flow (`inputs={"id":
"42"}`), the crew or the agent; or the one of `with status_key("chat:42"):` around the kickoff. What is seen:

- Model calls, tools (several at once, too), and streaming when the model streams, with tokens after each call. A model
  class of your own that emits no events is `thinking` between its tools, and uses no tokens.
- `waiting_for_user` while `Flow.ask()` or `@human_feedback` waits; also when the flow is paused, until it is resumed.
  `Task(human_input=True)` asks by the console alone, and there is no event for it.
- An error by the event that says so.

CrewAI says nothing of a run that is cancelled or interrupted. It is shown until what CrewAI kept for it is garbage, or
the same task begins another one, unless the session is one of yours, which ends in any case:

    with publisher.session("chat:42"), status_key("chat:42"):
        crew.kickoff()

Beware of `REDIS_URL`: CrewAI keeps its own locks in that Redis as soon as the redis package is there, which comes with
the publisher, and fails when that Redis does. Say `AGENT_STATUS_REDIS_URL`, or give the publisher its URL.

Our handlers are async, and so called one after the other on the bus's own loop; others are called by a pool of threads,
in any order. Thus another bridge does not find this run around its own: use one of them, or `status_key`.
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
"""The most of them that one run remembers. Those that were in use longest ago are forgotten."""
UNNAMED: Final = "crew"


@dataclass(slots=True, eq=False)
class Root:
    """An outermost run, and what goes on in it. CrewAI has a state for each, and for all that runs inside of it."""

    run: str
    kind: type
    source: int
    state: "weakref.ref[Any]"
    gone: "weakref.ref[Any] | None" = None
    again: int = 0
    scopes: dict[str, None] = field(default_factory=dict)
    tools: dict[str, str] = field(default_factory=dict)
    calls: set[str] = field(default_factory=set)

    def was_cancelled(self, source: Any, state: Any) -> bool:
        """True when events in its scopes are not inside of it.

        A cancelled run leaves its scopes open in its task. A resumed flow has no state of its own while it
        runs.
        """
        return self.state() is not state and (self.kind is not FlowStartedEvent or self.source == id(source))


class StatusListener(BaseEventListener):
    """Shows what CrewAI does in this process, until `close()` takes it off the bus."""

    def __init__(self, publisher: StatusPublisher) -> None:
        self._runs = Runs(publisher, "crewai")
        self.report = self._runs.report
        self._roots: dict[str, Root] = {}
        self._by_scope: dict[str, Root] = {}
        self._handlers: list[tuple[Any, Callable[..., Any]]] = []
        super().__init__()

    def setup_listeners(self, crewai_event_bus: Any) -> None:
        """Register one handler for each kind of event. The base class calls this."""
        for kinds, hear in (
            ((FlowStartedEvent, CrewKickoffStartedEvent, LiteAgentExecutionStartedEvent), self._begin),
            ((MethodExecutionStartedEvent, TaskStartedEvent, AgentExecutionStartedEvent), self._enter),
            ((LLMGuardrailStartedEvent, AgentReasoningStartedEvent, MCPToolExecutionStartedEvent), self._enter),
            ((LLMCallStartedEvent,), self._think),
            ((LLMCallCompletedEvent, LLMCallFailedEvent), self._use),
            ((ToolUsageStartedEvent,), self._start_tool),
            ((ToolUsageFinishedEvent, ToolUsageErrorEvent), self._end_tool),
            ((HumanFeedbackRequestedEvent, FlowInputRequestedEvent), self._ask),
            ((HumanFeedbackReceivedEvent, FlowInputReceivedEvent), self._ask),
            ((CrewKickoffCompletedEvent, CrewKickoffFailedEvent), self._end),
            ((FlowFinishedEvent, FlowFailedEvent, FlowPausedEvent), self._end),
            ((LiteAgentExecutionCompletedEvent, LiteAgentExecutionErrorEvent), self._end),
        ):
            for kind in kinds:
                self._handlers.append((kind, crewai_event_bus.on(kind)(_in_order(hear))))
        self._handlers.append((LLMStreamChunkEvent, crewai_event_bus.on(LLMStreamChunkEvent)(self._stream)))

    def close(self) -> None:
        """Hear nothing any more; what is still going on is shown no longer."""
        for kind, handler in self._handlers:
            crewai_event_bus.off(kind, handler)
        for root in list(self._roots.values()):
            self._leave(root)

    @never_raise
    def _begin(self, source: Any, event: Any) -> None:
        state = crewai_event_bus.runtime_state or source
        root = self._by_scope.get(event.parent_event_id)
        if root is not None:
            if root.kind is LiteAgentExecutionStartedEvent and root.run == event.parent_event_id:
                root.state = weakref.ref(state)
                self._watch(root, source)  # the agent's executor, which is made again for each run
            if not root.was_cancelled(source, state):
                root.again += root.source == id(source)
                self._join(event)
                return
            self._leave(root)
        for known in list(self._roots.values()):
            if known.kind is FlowStartedEvent and known.source == id(source):
                self._leave(known)  # it was cancelled: a flow has one run at a time
        name = getattr(event, "crew_name", None) or getattr(event, "flow_name", None)
        session_id = getattr(source, "flow_id", None) or getattr(source, "id", None) or event.event_id
        self._runs.begin(event.event_id, session_id=session_id, title=None if name == UNNAMED else name)
        if event.event_id in self._runs:
            root = Root(event.event_id, type(event), id(source), weakref.ref(state))
            self._roots[root.run] = self._by_scope[root.run] = root
            self._watch(root, state if root.kind is CrewKickoffStartedEvent else source)

    def _watch(self, root: Root, thing: Any) -> None:
        """End the run when `thing` is freed: a run without an end event was cancelled."""
        loop = asyncio.get_running_loop()

        def leave(_: Any) -> None:
            with suppress(RuntimeError):  # the loop is closed: the process is at its end
                loop.call_soon_threadsafe(self._leave, root)  # whatever lock this thread may hold

        root.gone = weakref.ref(thing, leave)

    @never_raise
    def _enter(self, _: Any, event: Any) -> None:
        self._join(event)

    @never_raise
    def _think(self, _: Any, event: Any) -> None:
        root = self._join(event)
        if root is not None and event.call_id not in root.calls and (session := self._session(root)):
            session.thinking()

    def _stream(self, _: Any, event: Any) -> None:
        """Called in the agent's own thread, per token: what is known already must cost nothing."""
        root = self._by_scope.get(event.parent_event_id)
        if root is not None and event.call_id not in root.calls and event.chunk and event.tool_call is None:
            self._begin_writing(root, event.call_id)

    @never_raise
    def _begin_writing(self, root: Root, call: str) -> None:
        root.calls.add(call)
        if session := self._session(root):
            session.streaming()

    @never_raise
    def _use(self, _: Any, event: Any) -> None:
        root = self._close(event)
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
        root = self._join(event)
        if root is not None and (session := self._session(root)):
            root.tools[event.event_id] = event.tool_name
            session.tool_start(event.tool_name, event.event_id)

    @never_raise
    def _end_tool(self, _: Any, event: Any) -> None:
        root = self._close(event)
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
        root = self._ended(source, event)
        self._leave(root, getattr(event, "error", None), asks=isinstance(event, FlowPausedEvent))

    def _ended(self, source: Any, event: Any) -> Root | None:
        """The outermost run that this event ends, if any.

        What CrewAI says it ends is the scope opened last: another one inside the run, if that one's end was lost.
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
        """By the scope that an event is in, or that it ends."""
        return self._by_scope.get(event.parent_event_id) or self._by_scope.get(event.started_event_id)

    def _join(self, event: Any) -> Root | None:
        """The run that this event's scope is in, if that is known; what comes in the scope is in it, too."""
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

    def _close(self, event: Any) -> Root | None:
        """The run that this event's scope is in; nothing comes in the scope that it ends any more."""
        root = self._root_of(event)
        if root is not None and event.started_event_id in root.scopes:
            del root.scopes[event.started_event_id], self._by_scope[event.started_event_id]
        return root

    def _session(self, root: Root | None) -> Session | None:
        return None if root is None else self._runs.session(root.run)

    def _leave(self, root: Root | None, error: object = None, *, asks: bool = False) -> None:
        if root is None or self._roots.pop(root.run, None) is None:
            return
        root.gone = None
        for scope in (root.run, *root.scopes):
            self._by_scope.pop(scope, None)
        self._runs.end(root.run, error, asks=asks)


def _in_order(hear: Callable[..., Any]) -> Callable[..., Any]:
    """Async handlers are called one after the other, as the events come."""

    async def handler(source: Any, event: Any) -> None:
        hear(source, event)

    return handler
