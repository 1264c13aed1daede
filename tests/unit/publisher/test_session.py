"""What an agent holds."""

import asyncio
import concurrent.futures
import threading

import pytest

from agent_status_publisher import Session, SessionState
from agent_status_publisher.settings import Settings
from agent_status_publisher.testing import Change, RecordingPublisher
from agent_status_publisher.worker.diagnostics import Reporter
from agent_status_publisher.worker.sessions.arguments import Asked
from agent_status_publisher.worker.worker import Worker
from tests.support.builders.clock import Clock
from tests.support.builders.recording import KEY, newest


def test_a_session_opens_at_once_with_or_without_a_block(publisher: RecordingPublisher) -> None:
    publisher.session(KEY, title="Fix auth bug")
    assert newest(publisher) == Change(session_key=KEY, state=SessionState.THINKING, title="Fix auth bug")


def test_methods_are_named_after_the_states_they_set(publisher: RecordingPublisher) -> None:
    session = publisher.session(KEY)
    session.tool_running("bash")
    session.streaming()
    session.waiting_for_user()
    session.thinking()
    session.error("boom")
    session.end()
    assert publisher.states(KEY) == [
        "thinking",
        "tool_running",
        "streaming",
        "waiting_for_user",
        "thinking",
        "error",
        None,
    ]


def test_leaving_a_block_ends_the_session(publisher: RecordingPublisher) -> None:
    with publisher.session(KEY):
        pass
    assert publisher.sessions == {}


def test_leaving_by_an_exception_sets_error_with_its_message_and_lets_it_pass(publisher: RecordingPublisher) -> None:
    with pytest.raises(ValueError, match="boom"), publisher.session(KEY):
        raise ValueError("boom\nand more")
    assert newest(publisher).error_message == "boom and more"


def test_an_exception_without_a_message_is_called_by_its_type(publisher: RecordingPublisher) -> None:
    with pytest.raises(TimeoutError), publisher.session(KEY):
        raise TimeoutError
    assert newest(publisher).error_message == "TimeoutError"


