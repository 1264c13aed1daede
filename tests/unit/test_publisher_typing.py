"""The publisher's public API as user code. Rule: mypy --strict accepts this file."""

from typing import assert_type

from agent_status_publisher import PublisherError, Session, SessionState, StatusPublisher
from agent_status_publisher.testing import RecordingPublisher


def _log(error: PublisherError) -> None:
    assert isinstance(error, Exception)


def _use(publisher: StatusPublisher) -> None:
    assert_type(publisher.start(), StatusPublisher)
    assert_type(publisher.worker_id, str | None)
    assert_type(publisher.flush(timeout=1.0), bool)
    publisher.publish("web:42", SessionState.STREAMING, title="Fix auth bug")
    with publisher.session("web:42", title="Fix auth bug") as session:
        assert_type(session, Session)
        assert_type(session.title, str | None)
        with session.tool("bash"):
            session.usage(input=1, output=2)
        session.error(ValueError("wrong"))


async def _use_async(publisher: StatusPublisher) -> None:
    async with publisher as entered, entered.session("web:42") as session:
        assert_type(entered, StatusPublisher)
        assert_type(session, Session)
        assert_type(await entered.aflush(), bool)


def test_user_code_that_mypy_accepts_also_runs() -> None:
    _use(RecordingPublisher())


def test_on_error_takes_a_function_of_the_error() -> None:
    assert_type(StatusPublisher(on_error=_log), StatusPublisher)
