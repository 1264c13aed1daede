"""What the events on PocketPaw's bus mean; the real one plays the scenarios of all bridges."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest

from agent_status_publisher.integrations.pocketpaw import StatusSubscriber, bridge
from agent_status_publisher.testing import RecordingPublisher

KEY = "telegram:42"


@dataclass
class Event:
    event_type: str
    data: dict[str, Any] = field(default_factory=dict)


@pytest.fixture
def publisher() -> RecordingPublisher:
    return RecordingPublisher().start()


@pytest.fixture
def subscriber(publisher: RecordingPublisher) -> StatusSubscriber:
    return StatusSubscriber(publisher)


def hear(subscriber: StatusSubscriber, *events: "str | tuple[str, dict[str, Any]]") -> None:
    for event in events:
        kind, data = (event, {}) if isinstance(event, str) else event
        asyncio.run(_call(subscriber, Event(kind, {"session_key": KEY, "trace_id": "t", **data})))


async def _call(subscriber: StatusSubscriber, event: Event) -> None:
    await subscriber(event)


def start(name: str, **data: str) -> tuple[str, dict[str, Any]]:
    return "tool_start", {"name": name, **data}


def result(name: str, **data: str) -> tuple[str, dict[str, Any]]:
    return "tool_result", {"name": name, "status": "success", **data}


def test_one_line_subscribes_to_the_bus(publisher: RecordingPublisher) -> None:
    subscribed: list[Any] = []

    class Bus:
        def subscribe_system(self, callback: Any) -> None:
            subscribed.append(callback)

    subscriber = bridge(Bus(), publisher)
    assert subscribed == [subscriber]


def test_a_run_that_is_traced_ends_with_its_trace_which_says_how_it_went(
    publisher: RecordingPublisher, subscriber: StatusSubscriber
) -> None:
    hear(subscriber, "trace_start", "agent_start", "agent_end")
    assert publisher.sessions[KEY].state == "thinking"
    hear(subscriber, ("trace_end", {"status": "error", "error_message": "boom"}))
    assert publisher.sessions[KEY].error_message == "boom"


def test_a_run_without_a_trace_ends_by_itself(publisher: RecordingPublisher, subscriber: StatusSubscriber) -> None:
    hear(subscriber, "agent_start", "agent_end")
    assert publisher.states(KEY) == ["thinking", None]


def test_a_cancelled_run_that_says_nothing_more_ends_with_its_trace(
    publisher: RecordingPublisher, subscriber: StatusSubscriber
) -> None:
    hear(subscriber, "trace_start", "agent_start", "ask_user_question", ("trace_end", {"status": "cancelled"}))
    assert publisher.states(KEY) == ["thinking", "waiting_for_user", None]


def test_a_question_is_open_until_the_agent_goes_on(
    publisher: RecordingPublisher, subscriber: StatusSubscriber
) -> None:
    hear(subscriber, "agent_start", start("AskUserQuestion"), "ask_user_question")
    hear(subscriber, result("AskUserQuestion"), "trace_chunk")
    assert publisher.sessions[KEY].state == "waiting_for_user"
    hear(subscriber, "thinking", "agent_end")
    assert publisher.states(KEY) == ["thinking", "waiting_for_user", "thinking", None]


def test_an_error_that_the_agent_goes_on_after_is_not_its_end(
    publisher: RecordingPublisher, subscriber: StatusSubscriber
) -> None:
    hear(subscriber, "agent_start", ("error", {"message": "boom"}), "thinking", "agent_end")
    assert publisher.states(KEY) == ["thinking", "error", "thinking", None]


@pytest.mark.parametrize("reported", ["by id", "by name", "not at all"])
def test_a_result_is_of_the_call_with_its_id_else_of_its_name_else_of_the_oldest(
    publisher: RecordingPublisher, subscriber: StatusSubscriber, reported: str
) -> None:
    hear(subscriber, "agent_start", start("bash", tool_call_id="1"), start("read", tool_call_id="2"))
    hear(
        subscriber,
        {
            "by id": result("tool", tool_call_id="2"),
            "by name": result("read"),
            "not at all": result("tool"),
        }[reported],
    )
    assert publisher.sessions[KEY].tool_name == ("read" if reported == "not at all" else "bash")


def test_a_tool_whose_result_was_lost_is_over_when_the_model_goes_on(
    publisher: RecordingPublisher, subscriber: StatusSubscriber
) -> None:
    hear(subscriber, "agent_start", start("bash", tool_call_id="1"), "trace_chunk", start("read", tool_call_id="2"))
    hear(subscriber, result("read", tool_call_id="2"))
    assert publisher.sessions[KEY].state == "streaming"


def test_of_a_run_that_never_began_or_is_over_nothing_is_shown(
    publisher: RecordingPublisher, subscriber: StatusSubscriber
) -> None:
    hear(subscriber, "thinking", start("bash"), ("error", {"message": "blocked"}), "agent_end")
    hear(subscriber, "agent_start", "agent_end", start("bash"), "thinking", result("bash"), "trace_chunk")
    assert publisher.states(KEY) == ["thinking", None]


def test_a_run_that_begins_again_has_lost_its_end(publisher: RecordingPublisher, subscriber: StatusSubscriber) -> None:
    hear(subscriber, "agent_start", start("bash", tool_call_id="1"), "agent_start", "agent_end")
    assert publisher.states(KEY) == ["thinking", "tool_running", None, "thinking", None]


def test_tokens_add_up(publisher: RecordingPublisher, subscriber: StatusSubscriber) -> None:
    usage = ("token_usage", {"input": 500, "output": 100})
    hear(subscriber, "agent_start", usage, usage)
    assert (publisher.sessions[KEY].input_tokens, publisher.sessions[KEY].output_tokens) == (1000, 200)


def test_an_event_of_another_shape_is_reported_and_reaches_nobody(
    publisher: RecordingPublisher, subscriber: StatusSubscriber
) -> None:
    hear(subscriber, "agent_start", ("token_usage", {"input": "many"}))
    assert ["was ignored" in str(error) for error in publisher.errors] == [True]


def model_of(publisher: RecordingPublisher) -> str | None:
    return publisher.sessions[KEY].labels.get("model")


def test_a_backend_says_its_model_with_its_tokens_and_its_next_run_shows_it_from_the_beginning(
    publisher: RecordingPublisher, subscriber: StatusSubscriber
) -> None:
    begin = ("agent_start", {"backend": "codex_cli", "model": "a setting of Claude's"})
    hear(subscriber, begin)
    assert model_of(publisher) is None
    hear(subscriber, ("token_usage", {"input": 1, "output": 1, "model": "codex-mini"}))
    assert model_of(publisher) == "codex-mini"
    hear(subscriber, "agent_end", begin)
    assert model_of(publisher) == "codex-mini"
    hear(subscriber, "agent_end", ("agent_start", {"backend": "other", "model": "a setting of Claude's"}))
    assert model_of(publisher) is None


def test_the_model_of_claude_is_known_at_the_start(publisher: RecordingPublisher, subscriber: StatusSubscriber) -> None:
    hear(subscriber, ("agent_start", {"backend": "claude_agent_sdk", "model": "opus"}))
    assert model_of(publisher) == "opus"
    hear(subscriber, ("token_usage", {"model": ["a list"]}))
    assert model_of(publisher) == "opus"
    assert publisher.errors == []


def test_a_question_is_why_it_waits(publisher: RecordingPublisher, subscriber: StatusSubscriber) -> None:
    hear(subscriber, "agent_start", "ask_user_question")
    assert publisher.sessions[KEY].waiting_for == "question"
    hear(subscriber, "agent_end")
    assert publisher.sessions[KEY].waiting_for == "question"


def test_a_cancelled_trace_ends_the_session_as_cancelled(
    publisher: RecordingPublisher, subscriber: StatusSubscriber
) -> None:
    hear(subscriber, "trace_start", "agent_start", ("trace_end", {"status": "cancelled"}))
    assert publisher.changes[-1].outcome == "cancelled"
