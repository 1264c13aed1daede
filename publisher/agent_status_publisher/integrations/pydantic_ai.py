"""Pydantic AI: agents on the dashboard, in one line.

    from agent_status_publisher.integrations.pydantic_ai import StatusCapability

    agent = Agent(..., capabilities=[StatusCapability(publisher)])

The outermost agent is the session: one that a tool runs, if it has the capability, changes its state only. Its key is
`pydantic_ai:` and the conversation's id (`agent.run(..., conversation_id="42")`; a new one for each run, else), or the
one of `with status_key("chat:42"):` around the run. What is seen:

- Model calls, tools (several at once, too), and tokens after each call.
- `streaming` where your code streams: `run_stream`, `run_stream_events`, an `event_stream_handler`, `node.stream()`.
  A plain `agent.run()` asks the model for whole answers, and goes on doing so: it is `thinking` until then.
- `waiting_for_user` when the run ends with `DeferredToolRequests`, until the one that has the results of the same
  conversation; also while another capability handles approvals inside the run.
- An error by the exception that leaves the run. A run that is cancelled is an end.

It observes: requests, answers, arguments and results pass through it as they are, and nothing of them is reported. An
agent that has no such capability is not seen, unless it is instrumented: see opentelemetry.py.
"""

from collections.abc import AsyncIterable, Sequence
from typing import Any

from pydantic_ai import DeferredToolRequests
from pydantic_ai.capabilities import AbstractCapability, CapabilityOrdering
from pydantic_ai.messages import PartStartEvent, TextPart, ThinkingPart

from agent_status_publisher.client import StatusPublisher
from agent_status_publisher.errors import PublisherError
from agent_status_publisher.integrations.runs import Runs
from agent_status_publisher.worker.never_raise import never_raise


class StatusCapability(AbstractCapability[Any]):
    """For `Agent(capabilities=[…])`; one may be shared by agents."""

    id: str | None = "agent_status"  # the framework's own rule: of such an id there is one in a run

    def __init__(self, publisher: StatusPublisher) -> None:
        self.id = f"agent_status_{id(publisher):x}"
        self._runs = Runs(publisher, "pydantic_ai", joins_own=True)

    def report(self, error: PublisherError) -> None:
        """Report to a person what was ignored, once."""
        self._runs.report(error)

    @classmethod
    def combine(cls, capabilities: Sequence[AbstractCapability[Any]]) -> AbstractCapability[Any]:
        """Given twice, to an agent or its run, it observes once."""
        return capabilities[-1]

    def get_ordering(self) -> CapabilityOrdering:
        """Wrap the other capabilities.

        An error that they recover from does not count, and what they handle is asked for first.
        """
        return CapabilityOrdering(position="outermost")

    @property
    def has_wrap_run_event_stream(self) -> bool:
        """No, although it does: yes would make `agent.run()` stream."""
        return False

    async def wrap_run(self, ctx: Any, *, handler: Any) -> Any:
        """All of a run."""
        self._begin(ctx)
        try:
            result = await handler()
        except BaseException as error:
            self._end(ctx, error)
            raise
        self._end(ctx, None, result)
        return result

    async def before_model_request(self, ctx: Any, request_context: Any) -> Any:
        """The model is asked."""
        self._think(ctx)
        return request_context

    async def after_model_request(self, ctx: Any, *, request_context: Any, response: Any) -> Any:
        """The model has answered, and says what it used."""
        self._use(ctx, response)
        return response

    async def wrap_run_event_stream(self, ctx: Any, *, stream: AsyncIterable[Any]) -> AsyncIterable[Any]:
        """Where the run's own code streams."""
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
        """All of a tool call."""
        self._start_tool(ctx, call)
        try:
            return await handler(args)
        finally:
            self._end_tool(ctx, call)

    async def handle_deferred_tool_calls(self, ctx: Any, *, requests: Any) -> None:
        """Someone is to say yes; not we."""
        self._ask(ctx, requests)

    @never_raise
    def _begin(self, ctx: Any) -> None:
        conversation = ctx.conversation_id
        if self._runs.begin(ctx.run_id, session_id=conversation) and (session := self._runs.session(ctx.run_id)):
            agent = getattr(ctx, "agent", None)
            if session.title is None and agent is not None:
                session.title = agent.name

    @never_raise
    def _end(self, ctx: Any, error: BaseException | None, result: object = None) -> None:
        asks = isinstance(getattr(result, "output", None), DeferredToolRequests)
        self._runs.end(ctx.run_id, error, asks=asks)

    @never_raise
    def _think(self, ctx: Any) -> None:
        if session := self._runs.session(ctx.run_id):
            session.thinking()

    @never_raise
    def _use(self, ctx: Any, response: Any) -> None:
        """Per call: an inner agent may or may not count in the outer one's totals."""
        used = response.usage
        self._runs.add_usage(ctx.run_id, input=used.input_tokens, output=used.output_tokens)

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
            session.waiting_for_user()
