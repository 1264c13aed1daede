"""The publisher's types, as an agent's code sees them.

mypy --strict reads this file with the rest of tests/ (scripts/check). No other test shows that a type was lost: with a
looser decorator an agent could pass anything to a session, and its program would still run. So each `assert_type` fails
when a type is widened. Each `ignore` fails when its line is no longer an error, since mypy refuses an unused one.
Most functions run too, so that the code is real.
"""

import asyncio
from typing import assert_type

import redis

from agent_status_publisher import (
    ConfigurationError,
    InvalidCallError,
    PublisherError,
    RedisUnavailableError,
    Session,
    SessionState,
    StatusPublisher,
)
from agent_status_publisher.integrations import status_key
from agent_status_publisher.testing import Change, RecordingPublisher

KEY = "websocket:abc"


class AgentPublisher(StatusPublisher):
    """A publisher of an agent's own: `with` and `start` give its type, not the base's."""


def type_alone(error: BaseException) -> str:
    return type(error).__name__


def made() -> AgentPublisher:
    """Each argument by its name; never called, since mypy alone looks at it."""
    errors: list[PublisherError] = []
    StatusPublisher(redis.Redis())
    return AgentPublisher(
        "redis://localhost",
        namespace="default",
        max_concurrent=5,
        heartbeat_seconds=5,
        lease_seconds=15.0,
        error_ttl_seconds=30.0,
        labels={"team": "web"},
        on_error=errors.append,
        error_text=type_alone,
    )


def in_blocks(publisher: AgentPublisher) -> None:
    with publisher as entered:
        assert_type(entered, AgentPublisher)
    assert_type(publisher.start(), AgentPublisher)
    assert_type(publisher.worker_id, str | None)
    assert_type(publisher.flush(timeout=1.0), bool)


async def in_async_blocks(publisher: AgentPublisher) -> None:
    async with publisher as entered:
        assert_type(entered, AgentPublisher)
        assert_type(await publisher.aflush(timeout=1.0), bool)
    await publisher.aclose()


def test_a_session_keeps_its_type_through_blocks_and_calls() -> None:
    publisher = RecordingPublisher(max_concurrent=5, error_text=type_alone)
    with publisher, publisher.session(KEY, title="A title") as session:
        assert_type(session, Session)
        assert_type(session.key, str)
        assert_type(session.title, str | None)
        session.title = "Another title"
        session.link = "https://example.com"
        assert_type(publisher.changes[0].link, str | None)
        session.link = None
        assert_type(session.parent, str | None)
        session.label("agent", "reviewer")
        session.label("agent", None)
        assert publisher.session(KEY, parent="ci:7", link=None, labels={"agent": None, "model": "opus-5"}) is session
        session.tool_running("bash")
        with session.tool("bash"):
            session.streaming()
        session.tool_start("bash", call_id=1)
        session.tool_end(call_id=1)
        session.usage(input=1, output=2)
        session.add_usage(input=1, output=2)
        session.waiting_for_user()
        session.waiting_for_user("approval")
        session.context(used=96_000, window=200_000)
        session.cost(usd=1)
        session.add_cost(usd=0.5)
        session.progress(done=3, of=7)
        session.error(ValueError("no answer"))
        session.thinking()
        session.end()
        session.end("cancelled")
        publisher.publish(KEY, SessionState.ERROR, error_message="no answer")
        publisher.publish(KEY, "tool_running", tool_name="bash", title=None)
    with status_key(KEY):
        pass
    assert publisher.errors == []
    assert_type(publisher.changes, list[Change])
    assert_type(publisher.sessions, dict[str, Change])
    assert_type(publisher.states(KEY), list[SessionState | None])
    assert_type(publisher.changes[0].input_tokens, int)


def test_a_session_keeps_its_type_in_async_code() -> None:
    async def act() -> None:
        async with RecordingPublisher() as publisher, publisher.session(KEY) as session:
            assert_type(publisher, RecordingPublisher)
            assert_type(session, Session)
            async with session.tool("bash"):
                session.thinking()
            assert_type(await publisher.aflush(), bool)

    asyncio.run(act())


def test_mypy_refuses_what_would_be_ignored() -> None:
    publisher = RecordingPublisher()
    publisher.session(1)  # type: ignore[arg-type] # the key must be text
    publisher.session(KEY).usage(1, 2)  # type: ignore[call-arg] # which is which must be said
    publisher.session(KEY).progress(3, 7)  # type: ignore[call-arg] # which is which must be said
    publisher.session(KEY).label("pull request", 7)  # type: ignore[arg-type] # the value must be text
    assert [type(error) for error in publisher.errors] == [InvalidCallError] * 4


def test_one_clause_catches_every_error_and_the_builtin_ones_too() -> None:
    everything: list[type[PublisherError]] = [ConfigurationError, InvalidCallError, RedisUnavailableError]
    wrong: list[type[ValueError]] = [ConfigurationError, InvalidCallError]
    away: type[ConnectionError] = RedisUnavailableError
    assert all(issubclass(error, PublisherError) for error in everything)
    assert [issubclass(error, ValueError) for error in wrong] == [True, True]
    assert issubclass(away, ConnectionError)


def test_on_error_takes_a_function_of_the_error() -> None:
    def shown(error: PublisherError) -> None:
        assert isinstance(error, Exception)

    assert_type(StatusPublisher(on_error=shown), StatusPublisher)
