"""Pydantic AI: agents on the dashboard, in one line.

    from agent_status_publisher.integrations.pydantic_ai import StatusCapability

    agent = Agent(..., capabilities=[StatusCapability(publisher)])

The outermost agent is the session. An agent that a tool runs only changes the session's state, if it has the
capability. The key is `pydantic_ai:` and the conversation's id (`agent.run(..., conversation_id="42")`). Without an id,
each run gets a new one. `with status_key("chat:42"):` around the run sets another key. The dashboard shows:

- Model calls, tools (parallel ones, too), and tokens after each call.
- `streaming` where your code streams: `run_stream`, `run_stream_events`, an `event_stream_handler`, `node.stream()`.
  A plain `agent.run()` still asks the model for whole answers, and is `thinking` until each one arrives.
- `waiting_for_user` when the run ends with `DeferredToolRequests` that ask for an approval, until a run of the same
  conversation has the results. Also while another capability handles approvals inside the run. A run that only defers
  calls (`CallDeferred`) ends: no person is asked.
- The end of `run_stream_sync` when the answer has been read, although its result object lives on.
- An error when an exception leaves the run. A cancelled run ends the session as `cancelled`.
- The agent's name and the model as labels. The cost of each answer, where Pydantic AI says it, and how full the model's
  context is, where it knows the window.

With `StatusCapability(publisher, subagents="sessions")`, an agent that a tool runs is a session of its own, whose key
ends with the id of the tool call. The capability of that agent decides.

The capability only observes. Requests, answers, arguments and results pass through unchanged, and are not published. An
agent without the capability is not shown, unless it is instrumented: see opentelemetry.py.
"""

import inspect
from collections.abc import AsyncIterable, Sequence
from contextvars import ContextVar
from typing import Any, Final

from pydantic_ai import DeferredToolRequests
from pydantic_ai.capabilities import AbstractCapability, CapabilityOrdering
from pydantic_ai.messages import PartStartEvent, TextPart, ThinkingPart
from pydantic_ai.result import StreamedRunResult

from agent_status_publisher.client import StatusPublisher
from agent_status_publisher.errors import PublisherError
from agent_status_publisher.integrations.key import Subagents, wants_sessions
from agent_status_publisher.integrations.runs import Runs
from agent_status_publisher.worker.never_raise import never_raise

SYNC_STREAM: Final = "pydantic_ai._sync_stream"
"""The module that runs a stream for code without an event loop."""
FINAL_NODE: Final = "SetFinalResult"
"""The last node of a streamed run. It runs as soon as the answer has been read."""

_run: ContextVar[str | None] = ContextVar("agent_status_pydantic_ai_run", default=None)
"""The innermost run that this code is in."""
_call: ContextVar[tuple[str, str] | None] = ContextVar("agent_status_pydantic_ai_call", default=None)
"""The innermost tool call that this code is in: its run, and its id."""


