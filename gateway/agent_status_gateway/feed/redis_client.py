"""A replica's way to Redis: finds the server that holds the namespace, and does there what the feed needs.

Before it comes Redis; after it the feed, which decides when, for how long, and when to start again. On a Cluster the
channel is a sharded one, read over an ordinary connection to the server that has the namespace's slot. Pings are
answered on it, and its errors show when the slot has moved.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final, cast

import redis
import redis.asyncio
from redis.asyncio import ConnectionPool, Redis
from redis.backoff import NoBackoff
from redis.crc import key_slot
from redis.credentials import CredentialProvider
from redis.exceptions import AuthenticationError, NoScriptError
from redis.retry import Retry
from typing_extensions import override

from agent_status_gateway.settings import SettingsError
from agent_status_publisher.contract.password_file import PasswordFileError, read_credentials, split_user
from agent_status_publisher.contract.reading import ALL, READ_SCRIPT, Known, Pieces, Reading
from agent_status_publisher.contract.redis_primary import PrimarySearch
from agent_status_publisher.contract.redis_url import Kind, parse_redis_url
from agent_status_publisher.contract.text import text_of_reply
from agent_status_publisher.contract.wire import Keys

CONNECT_SECONDS: Final = 2.0
"""Maximum seconds for a connection to Redis."""
PROBE_TTL_MS: Final = 10_000
"""Milliseconds after which Redis forgets a probe."""


class SubscriptionLostError(Exception):
    """The subscription has ended, or was interrupted."""


class Primary:
    """The server that holds the namespace, while it does: its channel, and all that it holds."""

    def __init__(self, client: Redis, keys: Keys, *, sharded: bool) -> None:
        self._client = client
        self._keys = keys
        self._sharded = sharded
        # Without a handler redis-py formats each message for a debug line, whether or not anybody logs it. That is over
        # a third of what receiving a report costs. RESP2 has no such messages, and its parser takes no handler.
        is_pushed = str(client.connection_pool.get_protocol()) != "2"  # type: ignore[no-untyped-call]
        self._channel = client.pubsub(push_handler_func=_passed_on if is_pushed else None)
        self._read_script = client.register_script(READ_SCRIPT)

    async def subscribe(self) -> None:
        """Subscribe to the channel, and await the server's acknowledgement."""
        if self._sharded:
            await self._channel.ssubscribe(self._keys.events)
        else:
            await self._channel.subscribe(self._keys.events)
        while (await self._next())[0] not in {"subscribe", "ssubscribe"}:
            pass

    async def next_message(self) -> bytes | None:
        """Wait for the next message of the channel; None for an answer to a ping.

        Raises:
            SubscriptionLostError: A message may have been missed.
        """
        kind, content = await self._next()
        if kind in {"message", "smessage"}:
            return _as_bytes(content)
        if kind in {"subscribe", "ssubscribe"}:  # redis-py has reconnected by itself
            raise SubscriptionLostError("the subscription was interrupted")
        if kind == "sunsubscribe":
            raise SubscriptionLostError("the Cluster has moved the namespace to another server")
        return None

    async def ping(self) -> None:
        """Have the channel's connection answer."""
        await self._channel.ping()

    async def probe(self) -> None:
        """Write to Redis, which fails where workers could not write either."""
        await self._client.set(self._keys.probe, b"1", px=PROBE_TTL_MS)

    async def time_ms(self) -> int:
        """Ask for Redis's wall clock, in milliseconds since 1970."""
        seconds, microseconds = await self._client.time()
        return seconds * 1000 + microseconds // 1000

    async def read(self, known: Known, answer_seconds: float, *, of: str = ALL) -> Reading:
        """Read what the namespace holds and is not known, in as many calls as that takes.

        Args:
            known: The reports that are known.
            answer_seconds: How long a call may take.
            of: `ALL` for the workers that there are, `KEPT` for those that are gone as well.

        Raises:
            TimeoutError: A call was not answered for that long.
        """
        pieces = Pieces(self._keys, known, of=of)
        while not pieces.is_whole:
            async with asyncio.timeout(answer_seconds):
                pieces.take(await self._run_read_script(*pieces.next_call()))
        return pieces.reading()

    async def _run_read_script(self, keys: list[str], arguments: list[Any]) -> Sequence[Any]:
        try:
            reply = await self._read_script(keys=keys, args=arguments)
        except NoScriptError:  # forgotten again between redis-py's load of it and the call
            reply = await self._client.eval(READ_SCRIPT, len(keys), *keys, *arguments)
        return cast("Sequence[Any]", reply)

    async def ask(self, *command: str) -> Any:
        """Run any other command, for an examination of the server itself."""
        return await self._client.execute_command(*command)  # type: ignore[no-untyped-call]

    async def aclose(self) -> None:
        """Close the channel's connection."""
        await self._channel.aclose()  # type: ignore[no-untyped-call]

    async def _next(self) -> tuple[str, object]:
        """Wait for what comes next: its kind, and what it brings.

        redis-py's `get_message` makes a dict of it, looks for handlers, and counts; `parse_response` is what it awaits.
        """
        while True:
            response = await self._channel.parse_response(block=True)
            if isinstance(response, list):
                return text_of_reply(response[0]), response[-1]
            if response is not None:
                return "pong", response


