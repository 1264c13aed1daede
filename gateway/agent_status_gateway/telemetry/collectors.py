"""Prometheus collectors over hub, feed, fleet and event loop: read on request, not when something changes."""

import asyncio
from collections.abc import Callable, Iterable

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric, SummaryMetricFamily
from prometheus_client.registry import Collector
from typing_extensions import override

from agent_status_gateway.access.key_file import Access
from agent_status_gateway.fanout.hub import Hub
from agent_status_gateway.state.fleet import Fleet
from agent_status_gateway.state.views.summary.ages import NO_AGES, Ages


class HubCollector(Collector):
    """Open streams, what was written to them, and the uses of keys."""

    def __init__(self, hub: Hub, access: Access) -> None:
        self._hub = hub
        self._access = access

    @override
    def collect(self) -> Iterable[Metric]:
        counts = self._hub.counts
        yield GaugeMetricFamily("agent_status_clients", "Open streams and held requests.", len(self._hub))
        yield GaugeMetricFamily(
            "agent_status_max_clients", "The most open streams and held requests.", self._hub.max_clients
        )
        yield CounterMetricFamily("agent_status_events", "Status events written to clients.", counts.events)
        yield CounterMetricFamily("agent_status_sent_bytes", "Bytes written to clients, without heads.", counts.bytes)
        yield CounterMetricFamily("agent_status_conflated", "Snapshots that a slow client never got.", counts.conflated)
        yield CounterMetricFamily("agent_status_keepalives", "Keepalives written to clients.", counts.keepalives)
        joins = SummaryMetricFamily("agent_status_join_seconds", "Making a client and writing its first event.")
        joins.add_metric([], counts.joins, counts.join_seconds)
        yield joins
        ended = CounterMetricFamily("agent_status_streams_ended", "Ended streams by reason.", labels=["reason"])
        for reason, count in sorted(counts.endings.items()):
            ended.add_metric([reason], count)
        yield ended
        by_key = GaugeMetricFamily(
            "agent_status_key_clients", "Open streams and held requests by the name of their key.", labels=["key"]
        )
        for name in sorted(self._access.names):
            by_key.add_metric([name], self._hub.count(name))
        yield by_key
        uses = CounterMetricFamily(
            "agent_status_key_uses", "Requests that a key let in, by the key's name.", labels=["key"]
        )
        for name, count in sorted(self._access.uses.items()):
            uses.add_metric([name], count)
        yield uses


class FeedCollector(Collector):
    """State of the feed and of its channel."""

    def __init__(self, *, is_live: Callable[[], bool], unheard_workers: Callable[[], int]) -> None:
        self._is_live = is_live
        self._unheard_workers = unheard_workers

    @override
    def collect(self) -> Iterable[Metric]:
        yield GaugeMetricFamily("agent_status_feed_live", "1 while the feed is live, 0 if it is lost.", self._is_live())
        yield GaugeMetricFamily(
            "agent_status_unheard_workers",
            "Workers whose reports come only by reading Redis, not on the channel.",
            self._unheard_workers(),
        )


class LoopCollector(Collector):
    """Tasks of the running event loop."""

    @override
    def collect(self) -> Iterable[Metric]:
        tasks = len(asyncio.all_tasks())
        yield GaugeMetricFamily("agent_status_tasks", "Tasks of the event loop; a stream takes none.", tasks)


class WorkerCollector(Collector):
    """Workers, as their own reports say."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet

    @override
    def collect(self) -> Iterable[Metric]:
        known = self._fleet.workers
        workers = GaugeMetricFamily("agent_status_workers", "Workers by state.", labels=["state"])
        workers.add_metric(["live"], sum(worker.is_live for worker in known))
        workers.add_metric(["lost"], sum(worker.is_lost for worker in known))
        workers.add_metric(["left"], sum(worker.has_left for worker in known))
        yield workers


class SessionCollector(Collector):
    """Sessions of the snapshot by state.

    Attributes:
        ages: Their figures. To find them takes a look at each session, in steps, so they are brought before a reading.
    """

    def __init__(self) -> None:
        self.ages: Ages = NO_AGES

    @override
    def collect(self) -> Iterable[Metric]:
        sessions = GaugeMetricFamily("agent_status_sessions", "Sessions of the snapshot.", labels=["state"])
        oldest = GaugeMetricFamily(
            "agent_status_oldest_session_seconds",
            "How long the session has been in its state that has been longest; 0 without one.",
            labels=["state"],
        )
        quietest = GaugeMetricFamily(
            "agent_status_quietest_session_seconds",
            "How long the session has been without a call of its agent that has been longest; 0 without one.",
            labels=["state"],
        )
        for state, found in self.ages.items():
            sessions.add_metric([state.value], found.sessions)
            oldest.add_metric([state.value], found.oldest_seconds)
            quietest.add_metric([state.value], found.quietest_seconds)
        yield from (sessions, oldest, quietest)
