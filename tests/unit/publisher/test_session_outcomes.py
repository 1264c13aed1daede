"""How a session ends, as its agent and its blocks say it."""

import asyncio
import concurrent.futures
from collections.abc import Callable

import pytest

from agent_status_publisher import InvalidCallError
from agent_status_publisher.contract.details.end import Outcome
from agent_status_publisher.testing import Change, RecordingPublisher
from tests.support.builders.recording import KEY


def test_a_session_that_its_agent_ends_is_done_unless_it_says_otherwise(publisher: RecordingPublisher) -> None:
    publisher.session(KEY).end()
    publisher.session(KEY).end("done")
    publisher.session(KEY).end("cancelled")
    ends = [change for change in publisher.changes if change.state is None]
    outcomes = (Outcome.DONE, Outcome.DONE, Outcome.CANCELLED)
    assert ends == [Change(session_key=KEY, state=None, outcome=outcome) for outcome in outcomes]


def test_an_unknown_outcome_is_reported_and_the_session_is_done(publisher: RecordingPublisher) -> None:
    publisher.session(KEY).end("lost")  # type: ignore[arg-type] # it must be one of two
    publisher.session(KEY).end(["done"])  # type: ignore[arg-type] # likewise
    assert [change.outcome for change in publisher.changes if change.state is None] == ["done", "done"]
    assert [type(error) for error in publisher.errors] == [InvalidCallError]
    assert str(publisher.errors[0]) == "an outcome was left out: expected done or cancelled"


CANCELLED: list[Callable[[], BaseException]] = [
    asyncio.CancelledError,
    concurrent.futures.CancelledError,
    KeyboardInterrupt,
    GeneratorExit,
    lambda: SystemExit(3),
    lambda: SystemExit(["no", "luck"]),
    lambda: BaseExceptionGroup("several", [KeyboardInterrupt(), asyncio.CancelledError()]),
]


def outcome_of_block(publisher: RecordingPublisher, error: BaseException | None) -> str | None:
    def leave() -> None:
        with publisher.session(KEY):
            if error is not None:
                raise error

    if error is None:
        leave()
    else:
        with pytest.raises(type(error)):
            leave()
    return publisher.changes[-1].outcome


@pytest.mark.parametrize("make", CANCELLED)
def test_a_block_that_is_cancelled_or_interrupted_ends_its_session_as_cancelled(
    publisher: RecordingPublisher, make: Callable[[], BaseException]
) -> None:
    assert outcome_of_block(publisher, make()) == "cancelled"


@pytest.mark.parametrize("make", [lambda: None, SystemExit, lambda: SystemExit(0)])
def test_a_block_that_ends_by_itself_is_done(
    publisher: RecordingPublisher, make: Callable[[], BaseException | None]
) -> None:
    assert outcome_of_block(publisher, make()) == "done"


def test_a_block_that_fails_has_failed_once_its_error_is_over(publisher: RecordingPublisher) -> None:
    assert outcome_of_block(publisher, ValueError("boom")) is None
    assert publisher.sessions[KEY].state == "error"
    session = publisher.session(KEY)
    session.error("boom")
    session.end("cancelled")
    assert publisher.changes[-1].outcome == "failed"


def test_an_error_that_stands_is_not_hidden_by_a_cancellation(publisher: RecordingPublisher) -> None:
    session = publisher.session(KEY)
    with pytest.raises(KeyboardInterrupt), session:  # noqa: PT012 - it must stand when the block is left
        session.error("boom")
        raise KeyboardInterrupt
    assert publisher.sessions[KEY].error_message == "boom"


def test_sessions_that_are_open_at_the_close_were_cancelled(publisher: RecordingPublisher) -> None:
    publisher.session(KEY)
    publisher.close()
    assert publisher.changes[-1] == Change(session_key=KEY, state=None, outcome=Outcome.CANCELLED)
