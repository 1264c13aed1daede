"""The listener on CrewAI's event bus: what an event means for a run."""

import asyncio
import weakref
from collections.abc import Callable
from contextlib import suppress
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
    TaskCompletedEvent,
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
from crewai.hooks import InterceptionPoint, register_hook, unregister_hook

from agent_status_publisher.client import StatusPublisher
from agent_status_publisher.integrations.crewai.roots import Root, Roots, own_work
from agent_status_publisher.integrations.crewai.run_tasks import RunTask, note_beginning, task_of
from agent_status_publisher.integrations.crewai.titles import role_of, title_of
from agent_status_publisher.integrations.followed import Reason
from agent_status_publisher.integrations.key import Subagents, wants_sessions
from agent_status_publisher.integrations.runs import Runs
from agent_status_publisher.session import Session
from agent_status_publisher.worker.never_raise import never_raise

GRACE_SECONDS: Final = 1.0
"""The seconds after the end of a task in which events of its runs may still be on their way."""


class StatusListener(BaseEventListener):
    """The listener that shows CrewAI's runs in this process, from its creation until `close()`.

    Args:
        publisher: The publisher of the sessions.
        subagents: `tool` or `sessions`: what a crew, flow or agent is that a tool runs.
    """

    def __init__(self, publisher: StatusPublisher, *, subagents: Subagents = "tool") -> None:
        self._has_children = wants_sessions(publisher, subagents)
        self._runs = Runs(publisher, "crewai")
        self.report = self._runs.report
        self._roots = Roots()
        self._handlers: list[tuple[Any, Callable[..., Any]]] = []
        super().__init__()

    def setup_listeners(self, crewai_event_bus: Any) -> None:
        """Register one handler for each kind of event. The base class calls this."""
        for kinds, handle in (
            ((FlowStartedEvent, CrewKickoffStartedEvent, LiteAgentExecutionStartedEvent), self._begin),
            ((MethodExecutionStartedEvent, TaskStartedEvent), self._enter),
            ((AgentExecutionStartedEvent,), self._begin_work),
            ((TaskCompletedEvent,), self._end_task),
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
        register_hook(InterceptionPoint.EXECUTION_START, self._note_beginning)
        self._handlers.append((LLMStreamChunkEvent, crewai_event_bus.on(LLMStreamChunkEvent)(self._stream)))

    def close(self) -> None:
        """Take the handlers off the bus, and end the runs that are still open."""
        for kind, handler in self._handlers:
            crewai_event_bus.off(kind, handler)
        unregister_hook(InterceptionPoint.EXECUTION_START, self._note_beginning)
        for root in list(self._roots.by_run.values()):
            self._cancel(root)

    @never_raise
    def _begin(self, source: Any, event: Any) -> None:
        state = crewai_event_bus.runtime_state or source
        task = task_of(event.event_id)
        root = self._roots.by_scope.get(event.parent_event_id)
        if root is not None:
            if root.kind is LiteAgentExecutionStartedEvent and root.run == event.parent_event_id:
                root.state = weakref.ref(state)
                self._end_when_collected(root, source)  # the agent's executor, which CrewAI creates for each run
                if task is not None and not task.is_crewais:
                    self._end_after(task, root)
            if not root.was_cancelled(source, state):
                if self._has_children and event.parent_event_id in root.tools:
                    self._begin_root(source, event, state, task, around=root)
                else:
                    root.again += root.source == id(source)
                    self._roots.open_scope(event)
                return
            self._cancel(root)
        for known in list(self._roots.by_run.values()):
            if known.kind is FlowStartedEvent and known.source == id(source):
                self._cancel(known)  # a flow has one run at a time, so this one was cancelled
        self._begin_root(source, event, state, task)

    def _begin_root(
        self, source: Any, event: Any, state: Any, task: RunTask | None, around: Root | None = None
    ) -> None:
        """Begin a session. `around` is the run whose tool runs this one, if that is to be a child."""
        session_id = getattr(source, "flow_id", None) or getattr(source, "id", None) or event.event_id
        self._runs.begin(
            event.event_id,
            parent=None if around is None else around.run,
            session_id=session_id,
            title=title_of(source, event),
            child=None if around is None else event.parent_event_id,
        )
        # A run that another listener shows is followed, too. Else what is inside it would be outermost here.
        if event.event_id in self._runs or self._runs.is_taken(event.event_id):
            own = own_work(source, event)
            root = Root(event.event_id, type(event), id(source), weakref.ref(state), own=own, around=around)
            self._roots.add(root)
            self._runs.label(root.run, agent=role_of(event))
            self._end_after(task, root)
            self._end_when_collected(root, state if root.kind is CrewKickoffStartedEvent else source)

    def _end_when_collected(self, root: Root, owner: Any) -> None:
        """End the run when `owner` is garbage-collected. A run that is still open by then was cancelled."""
        loop = asyncio.get_running_loop()

        def on_collected(_: Any) -> None:
            with suppress(RuntimeError):  # the loop is closed because the process is exiting
                loop.call_soon_threadsafe(self._cancel, root)  # not here: this thread may hold any lock

        root.gone = weakref.ref(owner, on_collected)

    def _end_after(self, task: RunTask | None, root: Root) -> None:
        """End the run after the task that it is in. A run that is still open by then was cancelled."""
        if task is None:
            return
        loop = asyncio.get_running_loop()

        def on_task_over() -> None:
            if root.run in self._roots.by_run:
                loop.call_later(GRACE_SECONDS, self._cancel, root)

        root.task = task
        task.add(root.run, on_task_over)

    @never_raise
    def _note_beginning(self, _: Any) -> None:
        note_beginning()

    @never_raise
    def _enter(self, _: Any, event: Any) -> None:
        self._roots.open_scope(event)

    @never_raise
    def _begin_work(self, _: Any, event: Any) -> None:
        """Label a crew's session with the agent that works on one of its own tasks."""
        root = self._roots.open_scope(event)
        if root is not None and root.owns(event):
            self._runs.label(root.run, agent=getattr(event.agent, "role", None))

    @never_raise
    def _end_task(self, _: Any, event: Any) -> None:
        root = self._roots.containing(event)
        if root is not None and root.owns(event) and root.kind is CrewKickoffStartedEvent:
            root.done.add(event.task_id)
            self._runs.progress(root.run, done=len(root.done), of=len(root.own))

    @never_raise
    def _think(self, _: Any, event: Any) -> None:
        root = self._roots.open_scope(event)
        if root is not None and root.owns(event):
            self._runs.label(root.run, model=event.model)
        if root is not None and event.call_id not in root.calls and (session := self._session(root)):
            session.thinking()

    def _stream(self, _: Any, event: Any) -> None:
        """Handle one token, in the agent's own thread. A call that is already shown as streaming must cost nothing."""
        root = self._roots.by_scope.get(event.parent_event_id)
        if root is not None and event.call_id not in root.calls and event.chunk and event.tool_call is None:
            self._begin_writing(root, event.call_id)

    @never_raise
    def _begin_writing(self, root: Root, call: str) -> None:
        root.calls.add(call)
        if session := self._session(root):
            session.streaming()

    @never_raise
    def _end_model_call(self, _: Any, event: Any) -> None:
        root = self._roots.close_scope(event)
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
        root = self._roots.open_scope(event)
        if root is not None and (session := self._session(root)):
            root.tools[event.event_id] = event.tool_name
            session.tool_start(event.tool_name, event.event_id)

    @never_raise
    def _end_tool(self, _: Any, event: Any) -> None:
        root = self._roots.close_scope(event)
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
        if session := self._session(self._roots.containing(event)):
            is_open = isinstance(event, HumanFeedbackRequestedEvent | FlowInputRequestedEvent)
            session.waiting_for_user(reason_of(event)) if is_open else session.thinking()

    @never_raise
    def _end(self, source: Any, event: Any) -> None:
        root = self._roots.ended_by(source, event)
        asks = isinstance(event, FlowPausedEvent)
        self._end_root(root, getattr(event, "error", None), asks=asks, reason=reason_of(event) if asks else None)

    def _session(self, root: Root | None) -> Session | None:
        return None if root is None else self._runs.session(root.run)

    def _cancel(self, root: Root) -> None:
        self._end_root(root, asyncio.CancelledError())

    def _end_root(
        self, root: Root | None, error: object = None, *, asks: bool = False, reason: Reason | None = None
    ) -> None:
        if root is None or not self._roots.remove(root):
            return
        for child in self._roots.inside(root):  # CrewAI does not say that it was cancelled
            self._cancel(child)
        root.gone = None
        if root.task is not None:
            root.task.discard(root.run)
        self._runs.end(root.run, error, asks=asks, reason=reason)


def reason_of(event: Any) -> Reason:
    """Return why a flow asks. With outcomes to choose from, a person approves what a method has made."""
    if isinstance(event, FlowInputRequestedEvent):
        return "question"
    return "approval" if event.emit else "reply"


def _as_async_handler(handle: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a handler as async. The bus calls async handlers one at a time, in the order of the events."""

    async def handler(source: Any, event: Any) -> None:
        handle(source, event)

    return handler
