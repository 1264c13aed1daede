"""A gateway with keys of several scopes, and what each of them is shown.

Two workers: one holds sessions of `web` and `ci`, the other of `ci` only, with twice the capacity. `web:1` has a label,
and `web:2` is its child.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from agent_status_publisher import StatusPublisher
from chaos.clients.sse import Dashboard
from chaos.gateways.gateway_client import STATUS, STREAM
from chaos.gateways.gateway_thread import GatewayThread, Served
from chaos.servers.redis_server import RedisServer

TICKET: Final = f"{STATUS}/ticket"
WORKERS: Final = "/api/v1/agent/workers"
KEYS: Final = (
    "all: everything\n"
    "web: webkey channel=web\n"
    "one: onekey session=web:1 channel=web,ci\n"
    "both: bothkey channel=web,ci\n"
    "empty: emptykey channel=nobody\n"
    "labels: labelkey label=team:web\n"
    "children: childkey parent=web:1\n"
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "keys"
    file.write_text(KEYS)
    return file


@pytest.fixture
def web_worker(real_redis: RedisServer) -> Iterator[StatusPublisher]:
    with StatusPublisher(real_redis.url, max_concurrent=3) as publisher:
        publisher.session("web:1", labels={"team": "web"}).thinking()
        publisher.session("web:2", parent="web:1").streaming()
        publisher.publish("ci:1", "error", error_message="SECRET")
        assert publisher.flush()
        yield publisher


@pytest.fixture
def ci_worker(real_redis: RedisServer) -> Iterator[StatusPublisher]:
    with StatusPublisher(real_redis.url, max_concurrent=6) as publisher:
        publisher.publish("ci:2", "tool_running", tool_name="SECRET")
        assert publisher.flush()
        yield publisher


@pytest.fixture
def gateway(
    real_redis: RedisServer,
    served: Served,
    file: Path,
    web_worker: StatusPublisher,  # noqa: ARG001 - so that Redis knows it before the gateway reads
    ci_worker: StatusPublisher,  # noqa: ARG001 - as above
) -> Iterator[GatewayThread]:
    with GatewayThread(real_redis.url, served, api_keys_file=file, debounce_seconds=0.1) as made:
        yield made.ready()


def get(gateway: GatewayThread, key: str, path: str = STATUS) -> httpx.Response:
    return gateway.get(path, headers={"X-Status-Key": key})


def snapshot(gateway: GatewayThread, key: str, query: str = "") -> dict[str, Any]:
    response = get(gateway, key, f"{STATUS}?{query}")
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


def keys_of(snapshot: dict[str, Any]) -> list[str]:
    return [row["session_key"] for row in snapshot["sessions"]]


def ticket(gateway: GatewayThread, key: str, **body: object) -> str:
    given = {"json": body} if body else {}
    response = httpx.post(gateway.url + TICKET, headers={"X-Status-Key": key}, timeout=8, **given)  # type: ignore[arg-type]
    assert response.status_code == 200, response.text
    text: str = response.json()["ticket"]
    return text


def first(gateway: GatewayThread, query: str) -> dict[str, Any]:
    """The first snapshot of a stream."""
    with Dashboard(gateway.url, f"{STREAM}?{query}") as dashboard:
        data: dict[str, Any] = dashboard.wait_for_first().data
    return data
