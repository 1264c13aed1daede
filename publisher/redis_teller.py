"""A worker's way to Redis: a client of redis-py, ours or the agent's own."""

from collections.abc import Sequence
from typing import Any, Final

import redis
import redis.asyncio
from redis.backoff import NoBackoff
from redis.cluster import RedisCluster
from redis.connection import ConnectionPool
from redis.retry import Retry

from publisher.errors import ConfigurationError
from publisher.wire import WRITE_SCRIPT

SOCKET_TIMEOUT_SECONDS: Final = 2.0


class RedisTeller:
    """Runs the write script. EVALSHA, and the source again when the server forgot it, are redis-py's doing."""

    def __init__(self, client: "redis.Redis | RedisCluster") -> None:
        self._client = client
        self._script = client.register_script(WRITE_SCRIPT)
        self.sharded = isinstance(client, RedisCluster)

    def write(self, keys: Sequence[str], arguments: Sequence[Any]) -> Sequence[Any]:
        """One call of the write script."""
        reply: Sequence[Any] = self._script(keys=keys, args=arguments)
        return reply

    def close(self) -> None:
        """Disconnect, unless the client is the agent's own."""
        if isinstance(self._client, redis.Redis):
            self._client.connection_pool.disconnect()


def check_target(target: object) -> str | None:
    """A hint if `target` is a client that a thread cannot use; None if all is well.

    Raises:
        ConfigurationError: It is neither a client nor a URL that can be parsed.
    """
    if isinstance(target, redis.asyncio.Redis | redis.asyncio.RedisCluster):
        return (
            "redis: an asyncio Redis client was given, which the publisher's thread cannot use: nothing is published. "
            "Give it the URL, or a redis.Redis: its calls never block, so they suit async code as they are"
        )
    if isinstance(target, redis.Redis | RedisCluster):
        return None
    if isinstance(target, str):
        _client_of(target).close()
        return None
    raise ConfigurationError(f"redis: a URL or a redis.Redis is wanted, not {type(target).__name__}")


def make_teller(target: "str | redis.Redis | RedisCluster") -> RedisTeller:
    """The way to what `target` names or is. Connects at the first write, not before.

    A client of the agent's lends its settings, not its connections: its pool may have few, and one of them may be busy
    with a blocking command when a heartbeat is due.
    """
    if isinstance(target, str):
        return RedisTeller(_client_of(target))
    if isinstance(target, RedisCluster):
        return RedisTeller(target)
    lent = target.connection_pool
    pool = ConnectionPool(connection_class=lent.connection_class, **(lent.connection_kwargs | _terms()))
    return RedisTeller(redis.Redis(connection_pool=pool))


def _terms() -> dict[str, Any]:
    """The flusher has its own retries, and a word that waited is worth less than a new one: redis-py's are off."""
    return {
        "socket_timeout": SOCKET_TIMEOUT_SECONDS,
        "socket_connect_timeout": SOCKET_TIMEOUT_SECONDS,
        "retry": Retry(NoBackoff(), 0),
    }


def _client_of(url: str) -> redis.Redis:
    try:
        client = redis.Redis.from_url(url, **_terms())
        client.connection_pool.make_connection()  # connects to nothing, but refuses options that there are not
    except (ValueError, TypeError, AttributeError):
        # Neither the URL nor the parser's words are shown: both can hold the password.
        raise ConfigurationError(
            "REDIS_URL: cannot be parsed; it should look like redis://localhost:6379/0, rediss://… or unix:///path"
        ) from None
    return client