class StatusCapability(AbstractCapability[Any]):
    """Capability for `Agent(capabilities=[…])`. Several agents may share one.

    Args:
        publisher: The publisher of the sessions.
        subagents: `tool` or `sessions`: what an agent with this capability is, if a tool of another one runs it.
    """

    id: str | None = "agent_status"  # the framework allows one capability per id in a run

    def __init__(self, publisher: StatusPublisher, *, subagents: Subagents = "tool") -> None:
        self._has_children = wants_sessions(publisher, subagents)
        self.id = f"agent_status_{id(publisher):x}"
        self._runs = Runs(publisher, "pydantic_ai", joins_own=True)

    def report(self, error: PublisherError) -> None:
        """Report once what was ignored."""
        self._runs.report(error)

    @classmethod
    def combine(cls, capabilities: Sequence[AbstractCapability[Any]]) -> AbstractCapability[Any]:
        """Keep one of several, so that a capability given to both an agent and its run observes once."""
        return capabilities[-1]

    def get_ordering(self) -> CapabilityOrdering:
        """Wrap the other capabilities.

        An error that they recover from is not reported. A request that they handle is reported first.
        """
        return CapabilityOrdering(position="outermost")

    @property
    def has_wrap_run_event_stream(self) -> bool:
        """False, although the method exists: True would make `agent.run()` stream."""
        return False

    async def wrap_run(self, ctx: Any, *, handler: Any) -> Any:
        """Follow a run from its beginning to its end."""
        self._begin(ctx)
        around = _run.get()
        _run.set(ctx.run_id)
        try:
            result = await handler()
        except BaseException as error:
            self._end(ctx, error)
            raise
        finally:
            _run.set(around)
        self._end(ctx, None, result)
        return result

    async def before_model_request(self, ctx: Any, request_context: Any) -> Any:
        """Note that the model is called."""
        self._think(ctx, request_context)
        return request_context

    async def after_model_request(self, ctx: Any, *, request_context: Any, response: Any) -> Any:
        """Add the tokens of a model call that has ended."""
        self._use(ctx, response)
        return response

    async def after_node_run(self, ctx: Any, *, node: Any, result: Any) -> Any:
        """Note how full the model's context is, and end a run whose answer sync code has read.

        The framework ends such a run only when the caller drops the result object, and reports the model call's tokens
        then.
        """
        self._measure(ctx)
        if type(node).__name__ == FINAL_NODE:
            self._end_sync_stream(ctx)
        return result

    async def wrap_run_event_stream(self, ctx: Any, *, stream: AsyncIterable[Any]) -> AsyncIterable[Any]:
        """Follow the stream, which the framework opens only where the run's own code streams."""
        try:
            async for event in stream:
                if isinstance(event, PartStartEvent):
                    self._write(ctx, event.part)
                yield event
        finally:
            close = getattr(stream, "aclose", None)
            if close is not None:
                await close()

    async def wrap_tool_execute(self, ctx: Any, *, call: Any, tool_def: Any, args: Any, handler: Any) -> Any:
        """Follow a tool call from its beginning to its end."""
        self._start_tool(ctx, call)
        around = _call.get()
        _call.set((ctx.run_id, call.tool_call_id))
        try:
            return await handler(args)
        finally:
            _call.set(around)
            self._end_tool(ctx, call)

    async def handle_deferred_tool_calls(self, ctx: Any, *, requests: Any) -> None:
        """Note that approval is requested. Return None, which leaves the decision to others."""
        self._ask(ctx, requests)

    @never_raise
    def _begin(self, ctx: Any) -> None:
        name = getattr(getattr(ctx, "agent", None), "name", None)
        parent, child = _call_of_child(ctx.run_id) if self._has_children else (None, None)
        is_named_here = self._runs.begin(ctx.run_id, parent=parent, session_id=ctx.conversation_id, child=child)
        if is_named_here and (session := self._runs.session(ctx.run_id)) and session.title is None:
            session.title = name
        self._runs.label(ctx.run_id, agent=name, model=_model_of(ctx))

    @never_raise
    def _end(self, ctx: Any, error: BaseException | None, result: object = None) -> None:
        output = getattr(result, "output", None)
        asks = isinstance(output, DeferredToolRequests) and bool(output.approvals)
        self._runs.end(ctx.run_id, error, asks=asks, reason="approval")

    @never_raise
    def _end_sync_stream(self, ctx: Any) -> None:
        if streamed := _read_by_sync_code(ctx.run_id):
            self._use(ctx, streamed.response)
            self._runs.end(ctx.run_id)

    @never_raise
    def _think(self, ctx: Any, request_context: Any) -> None:
        self._runs.label(ctx.run_id, model=_model_of(request_context))
        if session := self._runs.session(ctx.run_id):
            session.thinking()

    @never_raise
    def _measure(self, ctx: Any) -> None:
        """Show the model's context, where the framework knows its window."""
        session = self._runs.own_session(ctx.run_id)
        window = None if session is None else ctx.model.context_window
        if session is not None and window and (part := ctx.context_window_used):
            session.context(used=round(part * window), window=window)

    @never_raise
    def _use(self, ctx: Any, response: Any) -> None:
        """Add the tokens of each call. Run totals will not do: they may or may not include those of an inner agent."""
        usage = response.usage
        usd = None if usage.cost is None else float(usage.cost)
        self._runs.add_usage(ctx.run_id, input=usage.input_tokens, output=usage.output_tokens, usd=usd)

    @never_raise
    def _write(self, ctx: Any, part: object) -> None:
        if session := self._runs.session(ctx.run_id):
            if isinstance(part, TextPart):
                session.streaming()
            elif isinstance(part, ThinkingPart):
                session.thinking()

    @never_raise
    def _start_tool(self, ctx: Any, call: Any) -> None:
        if session := self._runs.session(ctx.run_id):
            session.tool_start(call.tool_name, (ctx.run_id, call.tool_call_id))

    @never_raise
    def _end_tool(self, ctx: Any, call: Any) -> None:
        if session := self._runs.session(ctx.run_id):
            session.tool_end((ctx.run_id, call.tool_call_id))

    @never_raise
    def _ask(self, ctx: Any, requests: Any) -> None:
        if requests.approvals and (session := self._runs.session(ctx.run_id)):
            session.waiting_for_user("approval")


def _call_of_child(run: str) -> tuple[str | None, str | None]:
    """Return the tool call that has begun this run: its run, and its id. Nothing, if a run outside its tools has.

    Of several capabilities, the first one has noted this run already.
    """
    call = _call.get()
    return call if call is not None and _run.get() in (call[0], run) else (None, None)


def _model_of(context: Any) -> str | None:
    """Return the name of the model in a context of the framework's, such as `claude-opus-5`."""
    name: str | None = getattr(getattr(context, "model", None), "model_name", None)
    return name


def _read_by_sync_code(run: str) -> Any:
    """Return the streamed result of this run, if sync code reads it; it is then further up this thread's stack."""
    frame = inspect.currentframe()
    while frame is not None:
        if frame.f_globals.get("__name__") == SYNC_STREAM:
            streamed = getattr(frame.f_locals.get("self"), "stream", None)
            if isinstance(streamed, StreamedRunResult) and streamed.run_id == run:
                return streamed
        frame = frame.f_back
    return None
