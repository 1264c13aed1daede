"""A real browser, with a page from another port: EventSource and fetch, as on the API page."""

import http.server
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import quote

import httpx
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from agent_status_publisher import Session, StatusPublisher
from chaos import need
from chaos.gateways.gateway_process import STATUS, STREAM, GatewayProcess
from chaos.servers.redis_server import RedisServer
from tests.e2e.conftest import DEBOUNCE_SECONDS, KEY, SESSION_KEY, THINKING, TOOL_RUNNING, states
from tests.e2e.test_examples_docs import OWN_DASHBOARD, at
from tests.support.documents import example

FOREIGN_HOST: Final = "evil.example"
PAGE_MS: Final = 20_000
"""Twice what a page waits at most: 5 s for a first snapshot, then 4 s until it asks again."""

DASHBOARD: Final = b"""<!doctype html>
<title>A dashboard</title>
<link rel="icon" href="data:,">
<script>
  const happened = [];
  let newest = null;

  function watch(url) {
    const source = new EventSource(url);
    source.addEventListener("open", () => happened.push("open"));
    source.addEventListener("error", () => happened.push(["connecting", "open", "closed"][source.readyState]));
    source.addEventListener("status", (event) => {
      newest = JSON.parse(event.data);
      happened.push("status");
    });
  }

  async function ask(url, key) {
    const headers = { "X-Status-Key": key, "Content-Type": "application/json" };
    const response = await fetch(url, { headers });
    return { status: response.status, body: await response.json() };
  }

  function shows(key, state) {
    return newest !== null && newest.sessions.some((row) => row.session_key === key && row.state === state);
  }
</script>
"""

OpenPage = Callable[..., Page]


class Dashboard(http.server.BaseHTTPRequestHandler):
    """Serves the page and says nothing."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(DASHBOARD)))
        self.end_headers()
        self.wfile.write(DASHBOARD)

    def log_message(self, *_arguments: object) -> None:
        """Not to the tests' output."""


@contextmanager
def pages_served() -> Iterator[int]:
    """The port of a web server that has the page and is not the gateway."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Dashboard) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="pages")
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join(10)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = need.program("chromium", "chromium-browser", "google-chrome")
    arguments = ["--no-sandbox", f"--host-resolver-rules=MAP {FOREIGN_HOST} 127.0.0.1"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Opens the page, from `localhost` unless another host is named."""

    def opened(host: str = "localhost") -> Page:
        page = context.new_page()
        page.goto(f"http://{host}:{port}/")
        return page

    with pages_served() as port:
        context = browser.new_context()
        context.set_default_timeout(PAGE_MS)
        yield opened
        context.close()


def watch(page: Page, url: str) -> None:
    page.evaluate("url => watch(url)", url)


def ask(page: Page, url: str, key: str) -> dict[str, Any]:
    answer: dict[str, Any] = page.evaluate("([url, key]) => ask(url, key)", [url, key])
    return answer


def wait_until_shown(page: Page, session_key: str, state: str) -> None:
    page.wait_for_function("([key, state]) => shows(key, state)", arg=[session_key, state])


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_browser_page_on_another_port_sees_the_snapshot_and_a_live_change(
    host: str, open_page: OpenPage, gateway: GatewayProcess, session: Session
) -> None:
    page = open_page(host)
    watch(page, gateway.url + STREAM)
    page.wait_for_function("newest")
    assert states(page.evaluate("newest")) == THINKING

    session.tool_running("bash")

    wait_until_shown(page, SESSION_KEY, "tool_running")
    assert states(page.evaluate("newest")) == TOOL_RUNNING
    assert page.evaluate("happened") == ["open", "status", "status"]


