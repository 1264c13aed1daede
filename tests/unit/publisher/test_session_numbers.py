"""What a session waits for, holds in its context, costs, and has done."""

import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_status_publisher import InvalidCallError, Session
from agent_status_publisher.settings import Settings
from agent_status_publisher.testing import RecordingPublisher
from agent_status_publisher.worker.diagnostics import Reporter
from agent_status_publisher.worker.worker import Worker
from tests.support.builders.clock import Clock
from tests.support.builders.recording import KEY, newest


def test_a_session_says_what_it_waits_for_until_it_goes_on(publisher: RecordingPublisher) -> None:
    session = publisher.session(KEY)
    session.waiting_for_user("approval")
    assert newest(publisher).waiting_for == "approval"
    session.tool_running("bash")
    assert newest(publisher).waiting_for is None
    session.waiting_for_user("question")
    session.error("boom")
    assert newest(publisher).waiting_for is None
    session.waiting_for_user()
    assert newest(publisher).waiting_for is None


# run: Rule 6
def test_to_ask_again_changes_the_reason_and_not_the_age() -> None:
    clock = Clock()
    worker = Worker(Settings(), Reporter(None), None, clock)
    session = Session(worker, KEY)
    session.open()
    session.waiting_for_user("approval")
    clock.pass_(5.0)
    session.waiting_for_user("reply")
    change = worker.outbox.last_change
    record = worker.outbox.draft().record.sessions[0]
    assert record.details
    assert (record.changed_ms, record.details.waiting_for) == (5000, "reply")
    session.waiting_for_user("reply")
    session.waiting_for_user()
    assert worker.outbox.last_change == change
    assert worker.outbox.draft().record.sessions[0].details == record.details


def test_a_reason_is_published_with_its_state_only(publisher: RecordingPublisher) -> None:
    publisher.publish(KEY, "waiting_for_user", waiting_for="question")
    assert newest(publisher).waiting_for == "question"
    publisher.publish(KEY, "streaming", waiting_for="question")
    assert newest(publisher).waiting_for is None
    assert publisher.errors == []


def test_an_unknown_reason_is_reported_and_the_session_waits_without_it(publisher: RecordingPublisher) -> None:
    publisher.session(KEY).waiting_for_user("a sign")  # type: ignore[arg-type] # it must be one of three
    publisher.publish("other", "waiting_for_user", waiting_for=7)  # type: ignore[arg-type] # likewise
    assert [change.state for change in publisher.sessions.values()] == ["waiting_for_user"] * 2
    assert newest(publisher).waiting_for is None
    expected = "a reason to wait was left out: expected one of approval, question, reply"
    assert [str(error) for error in publisher.errors] == [expected]


def test_context_cost_and_progress_are_shown(publisher: RecordingPublisher) -> None:
    session = publisher.session(KEY)
    session.context(used=96_000, window=200_000)
    session.cost(usd=1.24)
    session.progress(done=3, of=7)
    change = newest(publisher)
    assert (change.context, change.cost_usd, change.progress) == ((96_000, 200_000), 1.24, (3, 7))
    session.context(used=5_000, window=200_000)  # after the context was compacted
    session.progress(done=2, of=9)  # after the agent has planned again
    assert (newest(publisher).context, newest(publisher).progress) == ((5_000, 200_000), (2, 9))


# run: Rule 1
@pytest.mark.parametrize("between", [Session.error, Session.waiting_for_user])
def test_a_new_run_begins_without_cost_and_progress_in_the_same_context(
    publisher: RecordingPublisher, between: Callable[[Session], None]
) -> None:
    session = publisher.session(KEY, parent="ci:7", link="https://example.com", labels={"agent": "reviewer"})
    session.context(used=1, window=2)
    session.cost(usd=1.24)
    session.progress(done=3, of=7)
    between(session)
    assert (newest(publisher).cost_usd, newest(publisher).progress) == (1.24, (3, 7))
    session.thinking()
    change = newest(publisher)
    assert (change.cost_usd, change.progress, change.context) == (None, None, (1, 2))
    assert (change.parent, change.link, change.labels) == ("ci:7", "https://example.com", {"agent": "reviewer"})


def test_a_session_that_is_opened_again_begins_with_an_empty_context(publisher: RecordingPublisher) -> None:
    session = publisher.session(KEY)
    session.context(used=1, window=2)
    session.end()
    with session:
        assert newest(publisher).context is None


# run: Rule 2
def test_a_smaller_total_came_late_and_costs_of_calls_add_up(publisher: RecordingPublisher) -> None:
    session = publisher.session(KEY)
    session.cost(usd=0)
    assert newest(publisher).cost_usd == 0
    session.add_cost(usd=0.1)
    session.add_cost(usd=0.2)
    assert newest(publisher).cost_usd == 0.3
    session.cost(usd=0.25)
    assert newest(publisher).cost_usd == 0.3
    session.cost(usd=Decimal("1.24"))  # type: ignore[arg-type] # price lists have decimals
    assert newest(publisher).cost_usd == 1.24


# run: Rule 2
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 10**6)), max_size=12))
def test_a_cost_never_falls_within_a_run(calls: list[tuple[bool, int]]) -> None:
    publisher, expected = RecordingPublisher(), 0
    session = publisher.session(KEY)
    for adds, millionths in calls:
        (session.add_cost if adds else session.cost)(usd=millionths / 10**6)
        expected = expected + millionths if adds else max(expected, millionths)
        assert newest(publisher).cost_usd == pytest.approx(expected / 10**6)


WRONG: dict[str, list[Callable[[Any], Any]]] = {
    "context() was ignored": [
        lambda session: session.context(used=-1, window=5),
        lambda session: session.context(used=1, window=0),
        lambda session: session.context(used=1.5, window=5),
        lambda session: session.context(used=True, window=5),
        lambda session: session.context(used=1, window=None),
        lambda session: session.context(used=2**53, window=5),
    ],
    "a cost was ignored": [
        lambda session: session.cost(usd=-0.01),
        lambda session: session.cost(usd=math.nan),
        lambda session: session.add_cost(usd=math.inf),
        lambda session: session.cost(usd="1.24"),
        lambda session: session.add_cost(usd=None),
        lambda session: session.cost(usd=True),
    ],
    "progress() was ignored": [
        lambda session: session.progress(done=8, of=7),
        lambda session: session.progress(done=0, of=0),
        lambda session: session.progress(done=-1, of=7),
        lambda session: session.progress(done="3", of=7),
    ],
    "Session.progress() was ignored": [lambda session: session.progress(3, 7)],
}


@pytest.mark.parametrize("sentence", WRONG)
def test_wrong_numbers_change_nothing_and_are_reported_once(publisher: RecordingPublisher, sentence: str) -> None:
    session = publisher.session(KEY)
    session.context(used=1, window=2)
    session.cost(usd=3)
    session.progress(done=4, of=5)
    before = newest(publisher)
    for call in WRONG[sentence]:
        call(session)
    assert newest(publisher) == before
    assert [type(error) for error in publisher.errors] == [InvalidCallError]
    assert str(publisher.errors[0]).startswith(sentence)


def test_late_calls_change_nothing(publisher: RecordingPublisher) -> None:
    session = publisher.session(KEY)
    session.end()
    session.context(used=1, window=2)
    session.cost(usd=3)
    session.progress(done=4, of=5)
    session.waiting_for_user("reply")
    assert publisher.sessions == {}
    assert publisher.errors == []
