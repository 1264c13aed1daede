"""`agent-status-gateway doctor`, on what is well and on what is not."""

import http.server
import threading
from collections.abc import Iterator

import pytest

from agent_status_gateway.cli.doctor import stream_checks
from agent_status_gateway.cli.doctor.examination import examine
from agent_status_gateway.plain_text import plain
from agent_status_gateway.settings import Settings
from chaos.gateways.gateway_thread import GatewayThread
from chaos.ports import free_port
from chaos.servers.redis_server import RedisServer
from tests.support.gateways.answering import answering


def examined(url: str, redis_url: str, *, key: str | None = None, idle_seconds: float = 0.0) -> tuple[bool, str]:
    """Whether all is well, and what was said."""
    said: list[str] = []
    is_well = examine(url, key, Settings.load(redis_url=redis_url), idle_seconds, said.append)
    return is_well, "\n".join(said)


@pytest.fixture
def gateway(real_redis: RedisServer) -> Iterator[GatewayThread]:
    with GatewayThread(real_redis.url, debounce_seconds=0.05, keepalive_seconds=1) as gateway:
        yield gateway.ready()


def test_where_all_is_well_it_says_so_and_the_whole_way_is_measured(
    gateway: GatewayThread, real_redis: RedisServer
) -> None:
    is_well, said = examined(gateway.url, real_redis.url, idle_seconds=10)
    assert is_well, said
    for part in (
        *("Redis answers in", "the gateway is ready", "on the stream after", "its keepalive comes through"),
        "change events of a view add up to its JSON snapshot",
    ):
        assert part in said
    assert "wrong" not in said
    assert gateway.states() == {}, "the doctor's own session has ended"


def test_a_gateway_that_refuses_the_host_is_wrong_and_the_setting_is_named(real_redis: RedisServer) -> None:
    def answer(request: http.server.BaseHTTPRequestHandler) -> None:
        request.send_response(421)
        request.end_headers()
        request.wfile.write(b'{"detail": "this gateway does not answer for that host"}')

    with answering(answer) as url:
        is_well, said = examined(url, real_redis.url)
    assert not is_well
    assert f"wrong  the gateway refuses the host of {url}" in said
    assert "AGENT_STATUS_ALLOWED_HOSTS" in said
    assert "is the address of a gateway" not in said


def test_a_keepalive_that_is_longer_than_the_check_is_not_called_wrong(real_redis: RedisServer) -> None:
    with GatewayThread(real_redis.url, debounce_seconds=0.05, keepalive_seconds=3600) as gateway:
        is_well, said = examined(gateway.ready().url, real_redis.url, idle_seconds=0.5)
    assert is_well, said
    assert "the stream works after 0.5 s without a keepalive" in said


def test_a_stream_that_something_has_dropped_without_closing_it_is_wrong(
    real_redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_checks, "CHANGE_SECONDS", 0.5)
    is_over = threading.Event()

    def answer(request: http.server.BaseHTTPRequestHandler) -> None:
        """A stream that says one thing, and then nothing for ever."""
        is_stream = request.path != "/readyz"
        request.send_response(200)
        request.send_header("Content-Type", "text/event-stream" if is_stream else "application/json")
        request.end_headers()
        request.wfile.write(b'data: {"sessions": []}\n\n' if is_stream else b'{"status": "ok"}')
        if is_stream:
            is_over.wait(30)

    with answering(answer) as url:
        is_well, said = examined(url, real_redis.url, idle_seconds=0.2)
        is_over.set()
    assert not is_well
    assert "wrong  no keepalive within 0.2 s, and a change after that did not reach the stream" in said


def test_a_redis_that_does_not_answer_is_wrong_and_shows_no_password(gateway: GatewayThread) -> None:
    is_well, said = examined(gateway.url, f"redis://:hunter2@127.0.0.1:{free_port()}/0")
    assert not is_well
    assert "wrong  Redis cannot be used" in said
    assert "hunter2" not in said


