"""What an operator can count. No session's content is in a label."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric, SummaryMetricFamily
from prometheus_client.registry import Collector

from agent_status_gateway.access.key_file import Access
from agent_status_gateway.fanout.hub import Hub
from agent_status_gateway.state.fleet import Fleet
from agent_status_gateway.version import VERSION
from agent_status_publisher.contract.wire import SessionState

CHANGE_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 1.1, 1.25, 1.5, 2.0, 5.0)
"""Seconds; a change waits for its window, a second by default."""
BROADCAST_BUCKETS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)


class Metrics:
    """One replica's figures, in a registry of its own."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        info = Info("agent_status_build", "What runs here.", registry=registry)
        info.info({"version": VERSION})
        ProcessCollector(registry=registry)
        self.reports = Counter("agent_status_reports", "Words heard on the channel.", registry=registry)
        self.readings = Counter(
            "agent_status_full_reads", "Times that all of Redis was read while live.", registry=registry
        )
        self.malformed_reports = Counter(
            "agent_status_malformed_reports", "What came and was no word.", ["reason"], registry=registry
        )
        self.feed_losses = Counter(
            "agent_status_feed_losses", "Times that Redis was lost.", ["reason"], registry=registry
        )
        self.frames = Counter("agent_status_frames_encoded", "Pictures turned into bytes.", registry=registry)
        self._changes = Histogram(
            "agent_status_change_seconds",
            "From a change's being seen here to its last write to a client, the debounce included.",
            buckets=CHANGE_BUCKETS,
            registry=registry,
        )
        self._broadcasts = Histogram(
            "agent_status_broadcast_seconds",
            "From a broadcast's first write to its last.",
            buckets=BROADCAST_BUCKETS,
            registry=registry,
        )

    def spoke(self, *, changed_at: float, began_at: float, ended_at: float) -> None:
        """A picture has gone out; moments are seconds on one clock."""
        self._changes.observe(ended_at - changed_at)
        self._broadcasts.observe(ended_at - began_at)

    def watch(
        self, *, hub: Hub, access: Access, is_live: Callable[[], bool], silent: Callable[[], int], fleet: Fleet
    ) -> None:
        """Read these when asked, not when they change."""
        gauges = {
            "agent_status_clients": ("Open streams.", lambda: len(hub)),
            "agent_status_max_clients": ("How many there may be.", lambda: hub.max_clients),
            "agent_status_unheard_workers": ("Workers not heard on the channel, only by reading.", silent),
            "agent_status_feed_live": ("1 while Redis is heard.", is_live),
            "agent_status_tasks": ("Tasks of the event loop; streams take none.", lambda: len(asyncio.all_tasks())),
        }
        for name, (what, value) in gauges.items():
            Gauge(name, what, registry=self._registry).set_function(value)
        self._registry.register(_FleetCollector(fleet))
        self._registry.register(_HubCollector(hub, access))

    def expose(self) -> bytes:
        """Everything in Prometheus's text format."""
        return generate_latest(self._registry)


class _HubCollector(Collector):
    """What was written to clients."""

    def __init__(self, hub: Hub, access: Access) -> None:
        self._hub = hub
        self._access = access

    def collect(self) -> Iterable[Metric]:
        counts = self._hub.counts
        yield CounterMetricFamily("agent_status_events", "Status events written to clients.", counts.events)
        yield CounterMetricFamily("agent_status_sent_bytes", "Bytes written to clients, but for heads.", counts.bytes)
        yield CounterMetricFamily("agent_status_conflated", "Pictures that a slow client never got.", counts.conflated)
        yield CounterMetricFamily("agent_status_keepalives", "Keepalives written to clients.", counts.keepalives)
        joins = SummaryMetricFamily("agent_status_join_seconds", "Making a client, and writing its first event.")
        joins.add_metric([], counts.joins, counts.join_seconds)
        yield joins
        ended = CounterMetricFamily("agent_status_streams_ended", "Streams by why they ended.", labels=["reason"])
        for reason, count in sorted(counts.endings.items()):
            ended.add_metric([reason], count)
        yield ended
        by_key = GaugeMetricFamily("agent_status_key_clients", "Open streams by the name of their key.", labels=["key"])
        for name in sorted(self._access.names):
            by_key.add_metric([name], self._hub.count(name))
        yield by_key
        uses = CounterMetricFamily(
            "agent_status_key_uses", "Requests that were let in, by the key's name.", labels=["key"]
        )
        for name, count in sorted(self._access.uses.items()):
            uses.add_metric([name], count)
        yield uses


class _FleetCollector(Collector):
    """Workers and the sessions that they hold, as their own words say it."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet

    def collect(self) -> Iterable[Metric]:
        known = self._fleet.workers
        workers = GaugeMetricFamily("agent_status_workers", "Workers by what has become of them.", labels=["state"])
        workers.add_metric(["live"], sum(worker.is_live for worker in known))
        workers.add_metric(["lost"], sum(worker.is_lost for worker in known))
        workers.add_metric(["left"], sum(worker.has_left for worker in known))
        yield workers
        sessions = GaugeMetricFamily("agent_status_sessions", "Sessions that live workers hold.", labels=["state"])
        states = [session.state for worker in known if worker.is_live for session in worker.report.record.sessions]
        for state in SessionState:
            sessions.add_metric([state.value], states.count(state))
        yield sessions
