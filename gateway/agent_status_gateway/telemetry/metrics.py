"""One replica's Prometheus metrics. No label holds a session's content."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, Info, ProcessCollector, generate_latest
from prometheus_client.registry import Collector

from agent_status_gateway.version import VERSION

CHANGE_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 1.1, 1.25, 1.5, 2.0, 5.0)
"""Upper bounds in seconds. A change waits for its window, which is one second by default."""
BROADCAST_BUCKETS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)
"""Upper bounds in seconds."""


class Metrics:
    """The metrics of one replica, in a registry of its own. Collectors read some of them on request."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        info = Info("agent_status_build", "The gateway's version.", registry=registry)
        info.info({"version": VERSION})
        ProcessCollector(registry=registry)
        self.reports = Counter("agent_status_reports", "Reports received on the channel.", registry=registry)
        self.full_reads = Counter(
            "agent_status_full_reads", "Times that all of Redis was read while live.", registry=registry
        )
        self.malformed_reports = Counter(
            "agent_status_malformed_reports",
            "What arrived and is not a report.",
            ["reason"],
            registry=registry,
        )
        self.feed_losses = Counter(
            "agent_status_feed_losses", "Times that Redis was lost.", ["reason"], registry=registry
        )
        self.frames = Counter("agent_status_frames_encoded", "Snapshots encoded.", registry=registry)
        self._changes = Histogram(
            "agent_status_change_seconds",
            "From the moment that a change was seen here to its last write to a client, the debounce included.",
            buckets=CHANGE_BUCKETS,
            registry=registry,
        )
        self._broadcasts = Histogram(
            "agent_status_broadcast_seconds",
            "From a broadcast's first write to its last.",
            buckets=BROADCAST_BUCKETS,
            registry=registry,
        )

    def observe_broadcast(self, *, changed_at: float, began_at: float, ended_at: float) -> None:
        """Record one broadcast; the moments are seconds on one clock."""
        self._changes.observe(ended_at - changed_at)
        self._broadcasts.observe(ended_at - began_at)

    def register(self, *collectors: Collector) -> None:
        """Add collectors, which are read at each `expose`."""
        for collector in collectors:
            self._registry.register(collector)

    def expose(self) -> bytes:
        """Write all metrics in Prometheus's text format."""
        return generate_latest(self._registry)