def test_for_a_user_without_rights_the_doctor_names_the_right_and_where_the_rule_is(
    gateway: GatewayThread, real_redis: RedisServer
) -> None:
    with real_redis.client() as admin:
        admin.acl_setuser("nobody", enabled=True, passwords=["+secret"], commands=["+ping"])
        try:
            is_well, said = examined(gateway.url, real_redis.url.replace("unix://", "unix://nobody:secret@"))
        finally:
            admin.acl_deluser("nobody")
    assert not is_well
    assert "wrong  Redis refuses to run the script that reads all workers" in said
    assert "Users with the least rights" in said


def test_a_redis_that_evicts_is_wrong(gateway: GatewayThread, real_redis: RedisServer) -> None:
    with real_redis.client() as admin:
        admin.config_set("maxmemory", "100mb")
        admin.config_set("maxmemory-policy", "allkeys-lru")
        try:
            is_well, said = examined(gateway.url, real_redis.url)
        finally:
            admin.config_set("maxmemory", "0")
            admin.config_set("maxmemory-policy", "noeviction")
    assert not is_well
    assert "wrong  Redis evicts keys" in said


def test_a_gateway_of_another_redis_shows_no_change_and_that_is_said(
    gateway: GatewayThread, own_redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_checks, "CHANGE_SECONDS", 0.5)
    is_well, said = examined(gateway.url, own_redis.url)
    assert not is_well
    assert "check that the gateway at --url reads this Redis" in said


def test_a_key_that_is_missing_is_said(real_redis: RedisServer) -> None:
    with GatewayThread(real_redis.url, api_key="geheim") as gateway:
        gateway.ready()
        assert "wrong  the stream requires a key" in examined(gateway.url, real_redis.url)[1]
        is_well, said = examined(gateway.url, real_redis.url, key="geheim")
    assert is_well, said
    assert "geheim" not in said


