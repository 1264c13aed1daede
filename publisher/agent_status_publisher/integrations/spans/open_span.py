"""A span that has not ended, and what is around it."""

from typing import Any

from agent_status_publisher.integrations.spans.conventions import CALL_ID, Work, first, work_of
from agent_status_publisher.integrations.spans.span_run import SpanRun, scope_of


class OpenSpan:
    """A span of a run: the outermost one, or one inside it.

    Attributes:
        span: The span itself, whose attributes may still be set.
        number: The span's id.
        parent: The span of the same run around it, or None for the outermost one.
        run: The run that the outermost span makes, or the subagent around this one.
        work: The kind of work, as far as it is known.
        is_settled: True if the span has said what it is. A chain may be a guess, and so is what the name alone says.
        is_counted: True if the tokens of this span have been counted.
        has_counted: True if those of a model's span inside it have been.
    """

    __slots__ = (
        "_name",
        "_said",
        "_scope",
        "has_counted",
        "is_counted",
        "is_settled",
        "number",
        "parent",
        "run",
        "span",
        "work",
    )

    def __init__(self, span: Any, parent: "OpenSpan | None") -> None:
        self.span = span
        self.number: int = span.context.span_id
        self.parent = parent
        self._scope = scope_of(span)
        self.run: SpanRun = SpanRun(span, self._scope) if parent is None else parent.run
        self.is_counted = False
        self.has_counted = False
        self.work: Work | None = None
        self._said = -1
        self._name = ""
        self.judge()

    @property
    def changes_state(self) -> bool:
        """True for what is shown when it begins inside a run."""
        return self.work is not None and self.work is not Work.CHAIN

    @property
    def likeness(self) -> tuple[str, str]:
        """The instrumentation and the span's name, by which later spans of the same kind are known."""
        return self._scope, self.span.name

    @property
    def can_be_run(self) -> bool:
        """True for what is a run where nothing is around it."""
        return self.work is Work.AGENT or self.work is Work.CHAIN

    def judge(self, span: Any = None) -> None:
        """Read again what the span is, if it says more than before. `span` is its finished form, where that differs."""
        span = span or self.span
        said = len(span.attributes or ())
        if said == self._said and span.name == self._name:
            return
        self._said, self._name = said, span.name
        parent = "" if self.parent is None else self.parent.span.name
        self.work = work_of(span.name, span.attributes, self._scope, parent)
        self.is_settled = said > 0 and self.work is not None and self.work is not Work.CHAIN

    @property
    def is_root(self) -> bool:
        """True for the span that makes its run."""
        return self.number == self.run.number

    @property
    def is_own(self) -> bool:
        """True if no tool or agent is between this span and its run, whose own work it is then."""
        around = self._up_to_call()
        return bool(around) and around[-1].is_root

    @property
    def can_be_split(self) -> bool:
        """True for an agent inside a tool, which can be a run of its own."""
        return self._tool() is not None and not self.is_root

    def split(self) -> None:
        """Make this span a run inside the one around it, by the id of the tool call."""
        tool = self._tool()
        if tool is not None:
            around = self.run.number
            self.run = SpanRun(self.span, self._scope)
            self.run.around = around
            self.run.child = str(first(tool.span.attributes, CALL_ID) or f"{tool.number:016x}")

    def _tool(self) -> "OpenSpan | None":
        """Return the tool that runs this span, if it is an agent."""
        around = self._up_to_call() if self.work is Work.AGENT else []
        return around[-1] if around and around[-1].work is Work.TOOL else None

    def take_tokens(self) -> bool:
        """Return True if the tokens of this model's span must be counted, and note that they are.

        Spans of models are often inside each other, for one call. The first of them to end with tokens counts. Models
        inside a tool or an inner agent make calls of their own.
        """
        around = self._up_to_call()
        if self.is_counted or self.has_counted:
            return False
        if any(other.work is Work.MODEL and other.is_counted for other in around):
            return False
        self.is_counted = True
        for other in around:
            other.has_counted = True
        return True

    def _up_to_call(self) -> "list[OpenSpan]":
        """Return the spans around this one, up to the tool or agent that it belongs to."""
        spans = []
        around = self.parent
        while around is not None:
            spans.append(around)
            if around.work is Work.TOOL or around.work is Work.AGENT:
                break
            around = around.parent
        return spans
