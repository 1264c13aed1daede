"""The API's own documentation, as it is served."""

import httpx
import pytest

from agent_status_publisher.testing import RecordingPublisher
from chaos.gateways.gateway_thread import GatewayThread, Served
from chaos.servers.redis_server import RedisServer
from tests.support.gateways.ingest_thread import ingest

PATH = "GET</code><code>{}/api/v1/agent/status</code>"


@pytest.mark.parametrize("prefix", ["", "/agents"])
def test_the_page_and_the_document_are_served_under_any_prefix_and_need_no_key(
    real_redis: RedisServer, served: Served, prefix: str
) -> None:
    rooted = Served(http=served.http, loop=served.loop, root_path=prefix)
    with GatewayThread(real_redis.url, rooted, api_key="geheim") as gateway:
        gateway.ready()
        for path in ("/docs", "/openapi.json"):
            assert gateway.get(path).status_code == 200
        page = gateway.get("/docs")
        assert PATH.format(prefix) in page.text
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert "sandbox" in page.headers["content-security-policy"]
        assert httpx.head(gateway.url + "/docs").status_code == 200


@pytest.mark.parametrize("path", ["/redoc", "/docs/oauth2-redirect"])
def test_no_other_page_of_the_framework_is_served(real_redis: RedisServer, served: Served, path: str) -> None:
    with GatewayThread(real_redis.url, served) as gateway:
        assert gateway.ready().get(path).status_code == 404


def test_ingest_serves_its_own_in_the_same_way() -> None:
    with ingest(RecordingPublisher()) as url:
        page = httpx.get(f"{url}/docs")
        assert "/sessions/{key}" in page.text
        assert "sandbox" in page.headers["content-security-policy"]
        assert httpx.get(f"{url}/redoc").status_code == 404
