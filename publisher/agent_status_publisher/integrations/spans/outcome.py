"""How a span has ended: well, with an error, or with a question to a person."""

import re
from typing import Any, Final, NamedTuple

ASKS: Final = {"GraphInterrupt", "NodeInterrupt"}
"""Exceptions that LangGraph raises to ask a person. Their message is the question's payload, which is not shown."""
WAITS: Final = "WaitingForEvent"
HUMAN: Final = "HumanResponseEvent"
"""The exception that LlamaIndex raises and catches while a run waits, and the event that is a person's answer."""
STOPPED: Final = {"CancelledError", "KeyboardInterrupt", "SystemExit", "GeneratorExit"}
"""Exceptions that stop a run without a failure. Some emitters mark such spans as errors."""
ROUTED: Final = {"ParentCommand", "GraphBubbleUp", "GraphDrained"}
"""Exceptions that LangGraph raises to go on elsewhere."""
TRACEBACK: Final = re.compile(r"\s*(Traceback:\s*)?Traceback \(most recent call last\).*", re.DOTALL)
"""A traceback, which some emitters add to the message."""
GOES_ON_AFTER: Final = {
    "AgentExecutionError",
    "AgentMaxStepsError",
    "AgentParsingError",
    "AgentToolCallError",
    "AgentToolExecutionError",
}
"""The errors of a step after which an agent of smolagents takes the next step."""
ERROR: Final = "ERROR"
"""The name of the status of a span that has failed."""


class Outcome(NamedTuple):
    """How a span has ended.

    Attributes:
        error: An exception with the name and message that the span records, or None if it has not failed. The
            publisher's `error_text` therefore applies to such errors, too.
        asks: True if the span ended with a question to a person, which a later run answers.
        waits: True if it ended with a question that is answered in the same run.
        stopped: True if it was cancelled.
    """

    error: BaseException | None = None
    asks: bool = False
    waits: bool = False
    stopped: bool = False


ENDED: Final = Outcome()
"""The outcome of a span that has not failed."""


def outcome_of(span: Any) -> Outcome:
    """Return the outcome of a span that has ended.

    A question counts whatever the status is. OpenInference records its exception and sets the status OK.
    """
    events = [event.attributes or {} for event in span.events if event.name == "exception"]
    failed = span.status.status_code.name == ERROR
    if not failed and not events:
        return ENDED
    raised = events[-1] if events else {}
    description = TRACEBACK.sub("", span.status.description or "")
    said = raised.get("exception.type") or (span.attributes or {}).get("error.type") or _leading_name(description)
    kind = str(said).rpartition(".")[2]
    if kind in ASKS:
        return Outcome(asks=True)
    if kind == WAITS:
        return Outcome(waits=True) if HUMAN in str(raised.get("exception.message") or description) else ENDED
    if not failed or kind in ROUTED:
        return ENDED
    if kind in STOPPED:
        return Outcome(stopped=True)
    message = TRACEBACK.sub("", str(raised.get("exception.message") or "")) or description or kind or "error"
    exception_type: type[Exception] = type(kind if kind.isidentifier() else "Exception", (Exception,), {})
    return Outcome(exception_type(message))


def is_fatal(outcome: Outcome) -> bool:
    """Return True for a step that has raised out of its agent."""
    return outcome.stopped or (outcome.error is not None and type(outcome.error).__name__ not in GOES_ON_AFTER)


def _leading_name(description: str) -> str:
    """Return the exception that a description such as `GraphInterrupt(…)` begins with, if it is control flow."""
    match = re.match(r"[\w.]+", description)
    name = match[0].rpartition(".")[2] if match else ""
    return name if name in ASKS | STOPPED | ROUTED | {WAITS} else ""
