"""A notifier's Prometheus metrics, in a registry of its own. No label holds a session's content."""

from typing import Literal, get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

from agent_status_gateway.cli.notify.metrics_server import serve_metrics

Outcome = Literal["told", "refused", "failed", "dropped"]


class Metrics:
    """The metrics of one notifier."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._due = Counter(
            "agent_status_notify_due", "What became due to be told, by state.", ["state"], registry=self._registry
        )
        self._messages = Counter(
            "agent_status_notify_messages",
            "Tries to tell a message: told; refused, so not tried again; failed, so tried again. Things: dropped.",
            ["target", "outcome"],
            registry=self._registry,
        )
        self._waiting = Gauge(
            "agent_status_notify_waiting", "Messages that wait for a target.", ["target"], registry=self._registry
        )
        self._current = Gauge(
            "agent_status_notify_current", "1 while every rule has a current snapshot.", registry=self._registry
        )

    def serve(self, port: int, host: str) -> None:
        """Serve them over HTTP, in threads.

        Raises:
            OSError: The address is not known, or cannot be listened on.
        """
        serve_metrics(self._registry, host, port)

    def expose(self) -> bytes:
        """Write them as Prometheus reads them."""
        return generate_latest(self._registry)

    def due(self, state: str) -> None:
        """Count something that became due."""
        self._due.labels(state).inc()

    def begin(self, target: str) -> None:
        """Expose a target's metrics as 0: of a counter that begins with 1, Prometheus does not see the first step."""
        self.waiting(target, 0)
        for outcome in get_args(Outcome):
            self.messages(target, outcome, 0)

    def messages(self, target: str, outcome: Outcome, count: int = 1) -> None:
        """Count tries to tell a message, or what is dropped."""
        self._messages.labels(target, outcome).inc(count)

    def waiting(self, target: str, count: int) -> None:
        """Set how many messages wait for a target."""
        self._waiting.labels(target).set(count)

    def current(self, *, is_current: bool) -> None:
        """Set whether every rule has a current snapshot."""
        self._current.set(is_current)
