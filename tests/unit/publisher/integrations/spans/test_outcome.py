"""How spans have ended."""

from types import SimpleNamespace
from typing import Any

import pytest

from agent_status_publisher.integrations.spans.outcome import Outcome, outcome_of

PAYLOAD = "(Interrupt(value={'question': 'the secret payload'}),)"


def ended(
    status: str = "ERROR", description: str | None = None, raised: dict[str, str] | None = None, **attributes: str
) -> Any:
    events = [] if raised is None else [SimpleNamespace(name="exception", attributes=raised)]
    return SimpleNamespace(
        status=SimpleNamespace(status_code=SimpleNamespace(name=status), description=description),
        attributes={key.replace("_", "."): value for key, value in attributes.items()},
        events=[SimpleNamespace(name="message", attributes={"content": "hello"}), *events],
    )


def exception(kind: str, message: str) -> dict[str, str]:
    return {"exception.type": kind, "exception.message": message}


@pytest.mark.parametrize("status", ["OK", "UNSET"])
def test_a_span_that_has_not_failed_has_no_error(status: str) -> None:
    assert outcome_of(ended(status)) == Outcome()
    assert outcome_of(ended(status, raised=exception("ValueError", "handled"))) == Outcome()


@pytest.mark.parametrize(
    ("span", "kind", "message"),
    [
        (ended(raised=exception("my.app.Overloaded", "503")), "Overloaded", "503"),
        (ended(description="503"), "Exception", "503"),
        (ended(error_type="rate_limit"), "rate_limit", "rate_limit"),
        (ended(), "Exception", "error"),
        (
            ended(description="RuntimeError('x')Traceback (most recent call last):\n  File"),
            "Exception",
            "RuntimeError('x')",
        ),
        (
            ended(raised=exception("RuntimeError", "broke\nTraceback:\nTraceback (most recent call last):\n\n  File")),
            "RuntimeError",
            "broke",
        ),
    ],
)
def test_an_error_has_the_name_and_message_that_the_span_records_and_no_traceback(
    span: Any, kind: str, message: str
) -> None:
    error = outcome_of(span).error
    assert (type(error).__name__, str(error)) == (kind, message)


@pytest.mark.parametrize("kind", ["CancelledError", "asyncio.exceptions.CancelledError", "KeyboardInterrupt"])
def test_a_run_that_was_stopped_has_not_failed(kind: str) -> None:
    assert outcome_of(ended(raised=exception(kind, ""))) == Outcome(stopped=True)


@pytest.mark.parametrize(
    "span",
    [
        ended("OK", raised=exception("langgraph.errors.GraphInterrupt", PAYLOAD)),
        ended("ERROR", PAYLOAD, exception("langgraph.errors.GraphInterrupt", PAYLOAD)),
        ended("ERROR", PAYLOAD, error_type="GraphInterrupt"),
        ended("ERROR", f"GraphInterrupt({PAYLOAD})"),
        ended("ERROR", f"langgraph.errors.NodeInterrupt({PAYLOAD})"),
    ],
)
def test_an_interrupt_asks_and_its_payload_is_in_no_error(span: Any) -> None:
    assert outcome_of(span) == Outcome(asks=True)


def test_a_command_to_the_parent_graph_is_not_an_error() -> None:
    assert outcome_of(ended(raised=exception("langgraph.errors.ParentCommand", "Command(goto='b')"))) == Outcome()


def waiting(event: str) -> Any:
    return ended(raised=exception("workflows.runtime.types.results.WaitingForEvent", f"Waiting for event {event}"))


def test_a_step_of_llama_index_that_waits_for_a_persons_answer_waits_in_its_run() -> None:
    assert outcome_of(waiting("<class 'workflows.events.HumanResponseEvent'>")) == Outcome(waits=True)


def test_a_step_that_waits_for_another_event_neither_waits_for_a_person_nor_fails() -> None:
    assert outcome_of(waiting("<class 'my.app.ReportIsReady'>")) == Outcome()
