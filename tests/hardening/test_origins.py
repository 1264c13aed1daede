"""Pages of other origins: the simple request, the preflighted one and the refused one, with a key and without."""

from collections.abc import Iterator

import httpx
import pytest

from chaos.gateways.gateway_client import STATUS, STREAM
from chaos.gateways.gateway_thread import GatewayThread
from chaos.servers.redis_server import RedisServer

TICKET = f"{STATUS}/ticket"
HERE = ("http://localhost:3000", "http://127.0.0.1:8000", "https://localhost")
ELSEWHERE = (
    "https://evil.example",
    "http://localhost.evil.example",
    "http://evil.example/localhost",
    "null",
    "http://[::1]",
)
KEY = {"X-Status-Key": "geheim"}
WAYS = [("GET", STATUS), ("GET", STREAM), ("POST", TICKET)]


@pytest.fixture(scope="module")
def keyed(shared_redis: RedisServer) -> Iterator[GatewayThread]:
    with GatewayThread(shared_redis.url, api_key="geheim") as gateway:
        yield gateway.ready()


@pytest.fixture(scope="module")
def closed(shared_redis: RedisServer) -> Iterator[GatewayThread]:
    with GatewayThread(shared_redis.url, api_key="geheim", cors_origins="none") as gateway:
        yield gateway.ready()


def allowed(gateway: GatewayThread, method: str, path: str, **headers: str) -> tuple[int, str | None]:
    """The status, and which origin may read the answer."""
    with httpx.stream(method, gateway.url + path, headers=headers, timeout=8) as response:
        return response.status_code, response.headers.get("access-control-allow-origin")


def preflight(gateway: GatewayThread, method: str, path: str, origin: str) -> tuple[int, str | None]:
    asked = {"Access-Control-Request-Method": method, "Access-Control-Request-Headers": "x-status-key"}
    return allowed(gateway, "OPTIONS", path, Origin=origin, **asked)


@pytest.mark.parametrize(("method", "path"), WAYS)
@pytest.mark.parametrize("origin", HERE)
def test_a_page_of_localhost_may_ask_and_may_read_even_that_its_key_is_wrong(
    keyed: GatewayThread, method: str, path: str, origin: str
) -> None:
    assert preflight(keyed, method, path, origin) == (200, origin)
    assert allowed(keyed, method, path, Origin=origin, **KEY) == (200, origin)
    assert allowed(keyed, method, path, Origin=origin) == (403, origin)


@pytest.mark.parametrize(("method", "path"), WAYS)
@pytest.mark.parametrize("origin", ELSEWHERE)
def test_a_page_of_elsewhere_may_neither_ask_nor_read(
    keyed: GatewayThread, method: str, path: str, origin: str
) -> None:
    assert preflight(keyed, method, path, origin) == (400, None)
    assert allowed(keyed, method, path, Origin=origin, **KEY)[1] is None
    assert allowed(keyed, method, path, Origin=origin)[1] is None


@pytest.mark.parametrize(("method", "path"), WAYS)
def test_with_none_not_even_localhost_may(closed: GatewayThread, method: str, path: str) -> None:
    assert preflight(closed, method, path, HERE[0]) == (400, None)
    assert allowed(closed, method, path, Origin=HERE[0], **KEY) == (200, None)


def test_no_answer_says_that_cookies_may_be_sent(keyed: GatewayThread) -> None:
    headers = keyed.get(STATUS, headers={"Origin": HERE[0]} | KEY).headers
    assert "access-control-allow-credentials" not in headers
