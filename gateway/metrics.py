"""What an operator can count. No session's content is in a label."""

from collections.abc import Callable, Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Info, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from gateway.fleet import Fleet
from gateway.version import VERSION
from publisher.wire import SessionState


class Metrics:
    """One replica's figures, in a registry of its own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        info = Info("gateway_build", "What runs here.", registry=self._registry)
        info.info({"version": VERSION})
        self.words = Counter("gateway_words", "Words heard on the channel.", registry=self._registry)
        self.malformed_words = Counter(
            "gateway_malformed_words", "What came and was no word.", ["reason"], registry=self._registry
        )
        self.frames = Counter("gateway_frames_encoded", "Pictures turned into bytes.", registry=self._registry)
        self.events = Counter("gateway_events", "Status events offered to clients.", registry=self._registry)
        self._clients = Gauge("gateway_clients", "Open streams.", registry=self._registry)
        self._silent = Gauge(
            "gateway_silent_workers", "Workers not heard on the channel, only by reading.", registry=self._registry
        )
        self._feed = Gauge("gateway_feed_live", "1 while Redis is heard.", registry=self._registry)

    def watch(
        self, *, clients: Callable[[], int], is_live: Callable[[], bool], silent: Callable[[], int], fleet: Fleet
    ) -> None:
        """Read these when asked, not when they change."""
        self._clients.set_function(clients)
        self._feed.set_function(is_live)
        self._silent.set_function(silent)
        self._registry.register(_FleetCollector(fleet))

    def expose(self) -> bytes:
        """Everything in Prometheus's text format."""
        return generate_latest(self._registry)


class _FleetCollector(Collector):
    """Workers and the sessions that they hold, as their own words say it."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet

    def collect(self) -> Iterable[GaugeMetricFamily]:
        known = self._fleet.workers
        workers = GaugeMetricFamily("gateway_workers", "Workers by what has become of them.", labels=["state"])
        workers.add_metric(["live"], sum(worker.is_live for worker in known))
        workers.add_metric(["lost"], sum(worker.is_lost for worker in known))
        workers.add_metric(["left"], sum(worker.has_left for worker in known))
        yield workers
        sessions = GaugeMetricFamily("gateway_sessions", "Sessions that live workers hold.", labels=["state"])
        states = [session.state for worker in known if worker.is_live for session in worker.word.record.sessions]
        for state in SessionState:
            sessions.add_metric([state.value], states.count(state))
        yield sessions