class RedisClient:
    """The way to Redis by a URL or a given client. A given client is used as it is, and stays open.

    The password file is for a URL: it has the password of the user that the URL names.
    """

    def __init__(self, given: str | Redis, keys: Keys, password_file: str = "") -> None:
        self._given = given
        self._password_file = password_file
        self._keys = keys
        self._search = PrimarySearch(parse_redis_url(given)) if isinstance(given, str) else None

    @asynccontextmanager
    async def primary(self) -> AsyncIterator[Primary]:
        """Connect to the server that holds the namespace now.

        Raises:
            PrimaryUnknownError: No node knows that server.
        """
        client = await self._connect()
        sharded = self._search is not None and self._search.target.kind is Kind.CLUSTER
        primary = Primary(client, self._keys, sharded=sharded)
        try:
            yield primary
        finally:
            with suppress(redis.RedisError, OSError):  # what ended it is reported, not how badly it closes
                await primary.aclose()
            if client is not self._given:
                with suppress(redis.RedisError, OSError):
                    await client.aclose()

    async def _connect(self) -> Redis:
        if isinstance(self._given, Redis):
            return _with_bytes(self._given)
        if self._search is None or self._search.target.kind is Kind.STANDALONE:
            return _client_of(self._given, self._password_file)
        return await self._find(self._search)

    async def _find(self, search: PrimarySearch) -> Redis:
        answers = []
        # Sentinels have users of their own, which the file is not for.
        asking_file = self._password_file if search.target.kind is Kind.CLUSTER else ""
        for node in search.nodes():
            try:
                url = search.target.asking_url(node)
                async with asyncio.timeout(CONNECT_SECONDS), _client_of(url, asking_file) as asked:
                    reply = await asked.execute_command(*search.question)  # type: ignore[no-untyped-call]
                primary = search.primary_in(reply, node, key_slot(self._keys.events.encode()))
            except (redis.RedisError, OSError) as error:
                answers.append(search.failed(node, error))
            else:
                return _client_of(search.target.server_url(primary), self._password_file)
        raise search.unknown(answers)


def check_client(client: object) -> None:
    """Refuse a client that the gateway cannot use.

    Raises:
        SettingsError: The client is not a `redis.asyncio.Redis`.
    """
    if isinstance(client, redis.asyncio.Redis):
        return
    hint = "; this one would block every client" if isinstance(client, redis.Redis) else ""
    raise SettingsError(f"redis must be a redis.asyncio.Redis, not {type(client).__qualname__}{hint}")


def _with_bytes(client: Redis) -> Redis:
    """Return the client, or one with its settings that does not decode: messages may not be text."""
    pool = client.connection_pool
    if not pool.connection_kwargs.get("decode_responses"):
        return client
    settings = pool.connection_kwargs | {"decode_responses": False}
    return Redis.from_pool(ConnectionPool(connection_class=pool.connection_class, **settings))


class FileCredentials(CredentialProvider):
    """The credentials of a user whose password is in a file. redis-py asks for them at each connect."""

    def __init__(self, file: Path, username: str) -> None:
        self._file = file
        self._username = username

    @override
    async def get_credentials_async(self) -> tuple[str] | tuple[str, str]:
        try:
            return await asyncio.to_thread(read_credentials, self._file, self._username)
        except PasswordFileError as error:
            # An error of redis-py's own makes it drop the connection, which would go on without a password.
            raise AuthenticationError(str(error)) from None


def _client_of(plain_url: str, password_file: str = "") -> Redis:
    credentials: FileCredentials | None = None
    if password_file:
        plain_url, username = split_user(plain_url)
        credentials = FileCredentials(Path(password_file), username)
    # The feed reconnects as a whole, and reads everything when it does: redis-py's own retries would hide the gap. It
    # also limits each command's time itself: redis-py's limit costs a timer a command, and loses cancellations.
    client: Redis = Redis.from_url(
        plain_url,
        credential_provider=credentials,
        socket_timeout=None,
        socket_connect_timeout=CONNECT_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )
    return client


async def _passed_on(message: object) -> object:
    return message


def _as_bytes(text: object) -> bytes:
    return text if isinstance(text, bytes) else str(text).encode("utf-8", "surrogateescape")