def test_an_exception_that_cannot_be_printed_is_an_error_all_the_same(publisher: RecordingPublisher) -> None:
    class BrokenError(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    with pytest.raises(BrokenError), publisher.session(KEY):
        raise BrokenError
    assert newest(publisher).error_message == "BrokenError"


@pytest.mark.parametrize(
    "interruption",
    [asyncio.CancelledError, concurrent.futures.CancelledError, KeyboardInterrupt, SystemExit, GeneratorExit],
)
def test_being_cancelled_or_interrupted_is_an_end_and_no_error(
    publisher: RecordingPublisher, interruption: type[BaseException]
) -> None:
    with pytest.raises(interruption), publisher.session(KEY):
        raise interruption
    assert publisher.sessions == {}


def test_an_async_block_is_the_same(publisher: RecordingPublisher) -> None:
    async def agent() -> None:
        async with publisher.session(KEY) as session, session.tool("bash"):
            await asyncio.sleep(0)

    asyncio.run(agent())
    assert publisher.states(KEY) == ["thinking", "tool_running", "streaming", None]


def test_a_tool_is_shown_while_its_block_runs(publisher: RecordingPublisher) -> None:
    session = publisher.session(KEY)
    with session.tool("bash"):
        assert newest(publisher).tool_name == "bash"
    assert (newest(publisher).state, newest(publisher).tool_name) == (SessionState.STREAMING, None)


def test_the_same_tool_object_may_be_entered_again(publisher: RecordingPublisher) -> None:
    tool = publisher.session(KEY).tool("bash")
    for _ in range(2):
        with tool:
            assert newest(publisher).tool_name == "bash"
    assert newest(publisher).state is SessionState.STREAMING


def test_an_ids_own_comparison_does_not_run_under_the_lock(publisher: RecordingPublisher) -> None:
    """Code of the agent that compares ids may wait for a thread that publishes."""
    session = publisher.session(KEY)
    has_published: list[bool] = []

    class Id:
        def __eq__(self, other: object) -> bool:
            other_thread = threading.Thread(target=session.add_usage, kwargs={"input": 1})
            other_thread.start()
            other_thread.join(2)
            has_published.append(not other_thread.is_alive())
            return type(other) is Id

        def __hash__(self) -> int:
            self.__eq__(self)
            return 7

    session.tool_start("bash", Id())
    session.waiting_for_user()
    session.tool_end(Id())
    assert newest(publisher).state is SessionState.STREAMING
    assert has_published
    assert all(has_published)


def test_parallel_tools_are_distinguished_by_their_call_ids(publisher: RecordingPublisher) -> None:
    session = publisher.session(KEY)
    session.tool_start("bash", "call-1")
    session.tool_start("search", "call-2")
    session.tool_end("call-2")
    assert newest(publisher).tool_name == "bash"
    session.tool_end("call-1")
    assert newest(publisher).state is SessionState.STREAMING


def test_usage_is_totals_and_add_usage_is_per_call(publisher: RecordingPublisher) -> None:
    session = publisher.session(KEY)
    session.usage(input=500, output=100)
    session.add_usage(input=50, output=10)
    session.usage(input=400)
    assert (newest(publisher).input_tokens, newest(publisher).output_tokens) == (550, 110)


@pytest.mark.parametrize("tokens", [-1, 1.5, "5", True])
def test_usage_that_is_not_a_number_of_tokens_is_reported_and_ignored(
    publisher: RecordingPublisher, tokens: object
) -> None:
    publisher.session(KEY).usage(input=tokens)  # type: ignore[arg-type]
    assert newest(publisher).input_tokens == 0
    assert "input" in str(publisher.errors[0])


def test_a_title_can_be_set_later(publisher: RecordingPublisher) -> None:
    session = publisher.session(KEY)
    session.title = "Now\nwe know"
    assert session.title == "Now we know"
    assert newest(publisher).title == "Now we know"


def test_after_the_end_late_calls_do_nothing(publisher: RecordingPublisher) -> None:
    session = publisher.session(KEY)
    session.end()
    session.thinking()
    session.tool_start("bash", 1)
    session.tool_end(1)
    session.error("late")
    session.usage(input=5)
    session.title = "late"
    assert publisher.states(KEY) == ["thinking", None]
    assert publisher.errors == []


def test_late_calls_after_a_failed_block_do_not_hide_its_error(publisher: RecordingPublisher) -> None:
    with pytest.raises(ValueError, match="boom"), publisher.session(KEY) as session:
        raise ValueError("boom")
    session.streaming()
    assert newest(publisher).state is SessionState.ERROR


def test_a_late_call_of_an_ended_handle_does_not_touch_the_next_run(publisher: RecordingPublisher) -> None:
    old = publisher.session(KEY)
    old.end()
    publisher.session(KEY)
    old.error("late")
    old.end()
    assert newest(publisher).state is SessionState.THINKING


def test_an_open_key_has_one_handle(publisher: RecordingPublisher) -> None:
    session = publisher.session(KEY)
    session.streaming()
    assert publisher.session(KEY) is session
    assert newest(publisher).state is SessionState.STREAMING


def test_a_key_opened_twice_is_one_session_and_the_last_to_leave_ends_it(publisher: RecordingPublisher) -> None:
    with publisher.session(KEY):
        with publisher.session(KEY) as inner:
            inner.streaming()
        assert newest(publisher).state is SessionState.STREAMING
    assert publisher.states(KEY) == ["thinking", "streaming", None]


def test_an_inner_failure_that_the_outer_block_survives_is_not_an_error(publisher: RecordingPublisher) -> None:
    with publisher.session(KEY):
        with pytest.raises(ValueError, match="inner"), publisher.session(KEY):
            raise ValueError("inner")
        assert newest(publisher).state is SessionState.THINKING


def test_a_session_in_error_begins_its_next_run_when_it_is_opened_again(publisher: RecordingPublisher) -> None:
    publisher.session(KEY).error("boom")
    publisher.session(KEY)
    assert newest(publisher) == Change(session_key=KEY, state=SessionState.THINKING)


def test_a_handle_can_be_entered_again_after_a_failure(publisher: RecordingPublisher) -> None:
    session = publisher.session(KEY)
    for attempt in range(2):
        try:
            with session:
                if attempt == 0:
                    raise ValueError("first try")
        except ValueError:
            assert newest(publisher).state is SessionState.ERROR
    assert publisher.states(KEY) == ["thinking", "error", "thinking", None]


def test_an_agent_that_backs_off_for_longer_than_the_error_ttl_goes_on() -> None:
    clock = Clock()
    worker = Worker(Settings(), Reporter(None), None, clock)
    session = Session(worker, KEY)
    session.open(Asked("T"))
    session.usage(input=5, output=5)
    session.error("rate limited")
    clock.pass_(60.0)
    assert worker.outbox.draft().record.sessions == ()
    session.thinking()
    record = worker.outbox.draft().record.sessions[0]
    assert (record.state, record.title, record.input_tokens) == (SessionState.THINKING, "T", 0)


def test_the_end_of_an_expired_session_is_nothing() -> None:
    clock = Clock()
    worker = Worker(Settings(), Reporter(None), None, clock)
    session = Session(worker, KEY)
    session.open()
    session.error("boom")
    clock.pass_(60.0)
    session.usage(input=5)
    session.tool_end(1)
    session.end()
    assert worker.outbox.draft().record.sessions == ()


def test_a_session_is_held_while_a_block_uses_it_and_only_then(publisher: RecordingPublisher) -> None:
    session = publisher.session(KEY)
    assert publisher.held_session(KEY) is None, "a handle alone holds nothing"
    with session:
        assert publisher.held_session(KEY) is session
        session.end()
        assert publisher.held_session(KEY) is None
    assert publisher.held_session("other") is None


def test_returning_to_calls_forgets_newer_ones_and_shows_the_newest_that_is_left(publisher: RecordingPublisher) -> None:
    with publisher.session(KEY) as session:
        session.tool_start("bash", "a")
        before = session.open_calls()
        session.tool_start("read", "b")
        session.return_to(before)
        assert publisher.sessions[KEY].tool_name == "bash"
        session.return_to(frozenset())
        assert publisher.states(KEY)[-1] == "thinking"
        assert session.open_calls() == frozenset()
        session.error("boom")
        session.return_to(frozenset())
        assert publisher.states(KEY)[-1] == "error"
