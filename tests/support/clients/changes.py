"""The whole way, once: a worker's call, Redis, a gateway, a dashboard."""

from agent_status_publisher import StatusPublisher
from chaos.clients.sse import Dashboard
from chaos.gateways.gateway_thread import GatewayThread


def check_that_changes_come_at_once(*, worker_url: str, gateway_url: str) -> None:
    """Heartbeats and readings are half a minute and more away, so a change can only come by the channel."""
    with (
        GatewayThread(gateway_url, debounce_seconds=0.05) as gateway,
        Dashboard(gateway.ready().url) as dashboard,
        StatusPublisher(worker_url, heartbeat_seconds=30, lease_seconds=60) as publisher,
    ):
        session = publisher.session("web:1")
        assert publisher.flush()
        dashboard.wait_for({"web:1": "thinking"}, 2)
        session.streaming()
        dashboard.wait_for({"web:1": "streaming"}, 2)
        session.end()
        dashboard.wait_for({}, 2)
