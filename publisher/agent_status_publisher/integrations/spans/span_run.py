"""The run that an outermost span makes, and what is known of it so far."""

from collections.abc import Hashable
from typing import Any

from agent_status_publisher.integrations.spans.conventions import FAIL_WITH_AGENTS, operation_of


class SpanRun:
    """A run, from the start of its outermost span.

    Attributes:
        span: The outermost span.
        number: The id of that span.
        scope: The name of the instrumentation that makes it.
        shown: The ids of the open tools that the session shows.
        asks: True while the session shows that the run waits for a person.
        has_asked: True if a question was asked that a later run answers.
        failure: The error of an agent of this run, if a run of this kind fails with it.
        has_session: True if the run has opened its session. Others are inside a run of another bridge.
        has_id: True if the conversation's id was known when the run began.
        late_id: The conversation's id, if it came after that.
        is_over: True if the run has ended before its span.
        around: The run around a subagent's, or None.
        child: The id of a subagent in the run around it, or None.
    """

    __slots__ = (
        "around",
        "asks",
        "child",
        "failure",
        "has_asked",
        "has_id",
        "has_session",
        "is_over",
        "late_id",
        "number",
        "scope",
        "shown",
        "span",
    )

    def __init__(self, span: Any, scope: str = "") -> None:
        self.span = span
        self.number: int = span.context.span_id
        self.scope = scope
        self.shown: set[int] = set()
        self.asks = False
        self.has_asked = False
        self.failure: BaseException | None = None
        self.has_session = False
        self.has_id = False
        self.late_id: Hashable = None
        self.is_over = False
        self.around: int | None = None
        self.child: str | None = None

    @property
    def fails_with_agents(self) -> bool:
        """True for a graph or a swarm of agents, which fails with any of them."""
        return operation_of(self.span.name, self.span.attributes) in FAIL_WITH_AGENTS

    @property
    def own_id(self) -> str:
        """The id of a run without a conversation: the trace's, with the span's under a request or a job."""
        context = self.span.context
        trace = f"{context.trace_id:032x}"
        return trace if self.span.parent is None else f"{trace}-{context.span_id:016x}"


def scope_of(span: Any) -> str:
    """Return the name of the instrumentation that makes a span, or an empty text."""
    scope = getattr(span, "instrumentation_scope", None)
    return str(getattr(scope, "name", None) or "")
