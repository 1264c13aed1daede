"""The parts of one replica, put together, and what its probes answer."""

import asyncio
import contextlib
import gc
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from redis.asyncio import Redis

from agent_status_gateway.access.hosts import Hosts
from agent_status_gateway.access.key_file import Access
from agent_status_gateway.access.rate_limit import Rate
from agent_status_gateway.fanout.audiences import Audiences
from agent_status_gateway.fanout.hub import Hub
from agent_status_gateway.fanout.places import Limits
from agent_status_gateway.feed.feed import Feed
from agent_status_gateway.feed.redis_client import RedisClient
from agent_status_gateway.pipeline.pipeline import Pipeline
from agent_status_gateway.settings import Settings
from agent_status_gateway.state.fleet import Fleet
from agent_status_gateway.state.views.summary.ages import ages
from agent_status_gateway.state.views.view import WHOLE
from agent_status_gateway.tasks import keep_running
from agent_status_gateway.telemetry.collectors import (
    FeedCollector,
    HubCollector,
    LoopCollector,
    SessionCollector,
    WorkerCollector,
)
from agent_status_gateway.telemetry.metrics import Metrics
from agent_status_publisher.contract.reading import Known
from agent_status_publisher.contract.wire import Keys

logger = logging.getLogger(__name__)

START_SECONDS: Final = 1.0
"""Maximum seconds for which the start waits for the first snapshot."""
LOOK_SECONDS: Final = 1.0
"""Maximum seconds that an answer with metrics waits for a look at all sessions."""
DRAINING: Final = "this replica is draining"


class Replica:
    """Feed, fleet, debounce, hub and the pipeline through them."""

    def __init__(self, settings: Settings, client: Redis | None) -> None:
        clock = time.monotonic
        self.settings = settings
        given = settings.redis_url if client is None else client
        redis = RedisClient(given, Keys(settings.namespace), settings.redis_password_file)
        fleet = Fleet()
        limits = Limits(
            clients=settings.max_clients,
            clients_per_key=settings.max_clients_per_key,
            clients_per_address=settings.max_clients_per_address,
            views=settings.max_views,
            views_per_key=settings.max_views_per_key,
        )
        self.access = Access(settings)
        self.hosts = Hosts(settings.allowed_hosts, lambda: self.access.asks_for_key)
        self.rate = Rate(settings.max_requests_per_second, clock)
        audiences = Audiences(settings.debounce_seconds, clock)
        self.hub = Hub(limits, audiences, settings.keepalive_seconds, clock)
        self.metrics = Metrics()

        def known_reports() -> Known:
            return self.pipeline.known_reports()

        feed = Feed(redis, clock, lambda: fleet.shortest_heartbeat_seconds, known_reports, fleet.kept.known_reports)
        self.pipeline = Pipeline(
            feed=feed,
            fleet=fleet,
            audiences=audiences,
            hub=self.hub,
            metrics=self.metrics,
            clock=clock,
        )
        self.health = self.pipeline.health
        self._sessions = SessionCollector()
        self.metrics.register(
            HubCollector(self.hub, self.access),
            FeedCollector(
                is_live=lambda: self.health.is_live,
                unheard_workers=lambda: self.health.missed_workers,
            ),
            WorkerCollector(fleet),
            self._sessions,
            LoopCollector(),
        )

    async def exposed_metrics(self) -> bytes:
        """All metrics in Prometheus's text format. Those of sessions are of the snapshot of now, if there is one.

        A replica that is too busy to look tells the figures of the last time: metrics are needed most then.
        """
        if self.pipeline.has_snapshot:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    self._sessions.ages = await self.pipeline.with_rows(WHOLE, ages, ages)
        return self.metrics.expose()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run the pipeline. If Redis answers at once, there is a snapshot from the beginning."""
        watch_keys = keep_running("the key file's watch", lambda: self.access.watch(self.hub.close_streams_of))
        tasks = [
            asyncio.create_task(self.pipeline.run(), name="pipeline"),
            asyncio.create_task(watch_keys, name="keys"),
            asyncio.create_task(self._freeze_first_rows(), name="freeze"),
        ]
        try:
            await self.pipeline.wait_for_snapshot(START_SECONDS)
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    async def _freeze_first_rows(self) -> None:
        """Exempt the first reading's rows from the cycle collector, if the server has exempted its own objects.

        They stay, and a collection that visits the rows of a hundred thousand sessions holds the loop for 0.1 s. Only
        once: what is garbage at that moment is never collected.
        """
        if await self.pipeline.wait_for_snapshot(None) and gc.get_freeze_count():
            gc.freeze()

    async def drain(self) -> None:
        """End all streams, spread over the drain time."""
        logger.info("draining %d open streams over %g s", len(self.hub), self.settings.drain_seconds)
        self.pipeline.stop_waiting()
        await self.hub.drain(self.settings.drain_seconds)
        logger.info("drained")

    @property
    def unhealthy_reason(self) -> str | None:
        """Why a load balancer must not send clients here; None if it may."""
        if self.hub.is_draining:
            return DRAINING
        return None if self.pipeline.has_snapshot else self.health.why_no_snapshot

    @property
    def channel_note(self) -> str | None:
        """Why changes of some workers are seen late. Once any key has a scope, it does not say how many they are."""
        health = self.health
        return health.missed_reports_note if self.access.has_scopes else health.missed_reports_reason

    @property
    def unready_reason(self) -> str | None:
        """Why the snapshot is stale; None while it is fresh."""
        return DRAINING if self.hub.is_draining else self.health.lost_reason
