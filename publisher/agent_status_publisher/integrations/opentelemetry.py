"""OpenTelemetry: traced agents on the dashboard, in one line per process.

    from agent_status_publisher.integrations.opentelemetry import StatusSpanProcessor

    provider.add_span_processor(StatusSpanProcessor(publisher))  # an opentelemetry.sdk.trace.TracerProvider

Use it for Google ADK, Microsoft Agent Framework, Strands and AutoGen, and for every framework without its own bridge.
It acts when spans begin and end. It reads OpenTelemetry's conventions for generative AI, and the names of
OpenInference, OpenLLMetry and Langfuse. It does not export anything, and works beside any exporter.

The outermost agent, workflow or chain is the session. Those inside it only change its state. A job or a request around
agents is not a session: each agent under it has its own. The key is `opentelemetry:` and the conversation's id
(`gen_ai.conversation.id` or `session.id`), if the span has it when its first child begins. Otherwise it is the trace's
id, with the span's where something is around the agent. `with status_key("chat:42"):` around the run sets another key.
The dashboard shows model calls, tools (parallel ones, too), tokens after each model call, and errors by the span's
status. The agent's name and the model are labels, and costs are counted where spans say them. LangGraph's `interrupt()`
and LlamaIndex's `HumanResponseEvent` show as `waiting_for_user`.

With `StatusSpanProcessor(publisher, subagents="sessions")`, an agent inside a tool is a session of its own, whose key
ends with the id of the tool call, or else of its span.

It cannot show:

- `waiting_for_user` elsewhere: the conventions do not mark a run that ends with a question to a person. It looks like
  an end.
- `streaming`: a model's span is the same with and without it.
- The first call of a tool whose emitter says only at the end what the span is. The docs name such emitters.
- Spans that are not sampled: they do not reach processors. With 10 % sampling, nine of ten agents are not shown.
  `TracerProvider(sampler=RecordingSampler(yours))` passes them to processors, and does not export any more than before.
- A model call without an agent or a chain around it.

A framework's own bridge sees more. If you use both, they share one session: the first to begin sets the key, and the
framework's bridge counts the tokens. CrewAI, PocketPaw and the Claude Agent SDK are exceptions, since their callbacks
do not run in the context of the agent's code. Use only one of the two bridges there.
"""

from typing import Any

from opentelemetry.sdk.trace import SpanProcessor
from opentelemetry.sdk.trace.sampling import Decision, Sampler, SamplingResult
from opentelemetry.trace import get_current_span

from agent_status_publisher.client import StatusPublisher
from agent_status_publisher.errors import PublisherError
from agent_status_publisher.integrations.key import Subagents, wants_sessions
from agent_status_publisher.integrations.spans.follower import follower_of
from agent_status_publisher.worker.never_raise import never_raise


class StatusSpanProcessor(SpanProcessor):
    """Span processor for `TracerProvider.add_span_processor()`.

    Args:
        publisher: The publisher of the sessions.
        subagents: `tool` or `sessions`: what an agent inside a tool is. The newest processor of a publisher decides.
    """

    def __init__(self, publisher: StatusPublisher, *, subagents: Subagents = "tool") -> None:
        self._follower = follower_of(publisher)
        self._follower.has_children = wants_sessions(publisher, subagents)

    def report(self, error: PublisherError) -> None:
        """Report once what was ignored."""
        self._follower.runs.report(error)

    @never_raise
    def on_start(self, span: Any, parent_context: Any = None) -> None:
        """Note that a span begins. Never raise: the SDK would raise the exception in the agent's code."""
        self._follower.start(span, lambda: get_current_span(parent_context))

    @never_raise
    def on_end(self, span: Any) -> None:
        """Note that a span has ended."""
        self._follower.end(span)


class RecordingSampler(Sampler):
    """Sampler that records the spans that another one drops. Processors see such spans, and exporters skip them."""

    def __init__(self, sampler: Sampler) -> None:
        self._sampler = sampler

    def should_sample(
        self,
        parent_context: Any,
        trace_id: int,
        name: str,
        kind: Any = None,
        attributes: Any = None,
        links: Any = None,
        trace_state: Any = None,
    ) -> SamplingResult:
        """Return the other sampler's decision, with RECORD_ONLY in place of DROP.

        A DROP result does not have the attributes that the processor needs, so they are added.
        """
        result = self._sampler.should_sample(parent_context, trace_id, name, kind, attributes, links, trace_state)
        if result.decision is not Decision.DROP:
            return result
        return SamplingResult(Decision.RECORD_ONLY, attributes, result.trace_state)

    def get_description(self) -> str:
        """Return the description that the SDK logs."""
        return f"RecordingSampler({self._sampler.get_description()})"
