"""OpenTelemetry: agents that are traced by the GenAI conventions on the dashboard, in one line per process.

    from agent_status_publisher.integrations.opentelemetry import StatusSpanProcessor

    provider.add_span_processor(StatusSpanProcessor(publisher))  # an opentelemetry.sdk.trace.TracerProvider

Use it for Google ADK, Microsoft Agent Framework and Strands, and for every framework without its own bridge. It acts
when spans begin and end. It reads `gen_ai.operation.name`, or the first word of the span's name where that attribute
comes too late. OpenInference's names are known, too. It does not export anything, and works beside any exporter.

The outermost `invoke_agent` or `invoke_workflow` is the session. Those inside it only change its state. The key is
`opentelemetry:` and the conversation's id (`gen_ai.conversation.id` or `session.id`), if the span has it when its first
child begins. Otherwise it is the trace's id. `with status_key("chat:42"):` around the run sets another key. The
dashboard shows model calls, tools (parallel ones, too), tokens after each model call, and errors by the span's status.

It cannot show:

- `waiting_for_user`: the conventions do not mark a run that ends with a question to a person. It looks like an end.
- `streaming`: a model's span is the same with and without it.
- Spans that are not sampled: they do not reach processors. With 10 % sampling, nine of ten agents are not shown.
  `TracerProvider(sampler=RecordingSampler(yours))` passes them to processors, and does not export any more than before.
- A model call without an agent around it.

A framework's own bridge sees more. If you use both, they share one session: the first to begin sets the key, and the
framework's bridge counts the tokens. CrewAI, PocketPaw and the Claude Agent SDK are exceptions, since their callbacks
do not run in the context of the agent's code. Use only one of the two bridges there.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from opentelemetry.sdk.trace import SpanProcessor
from opentelemetry.sdk.trace.sampling import Decision, Sampler, SamplingResult
from opentelemetry.trace import StatusCode

from agent_status_publisher.client import StatusPublisher
from agent_status_publisher.errors import PublisherError
from agent_status_publisher.integrations.runs import Runs
from agent_status_publisher.worker.never_raise import never_raise

MAX_SPANS: Final = 100_000
"""The maximum number of open spans of running agents.

Spans that never end must not fill the memory, so the oldest ones are dropped as ended.
"""


class Work(StrEnum):
    """The kinds of spans that change a session."""

    AGENT = "agent"
    MODEL = "model"
    TOOL = "tool"


OPERATION: Final = "gen_ai.operation.name"
OPERATIONS: Final = {
    "invoke_agent": Work.AGENT,
    "invoke_workflow": Work.AGENT,
    "chat": Work.MODEL,
    "generate_content": Work.MODEL,
    "text_completion": Work.MODEL,
    "execute_tool": Work.TOOL,
}
OPENINFERENCE: Final = "openinference.span.kind"
OPENINFERENCE_KINDS: Final = {"AGENT": Work.AGENT, "LLM": Work.MODEL, "TOOL": Work.TOOL}

SESSION_ID: Final = ("gen_ai.conversation.id", "session.id")
AGENT_NAME: Final = ("gen_ai.agent.name", "agent.name", "gen_ai.workflow.name")
TOOL_NAME: Final = ("gen_ai.tool.name", "tool.name")
INPUT_TOKENS: Final = ("gen_ai.usage.input_tokens", "llm.token_count.prompt")
OUTPUT_TOKENS: Final = ("gen_ai.usage.output_tokens", "llm.token_count.completion")
MERGED: Final = "(merged"
"""The mark in the name of Google ADK's span for the merged answers of several tools, which is not a tool."""
STOPPED: Final = {"CancelledError", "KeyboardInterrupt", "SystemExit", "GeneratorExit"}
"""Exceptions that stop a run without a failure. Some emitters mark such spans as errors."""


class Seen:
    """An open span of an agent, or of something inside an agent."""

    __slots__ = ("agent", "inside_model", "work")

    def __init__(self, work: Work | None, agent: Any, *, inside_model: bool) -> None:
        self.work = work
        self.agent = agent
        self.inside_model = inside_model

    @property
    def has_model(self) -> bool:
        """True when a model's span inside this one would count the same tokens again.

        False for the span of a tool or an agent, which makes separate model calls.
        """
        return self.work is Work.MODEL or (self.inside_model and self.work is None)


