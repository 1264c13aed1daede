"""The channel as a replica receives it: by either protocol of Redis, whatever the client does with replies."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

import pytest
import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from agent_status_gateway.feed.redis_client import Primary, RedisClient, SubscriptionLostError
from agent_status_publisher.contract.wire import Keys
from chaos.servers.redis_server import RedisServer
from tests.contract.conftest import Backend

KEYS = Keys("default")
MESSAGE = b"w1 7 1800000000000 {\xff}"


def with_primary(client: redis.asyncio.Redis | str, act: Callable[[Primary], Awaitable[None]]) -> None:
    async def run() -> None:
        async with asyncio.timeout(10), RedisClient(client, KEYS).primary() as primary:
            await primary.subscribe()
            await act(primary)
        if not isinstance(client, str):
            await client.aclose()

    asyncio.run(run())


async def check_that_it_brings_messages_and_answers(primary: Primary) -> None:
    await primary.ask("PUBLISH", KEYS.events, MESSAGE)  # type: ignore[arg-type]
    assert await primary.next_message() == MESSAGE
    await primary.ping()
    assert await primary.next_message() is None
    await primary.ask("PUBLISH", KEYS.events, b"")  # type: ignore[arg-type]
    assert await primary.next_message() == b""


@pytest.mark.parametrize("decode_responses", [False, True])
def test_it_brings_each_message_as_it_was_published_and_nothing_for_an_answer_to_a_ping(
    backend: Backend, *, decode_responses: bool
) -> None:
    with_primary(backend.async_client(decode_responses=decode_responses), check_that_it_brings_messages_and_answers)


@pytest.mark.parametrize("protocol", [2, 3])
def test_it_does_so_by_either_protocol(real_redis: RedisServer, protocol: int) -> None:
    with_primary(f"{real_redis.url}?protocol={protocol}", check_that_it_brings_messages_and_answers)


def test_no_message_is_formatted_for_a_log(real_redis: RedisServer, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "push_response"):
        with_primary(real_redis.url, check_that_it_brings_messages_and_answers)
    assert [record for record in caplog.records if record.name == "push_response"] == []


def test_a_subscription_that_a_client_has_renewed_by_itself_is_lost(real_redis: RedisServer) -> None:
    async def interrupt(primary: Primary) -> None:
        await primary.ask("CLIENT", "KILL", "TYPE", "pubsub")
        with pytest.raises(SubscriptionLostError, match="interrupted"):
            await primary.next_message()

    with_primary(redis.asyncio.Redis.from_url(real_redis.url, retry=Retry(NoBackoff(), 3)), interrupt)


def test_a_connection_that_the_server_has_closed_is_an_error_at_once(real_redis: RedisServer) -> None:
    async def interrupt(primary: Primary) -> None:
        await primary.ask("CLIENT", "KILL", "TYPE", "pubsub")
        with pytest.raises(redis.ConnectionError):
            await primary.next_message()

    with_primary(real_redis.url, interrupt)
