"""A worker's connection to Redis, by clients of redis-py: ours or the agent's own."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import redis
import redis.asyncio
from redis.backoff import NoBackoff
from redis.cluster import RedisCluster
from redis.commands.core import Script
from redis.connection import ConnectionPool
from redis.crc import key_slot
from redis.credentials import CredentialProvider
from redis.exceptions import AuthenticationError, MovedError, NoScriptError
from redis.retry import Retry

from agent_status_publisher.contract.password_file import (
    PasswordFileError,
    read_credentials,
    read_password,
    split_user,
)
from agent_status_publisher.contract.redis_primary import PrimarySearch
from agent_status_publisher.contract.redis_url import Kind, RedisUrlError, parse_redis_url
from agent_status_publisher.contract.wire import WRITE_SCRIPT
from agent_status_publisher.errors import ConfigurationError

SOCKET_TIMEOUT_SECONDS: Final = 2.0

Client = redis.Redis | RedisCluster
Connect = Callable[[str], Client]
"""A function that returns a client of the server with this key. It has not connected yet, or only just now."""


class RedisWriter:
    """The writer that runs the write script. redis-py sends EVALSHA, and the source again if the server forgot it."""

    def __init__(self, connect: Connect, *, sharded: bool) -> None:
        self._connect = connect
        self._script: Script | None = None
        self.sharded = sharded

    def write(self, keys: Sequence[str], arguments: Sequence[Any]) -> Sequence[Any]:
        """Call the write script once."""
        try:
            return self._write(keys, arguments)
        except MovedError:  # the slot has moved as planned, which is not an outage
            self.close()
            return self._write(keys, arguments)

    def close(self) -> None:
        """Disconnect, unless the client is the agent's own. The next write finds its server again."""
        script, self._script = self._script, None
        if script is not None and isinstance(client := script.registered_client, redis.Redis):
            client.connection_pool.disconnect()

    def _write(self, keys: Sequence[str], arguments: Sequence[Any]) -> Sequence[Any]:
        if self._script is None:
            self._script = self._connect(keys[0]).register_script(WRITE_SCRIPT)
        reply: Sequence[Any]
        try:
            reply = self._script(keys=keys, args=arguments)
        except NoScriptError:  # the server forgot the script between redis-py's load and the call
            reply = self._script.registered_client.eval(WRITE_SCRIPT, len(keys), *keys, *arguments)
        return reply


class FileCredentials(CredentialProvider):
    """The credentials of a user whose password is in a file. redis-py asks for them at each connect."""

    def __init__(self, file: Path, username: str) -> None:
        self._file = file
        self._username = username

    def get_credentials(self) -> tuple[str] | tuple[str, str]:
        """Read them. redis-py calls it."""
        try:
            return read_credentials(self._file, self._username)
        except PasswordFileError as error:
            # An error of redis-py's own makes it drop the connection, which would go on without a password.
            raise AuthenticationError(str(error)) from None


def check_target(target: object, password_file: str = "") -> str | None:
    """Return a hint if `target` is a client that a thread cannot use, else None.

    Raises:
        ConfigurationError: `target` is neither a client nor a URL that can be parsed, or the password cannot be read.
    """
    if isinstance(target, redis.asyncio.Redis | redis.asyncio.RedisCluster):
        return (
            "redis: an asyncio Redis client was given, which the publisher's thread cannot use: nothing is published. "
            "Give it the URL, or a redis.Redis: its calls never block, so they suit async code as they are"
        )
    if isinstance(target, redis.Redis | RedisCluster):
        return None
    if isinstance(target, str):
        _check_url(target, password_file)
        return None
    raise ConfigurationError(f"redis must be a URL or a redis.Redis, not {type(target).__name__}")


def make_writer(target: "str | redis.Redis | RedisCluster", password_file: str = "") -> RedisWriter:
    """Make a writer for a URL or a client. It connects at the first write. The password file is for a URL.

    A `redis.Redis` of the agent lends its settings, not its connections. Its pool may be small, and all of it busy with
    blocking commands when a heartbeat is due.
    """
    if isinstance(target, str):
        return _writer_of(target, password_file)
    if isinstance(target, RedisCluster):
        return RedisWriter(lambda _: target, sharded=True)
    lent = target.connection_pool

    def connect(_: str) -> redis.Redis:
        pool = ConnectionPool(connection_class=lent.connection_class, **(lent.connection_kwargs | _terms()))
        return redis.Redis(connection_pool=pool)

    return RedisWriter(connect, sharded=False)


def _writer_of(url: str, password_file: str) -> RedisWriter:
    target = parse_redis_url(url)
    if target.kind is Kind.STANDALONE:
        return RedisWriter(lambda _: _client_of(url, password_file), sharded=False)
    search = PrimarySearch(target)
    return RedisWriter(partial(_primary_of, search, password_file), sharded=target.kind is Kind.CLUSTER)


def _primary_of(search: PrimarySearch, password_file: str, key: str) -> redis.Redis:
    answers = []
    # Sentinels have users of their own, which the file is not for.
    asking_file = password_file if search.target.kind is Kind.CLUSTER else ""
    for node in search.nodes():
        try:
            with _client_of(search.target.asking_url(node), asking_file) as asked:
                reply = asked.execute_command(*search.question)
            primary = search.primary_in(reply, node, key_slot(key.encode()))
        except (redis.RedisError, OSError) as error:
            answers.append(search.failed(node, error))
        else:
            return _client_of(search.target.server_url(primary), password_file)
    raise search.unknown(answers)


def _terms() -> dict[str, Any]:
    """The timeouts of our own clients, without redis-py's retries: the flusher retries with a newer report."""
    return {
        "socket_timeout": SOCKET_TIMEOUT_SECONDS,
        "socket_connect_timeout": SOCKET_TIMEOUT_SECONDS,
        "retry": Retry(NoBackoff(), 0),
    }


def _client_of(plain_url: str, password_file: str = "") -> redis.Redis:
    if not password_file:
        return redis.Redis.from_url(plain_url, **_terms())
    url, username = split_user(plain_url)
    return redis.Redis.from_url(url, credential_provider=FileCredentials(Path(password_file), username), **_terms())


def _check_url(url: str, password_file: str) -> None:
    """Refuse a URL that cannot be parsed or has unknown options, and an unreadable password. Nothing connects."""
    try:
        if password_file:
            read_password(Path(password_file))
            split_user(parse_redis_url(url).any_server_url)
        for plain_url in parse_redis_url(url).seed_urls:
            _client_of(plain_url).connection_pool.make_connection()
    except PasswordFileError as error:
        raise ConfigurationError(str(error)) from None
    except RedisUrlError as error:
        raise ConfigurationError(f"REDIS_URL: {error}") from None
    except (ValueError, TypeError, AttributeError, redis.RedisError):
        # Neither the URL nor redis-py's message is shown: both can hold the password.
        raise ConfigurationError(f"REDIS_URL: {RedisUrlError()}") from None