class StatusSpanProcessor(SpanProcessor):
    """Span processor for `TracerProvider.add_span_processor()`."""

    def __init__(self, publisher: StatusPublisher) -> None:
        self._runs = Runs(publisher, "opentelemetry", defers=True)
        self._seen: dict[int, Seen] = {}

    def report(self, error: PublisherError) -> None:
        """Report once what was ignored."""
        self._runs.report(error)

    @never_raise
    def on_start(self, span: Any, parent_context: Any = None) -> None:
        """Note that a span begins. Never raise: the SDK would raise the exception in the agent's code."""
        parent = None if span.parent is None else self._seen.get(span.parent.span_id)
        work = _work_of(span)
        if parent is None and work is not Work.AGENT:
            return
        number = span.context.span_id
        agent = span if work is Work.AGENT or parent is None else parent.agent
        self._remember(number, Seen(work, agent, inside_model=parent is not None and parent.has_model))
        if parent is not None:
            self._begin(parent.agent)
        if work is Work.AGENT and (parent is not None or self._runs.is_inside or _first(span.attributes, SESSION_ID)):
            self._begin(span)
        if session := self._runs.session(agent.context.span_id):
            if work is Work.MODEL:
                session.thinking()
            elif work is Work.TOOL:
                session.tool_start(_first(span.attributes, TOOL_NAME) or _target(span.name), number)

    @never_raise
    def on_end(self, span: Any) -> None:
        """Note that a span has ended.

        The end of a model's span does not change the state. Google ADK ends it after the tools that the model called.
        """
        number = span.context.span_id
        seen = self._seen.get(number)
        if seen is None:
            return
        run = seen.agent.context.span_id
        if seen.work is Work.AGENT:
            self._begin(span)
        self._seen.pop(number, None)
        if seen.work is Work.AGENT:
            self._runs.end(number, _error_of(span))
        elif seen.work is Work.MODEL and not seen.inside_model:
            tokens = [_first(span.attributes, names) for names in (INPUT_TOKENS, OUTPUT_TOKENS)]
            self._runs.add_usage(run, input=int(tokens[0] or 0), output=int(tokens[1] or 0))
        elif seen.work is Work.TOOL and (session := self._runs.session(run)):
            session.tool_end(number)

    def _remember(self, number: int, seen: Seen) -> None:
        """Remember an open span, and drop the oldest ones if there are too many.

        A lock could deadlock in a finalizer or after a fork, so there is none. `list` copies the keys in one step.
        """
        self._seen[number] = seen
        if len(self._seen) > MAX_SPANS:
            for oldest in list(self._seen)[: MAX_SPANS // 10 or 1]:
                self._seen.pop(oldest, None)
                self._runs.end(oldest)

    def _begin(self, agent: Any) -> None:
        """Begin an agent's run, unless it has begun.

        This waits for the first child if need be. Strands sets the conversation's id right after the span's start.
        """
        run = agent.context.span_id
        if run in self._runs or run not in self._seen:
            return
        around = None if agent.parent is None else self._seen.get(agent.parent.span_id)
        parent = None if around is None else around.agent.context.span_id
        session_id = _first(agent.attributes, SESSION_ID) or f"{agent.context.trace_id:032x}"
        if self._runs.begin(run, parent=parent, session_id=session_id) and (session := self._runs.session(run)):
            name = _first(agent.attributes, AGENT_NAME) or _target(agent.name)
            if session.title is None and name:
                session.title = str(name)
        if run not in self._seen:  # another thread has ended the span since
            self._runs.end(run)


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


def _work_of(span: Any) -> Work | None:
    attributes: Mapping[str, Any] = span.attributes or {}
    operation = attributes.get(OPERATION)
    work = OPERATIONS.get(operation or span.name.partition(" ")[0])
    if work is None and OPENINFERENCE in attributes:
        work = OPENINFERENCE_KINDS.get(attributes[OPENINFERENCE])
    return None if work is Work.TOOL and MERGED in span.name else work


def _target(name: str) -> str:
    """Return the target of a span's name, which is `{operation} {target}` by the conventions."""
    operation, _, target = name.partition(" ")
    return target if operation in OPERATIONS else name


def _first(attributes: Mapping[str, Any] | None, names: tuple[str, ...]) -> Any:
    """Return the first of these attributes that is set and not empty."""
    for name in names:
        if attributes and (value := attributes.get(name)):
            return value
    return None


def _error_of(span: Any) -> BaseException | None:
    """Return an exception with the name and message that the span records, or None if it did not fail.

    The publisher's `error_text` therefore applies to these errors, too.
    """
    if span.status.status_code is not StatusCode.ERROR:
        return None
    raised: Mapping[str, Any] = next(
        (event.attributes or {} for event in reversed(span.events) if event.name == "exception"), {}
    )
    kind = str(raised.get("exception.type") or (span.attributes or {}).get("error.type") or "").rpartition(".")[2]
    if kind in STOPPED:
        return None
    message = raised.get("exception.message") or span.status.description or kind or "error"
    exception_type: type[Exception] = type(kind if kind.isidentifier() else "Exception", (Exception,), {})
    return exception_type(str(message))