@pytest.mark.slow
def test_a_browser_decodes_a_large_compressed_snapshot_from_any_joining_point(
    open_page: OpenPage, gateway: GatewayProcess, publisher: StatusPublisher
) -> None:
    wanted = {f"big:{number:03}": f"Größe {number} 🙂" for number in range(500)}
    for key, title in wanted.items():
        publisher.session(key, title=title)
    codings: list[str | None] = []
    for state in ("streaming", "thinking", "waiting_for_user"):
        page = open_page()
        page.on("response", lambda answer: codings.append(answer.header_value("content-encoding")))
        watch(page, gateway.url + STREAM)
        publisher.publish("big:000", state)
        wait_until_shown(page, "big:000", state)
        wait_until_shown(page, "big:499", "thinking")
        rows = page.evaluate("newest")["sessions"]
        assert {row["session_key"]: row["title"] for row in rows} == wanted
    assert codings == ["gzip"] * 3


def test_a_browser_page_with_the_right_key_in_the_query_sees_a_live_change(
    open_page: OpenPage, keyed_gateway: GatewayProcess, publisher: StatusPublisher
) -> None:
    page = open_page()
    watch(page, f"{keyed_gateway.url}{STREAM}?key={quote(KEY)}")
    page.wait_for_function("newest")
    publisher.session("discord:keyed")
    wait_until_shown(page, "discord:keyed", "thinking")


def test_a_browser_page_with_a_wrong_key_in_the_query_is_refused_for_good(
    open_page: OpenPage, keyed_gateway: GatewayProcess
) -> None:
    page = open_page()
    watch(page, f"{keyed_gateway.url}{STREAM}?key=wrong")
    page.wait_for_function("happened.length")
    assert page.evaluate("happened") == ["closed"]


def test_a_browser_page_may_send_the_key_and_a_content_type_as_headers(
    open_page: OpenPage, keyed_gateway: GatewayProcess
) -> None:
    answer = ask(open_page(), keyed_gateway.url + STATUS, KEY)
    assert answer["status"] == httpx.codes.OK
    assert set(answer["body"]) == {"global", "sessions"}


@pytest.mark.parametrize("path", [STATUS, STREAM])
def test_a_browser_page_can_read_why_a_wrong_key_is_refused(
    path: str, open_page: OpenPage, keyed_gateway: GatewayProcess
) -> None:
    answer = ask(open_page(), keyed_gateway.url + path, "wrong")
    assert answer == {"status": 403, "body": {"detail": "Invalid or missing status API key"}}


def test_a_browser_page_from_a_foreign_origin_reads_neither_endpoint(
    open_page: OpenPage, gateway: GatewayProcess
) -> None:
    page = open_page(FOREIGN_HOST)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    refused = page.evaluate("url => fetch(url).then(() => null, (error) => error.name)", gateway.url + STATUS)
    assert refused == "TypeError"
    watch(page, gateway.url + STREAM)
    page.wait_for_function("happened.length")
    assert page.evaluate("happened") == ["closed"]
    assert [url for url in (STATUS, STREAM) if any(f"{url}'" in line and "CORS policy" in line for line in said)] == [
        STATUS,
        STREAM,
    ]


@pytest.mark.slow
def test_a_browser_page_keeps_asking_a_gateway_without_a_snapshot_until_it_has_one(
    open_page: OpenPage, own_redis: RedisServer
) -> None:
    own_redis.kill()
    with GatewayProcess(own_redis.url, debounce_seconds=DEBOUNCE_SECONDS) as gateway:
        page = open_page()
        watch(page, gateway.url + STREAM)
        answer = gateway.get(STREAM, headers={"Accept": "text/event-stream"})
        assert answer.status_code == httpx.codes.OK
        assert answer.text.startswith("retry: ")
        assert answer.text.count("\n") == 1

        page.wait_for_function("happened.length >= 2")
        assert page.evaluate("happened.slice(0, 2)") == ["open", "connecting"]

        own_redis.start()
        with StatusPublisher(own_redis.url) as publisher:
            publisher.session(SESSION_KEY)
            wait_until_shown(page, SESSION_KEY, "thinking")
        assert "closed" not in page.evaluate("happened")


@pytest.mark.usefixtures("session")
def test_the_readmes_example_prints_states_in_a_page(gateway: GatewayProcess, open_page: OpenPage) -> None:
    page = open_page()
    with page.expect_console_message(lambda message: message.text == "websocket: thinking"):
        page.add_script_tag(content=at(gateway, example(OWN_DASHBOARD, "js", "function watch")))
