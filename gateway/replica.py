"""The parts of one replica, put together, and what its probes say."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import redis
import redis.asyncio
from redis.asyncio import ConnectionPool, Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from gateway.debounce import Debounce
from gateway.feed import Feed
from gateway.fleet import Fleet
from gateway.hub import Hub
from gateway.metrics import Metrics
from gateway.pipeline import NOT_READ_YET, Pipeline
from gateway.settings import Settings, SettingsError
from gateway.stream import StatusStream
from publisher.wire import Keys

logger = logging.getLogger("gateway.replica")

CONNECT_SECONDS: Final = 2.0
START_SECONDS: Final = 1.0
DRAINING: Final = "this replica is draining"


class Replica:
    """Feed, fleet, debounce, hub and the pipeline through them; `redis` is ours to close only if it was not given."""

    def __init__(self, settings: Settings, client: Redis | None) -> None:
        clock = time.monotonic
        self.settings = settings
        self._redis = _client_of(settings) if client is None else _with_bytes(client)
        self._owns_redis = self._redis is not client
        fleet = Fleet()
        self.hub = Hub(settings.max_clients, settings.keepalive_seconds, clock)
        self.metrics = Metrics()
        feed = Feed(self._redis, Keys(settings.namespace), clock, lambda: fleet.shortest_heartbeat_seconds)
        self.pipeline = Pipeline(
            feed=feed,
            fleet=fleet,
            debounce=Debounce(settings.debounce_seconds),
            hub=self.hub,
            metrics=self.metrics,
            clock=clock,
        )
        self.stream = StatusStream(settings, self.pipeline, self.hub)
        self.metrics.watch(
            clients=lambda: len(self.hub),
            is_live=lambda: self.pipeline.lost_reason is None,
            silent=lambda: self.pipeline.silence.workers,
            fleet=fleet,
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """The pipeline at work; where Redis answers at once, there is a picture from the beginning."""
        pipeline = asyncio.create_task(self.pipeline.run(), name="pipeline")
        try:
            await self.pipeline.wait_for_picture(START_SECONDS)
            yield
        finally:
            pipeline.cancel()
            await asyncio.wait([pipeline])
            if self._owns_redis:
                await self._redis.aclose()

    async def drain(self) -> None:
        """Let everybody go before the end."""
        logger.info("draining %d open streams over %g s", len(self.hub), self.settings.drain_seconds)
        self.pipeline.stop_waiting()
        await self.hub.drain(self.settings.drain_seconds)
        logger.info("drained")

    @property
    def unhealthy_reason(self) -> str | None:
        """Why a load balancer should send nobody here."""
        if self.hub.is_draining:
            return DRAINING
        return None if self.pipeline.has_picture else self.pipeline.lost_reason or NOT_READ_YET

    @property
    def unready_reason(self) -> str | None:
        """Why the picture is not fresh."""
        return DRAINING if self.hub.is_draining else self.pipeline.lost_reason


def check_client(client: object) -> None:
    """Refuse what the gateway cannot use.

    Raises:
        SettingsError: It is no `redis.asyncio.Redis`.
    """
    if isinstance(client, redis.asyncio.Redis):
        return
    hint = "; this one would block every client" if isinstance(client, redis.Redis) else ""
    raise SettingsError(f"redis: a redis.asyncio.Redis is wanted, not {type(client).__qualname__}{hint}")


def _with_bytes(client: Redis) -> Redis:
    """The client, or one with its settings that does not decode: what is on the channel may not be text."""
    pool = client.connection_pool
    if not pool.connection_kwargs.get("decode_responses"):
        return client
    settings = pool.connection_kwargs | {"decode_responses": False}
    return Redis.from_pool(ConnectionPool(connection_class=pool.connection_class, **settings))


def _client_of(settings: Settings) -> Redis:
    # The feed reconnects as a whole, and reads everything when it does: redis-py's own retries would hide the gap. It
    # also limits each command's time itself: redis-py's limit costs a timer a command, and loses cancellations.
    client: Redis = Redis.from_url(
        settings.redis_url,
        socket_timeout=None,
        socket_connect_timeout=CONNECT_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )
    return client