def test_an_address_that_is_not_a_gateways_is_named(real_redis: RedisServer) -> None:
    def answer(request: http.server.BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Type", "text/html")
        request.send_header("Content-Length", "2")
        request.end_headers()
        request.wfile.write(b"hi")

    with answering(answer) as url:
        is_well, said = examined(url, real_redis.url)
    assert not is_well
    assert "check that --url is the address of a gateway" in said


def test_a_balancer_that_buffers_or_cuts_is_said(real_redis: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(request: http.server.BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        kind = "application/json" if request.path == "/readyz" else "text/event-stream"
        request.send_header("Content-Type", kind)
        request.send_header("Via", "1.1 cache")
        request.send_header("Connection", "close")
        request.end_headers()
        if request.path == "/readyz":
            request.wfile.write(b'{"status": "ok"}')

    monkeypatch.setattr(stream_checks, "FIRST_SECONDS", 0.5)
    with answering(answer) as url:
        is_well, said = examined(url, real_redis.url)
    assert not is_well
    assert "wrong  no first event within 0.5 s: it was closed" in said
    assert "through 1.1 cache" in said


def gateway_answer(request: http.server.BaseHTTPRequestHandler, *, kind: str = "application/json") -> None:
    request.send_response(200)
    request.send_header("Content-Type", kind)
    request.end_headers()
    if kind == "application/json":
        request.wfile.write(b'{"status": "ok"}')


def test_a_proxy_that_holds_back_the_headers_is_said_within_a_time_limit(
    real_redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_checks, "FIRST_SECONDS", 0.3)
    is_over = threading.Event()

    def answer(request: http.server.BaseHTTPRequestHandler) -> None:
        if request.path == "/readyz":
            gateway_answer(request)
        else:
            is_over.wait(30)

    with answering(answer) as url:
        is_well, said = examined(url, real_redis.url)
        is_over.set()
    assert not is_well
    assert "wrong  the stream's headers did not come within 0.3 s" in said
    assert "buffers the response" in said


def test_a_first_event_or_a_change_that_comes_late_is_not_called_ok(
    real_redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with GatewayThread(real_redis.url, debounce_seconds=0.05) as gateway:
        gateway.ready()
        monkeypatch.setattr(stream_checks, "LATE_SECONDS", -60.0)
        said = examined(gateway.url, real_redis.url)[1]
        assert "wrong  the first event came only after" in said
        monkeypatch.setattr(stream_checks, "LATE_SECONDS", 60.0)
        settings = Settings.load(redis_url=real_redis.url).model_copy(update={"debounce_seconds": -120.0})
        lines: list[str] = []
        assert not examine(gateway.url, None, settings, 0.0, lines.append)
    assert any("but on the stream only after" in line for line in lines)


def test_what_a_gateway_or_a_proxy_writes_cannot_act_on_the_terminal(real_redis: RedisServer) -> None:
    def answer(request: http.server.BaseHTTPRequestHandler) -> None:
        request.send_response(503)
        request.send_header("Content-Type", "application/json")
        request.end_headers()
        request.wfile.write(b'{"reason": "\\u001b]0;owned\\u0007 \\u202e\\u009b2J' + b"x" * 5000 + b'"}')

    with answering(answer) as url:
        is_well, said = examined(url, real_redis.url)
    assert not is_well
    assert plain(said.replace("\n", "")) == said.replace("\n", "")
    assert max(map(len, said.splitlines())) < 700


def test_a_redis_that_cannot_be_used_is_said_once(gateway: GatewayThread, capfd: pytest.CaptureFixture[str]) -> None:
    said = examined(gateway.url, f"redis://127.0.0.1:{free_port()}/0")[1]
    assert said.count("wrong  ") == 1
    assert "nothing listens there" in said
    assert "worker's report" not in said
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("redis_url", "advice"),
    [
        ("redis://name.invalid:6379/0", "its name cannot be resolved"),
        ("redis://127.0.0.1:1/0?encoding=no-such", "check REDIS_URL and its options"),
        ("redis://127.0.0.1:1/0?event_dispatcher=x", "check REDIS_URL and its options"),
    ],
)
def test_a_redis_url_that_leads_nowhere_has_its_advice_and_no_traceback(
    gateway: GatewayThread, redis_url: str, advice: str
) -> None:
    is_well, said = examined(gateway.url, redis_url)
    assert not is_well
    assert advice in said


def test_a_wrong_password_of_redis_has_its_advice(gateway: GatewayThread, real_redis: RedisServer) -> None:
    said = examined(gateway.url, real_redis.url.replace("unix://", "unix://somebody:hunter2@"))[1]
    assert "check the user and the password in REDIS_URL" in said
    assert "hunter2" not in said


@pytest.mark.parametrize(
    ("url", "advice"),
    [
        ("http://name.invalid:8000", "its name cannot be resolved"),
        ("localhost:8000", "must be an address such as http://localhost:8000"),
        ("http://status.example", "add status.example to NO_PROXY"),
    ],
)
def test_an_address_that_leads_nowhere_has_its_advice(
    real_redis: RedisServer, monkeypatch: pytest.MonkeyPatch, url: str, advice: str
) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:9" if "example" in url else "")
    is_well, said = examined(url, real_redis.url)
    assert not is_well
    assert advice in said


def test_https_at_a_port_without_tls_names_the_scheme(gateway: GatewayThread, real_redis: RedisServer) -> None:
    said = examined(gateway.url.replace("http:", "https:"), real_redis.url)[1]
    assert "use http:// in --url" in said


def test_tls_to_a_redis_without_it_names_the_scheme(gateway: GatewayThread) -> None:
    port = free_port()
    plain = RedisServer("--port", str(port))
    try:
        said = examined(gateway.url, f"rediss://127.0.0.1:{port}")[1]
    finally:
        plain.close()
    assert "redis:// for one without" in said
    assert "use rediss://" not in said
