"""Calls on the publisher itself, bad ones included."""

import asyncio
import logging
from collections.abc import Callable

import pytest

from agent_status_publisher import InvalidCallError, SessionState
from agent_status_publisher.contract.report import MAX_SESSIONS
from agent_status_publisher.testing import Change, RecordingPublisher
from agent_status_publisher.worker.diagnostics import Reporter
from tests.support.builders.recording import KEY, newest


def test_publish_says_it_in_one_call(publisher: RecordingPublisher) -> None:
    publisher.publish(KEY, "tool_running", tool_name="bash", title="T")
    assert newest(publisher) == Change(session_key=KEY, state=SessionState.TOOL_RUNNING, tool_name="bash", title="T")
    publisher.publish(KEY, SessionState.ERROR, error_message="boom")
    assert newest(publisher).error_message == "boom"
    publisher.session(KEY).end()
    assert publisher.sessions == {}


@pytest.mark.parametrize(
    ("key", "why"),
    [("", "empty"), ("x" * 513, "512 bytes"), ("a\nb", "control"), (None, "must be text"), (7, "must be text")],
)
def test_a_key_that_cannot_be_shown_is_reported_once_and_its_handle_does_nothing(
    publisher: RecordingPublisher, key: str, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(3):
        with publisher.session(key) as session, session.tool("bash"):
            session.usage(input=1)
    assert publisher.changes == []
    assert [type(error) for error in publisher.errors] == [InvalidCallError]
    assert why in str(publisher.errors[0])
    assert len(caplog.records) == 1


def test_an_unknown_state_is_reported_with_the_known_ones(publisher: RecordingPublisher) -> None:
    publisher.publish(KEY, "sleeping")
    assert publisher.changes == []
    assert "expected a state that is one of thinking, tool_running" in str(publisher.errors[0])


def test_a_call_with_wrong_arguments_is_reported_and_never_raises(publisher: RecordingPublisher) -> None:
    session = publisher.session(KEY)
    session.tool_running()  # type: ignore[call-arg]
    assert "tool_running" in str(publisher.errors[0])


def test_an_on_error_that_raises_does_not_reach_the_agent(caplog: pytest.LogCaptureFixture) -> None:
    def broken(_error: object) -> None:
        raise RuntimeError("the agent's own")

    Reporter(broken).once(InvalidCallError("bad"))
    assert [record.levelno for record in caplog.records] == [logging.WARNING, logging.ERROR]


def test_lone_surrogates_in_text_do_not_lose_the_report(publisher: RecordingPublisher) -> None:
    session = publisher.session("web:\ud800", title="\ud800 title")
    session.tool_running("to\udfffol")
    change = publisher.sessions["web:?"]
    assert (change.title, change.tool_name) == ("? title", "to?ol")


def test_closing_ends_what_is_open_and_keeps_what_failed(publisher: RecordingPublisher) -> None:
    publisher.session("a:1")
    publisher.session("a:2").error("boom")
    publisher.close()
    assert set(publisher.sessions) == {"a:2"}


def test_calls_after_close_do_nothing_until_the_next_start(publisher: RecordingPublisher) -> None:
    session = publisher.session(KEY)
    publisher.close()
    session.thinking()
    publisher.session(KEY).streaming()
    publisher.publish("other:1", "thinking")
    assert publisher.sessions == {}
    publisher.start()
    publisher.session(KEY)
    assert newest(publisher).state is SessionState.THINKING


class Unprintable:
    def __str__(self) -> str:
        raise RuntimeError("cannot be shown")


def test_things_that_cannot_be_printed_are_called_by_their_type(publisher: RecordingPublisher) -> None:
    publisher.publish(KEY, "tool_running", tool_name=Unprintable(), title=Unprintable())  # type: ignore[arg-type]
    assert (newest(publisher).tool_name, newest(publisher).title) == ("Unprintable", "Unprintable")
    publisher.session(KEY).error(Unprintable())
    assert newest(publisher).error_message == "Unprintable"


@pytest.mark.parametrize("nothing", [None, "", "\n"])
def test_an_error_and_a_tool_without_words_are_still_called_something(
    publisher: RecordingPublisher, nothing: str | None
) -> None:
    publisher.publish(KEY, "tool_running", tool_name=nothing)
    assert newest(publisher).tool_name == "tool"
    publisher.publish(KEY, "error", error_message=nothing)
    assert newest(publisher).error_message == "error"


def test_a_call_id_that_cannot_be_kept_is_reported_and_shows_nothing(publisher: RecordingPublisher) -> None:
    publisher.session(KEY).tool_start("bash", [])
    assert newest(publisher).state is SessionState.THINKING
    assert "unhashable" in str(publisher.errors[0])


def test_the_title_is_known_to_whoever_asks_for_the_handle(publisher: RecordingPublisher) -> None:
    publisher.publish(KEY, "thinking", title="T")
    assert publisher.session(KEY).title == "T"


def test_a_group_with_a_failure_in_it_is_an_error_and_one_of_cancellations_is_not(
    publisher: RecordingPublisher,
) -> None:
    failed = BaseExceptionGroup("all", [asyncio.CancelledError(), ValueError("boom")])
    with pytest.raises(BaseExceptionGroup), publisher.session(KEY):
        raise failed
    assert newest(publisher).state is SessionState.ERROR
    with pytest.raises(BaseExceptionGroup), publisher.session(KEY):
        raise BaseExceptionGroup("all", [asyncio.CancelledError()])
    assert publisher.sessions == {}


def test_one_tool_entered_twice_is_two_calls(publisher: RecordingPublisher) -> None:
    tool = publisher.session(KEY).tool("bash")
    with tool:
        with tool:
            pass
        assert newest(publisher).tool_name == "bash"


@pytest.mark.parametrize(
    ("error_text", "message"),
    [
        (None, "password is hunter2"),
        (lambda error: type(error).__name__, "ValueError"),
        (lambda error: f"\n  wrong {str(error)[:8]}\x1b", "wrong password"),
        (lambda _: None, "ValueError"),
        (lambda _: "", "ValueError"),
        (lambda error: error.no_such_thing, "ValueError"),
    ],
)
def test_the_agents_own_code_may_decide_what_of_an_exception_is_shown(
    error_text: Callable[[BaseException], object] | None, message: str
) -> None:
    publisher = RecordingPublisher(error_text=error_text)
    error = ValueError("password is hunter2")
    publisher.session(KEY).error(error)
    assert newest(publisher).error_message == message
    publisher.publish(KEY, "error", error_message=error)
    assert newest(publisher).error_message == message
    publisher.session(KEY).error("said by the agent itself")
    assert newest(publisher).error_message == "said by the agent itself"


def test_leaving_by_an_exception_shows_what_the_agents_own_code_says_of_it() -> None:
    publisher = RecordingPublisher(error_text=lambda error: type(error).__name__)
    with pytest.raises(ValueError, match="hunter2"), publisher.session(KEY):
        raise ValueError("password is hunter2")
    assert newest(publisher).error_message == "ValueError"


def test_a_worker_full_of_questions_has_room_for_new_work_and_reports_it_once(publisher: RecordingPublisher) -> None:
    for number in range(MAX_SESSIONS):
        publisher.publish(f"web:{number}", "waiting_for_user")
    handles = [publisher.session(f"new:{number}") for number in range(3)]
    assert [publisher.states(handle.key) for handle in handles] == [["thinking"]] * 3
    assert [publisher.states(f"web:{number}")[-1] for number in range(4)] == [None, None, None, "waiting_for_user"]
    assert ["holds 1000 sessions" in str(error) for error in publisher.errors] == [True]
    publisher.errors.clear()
