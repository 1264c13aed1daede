"""The badge in Chromium, as pages embed it."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any, Final

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page

from agent_status_gateway.http.glance.badge import badge
from agent_status_gateway.paths import BADGE_PATH, STATUS_PATH
from agent_status_gateway.state.views.tally import Tally
from agent_status_publisher import StatusPublisher
from chaos.gateways.gateway_process import GatewayProcess
from chaos.wait import wait_until
from tests.e2e.conftest import KEY

pytestmark = pytest.mark.slow

SIZE: Final = """src => new Promise(resolve => {
    const image = document.createElement("img");
    image.onload = () => resolve([image.naturalWidth, image.naturalHeight]);
    image.onerror = () => resolve(null);
    image.src = src;
    document.body.append(image);
})"""


class EmptyPage(BaseHTTPRequestHandler):
    """A page of somebody else's, that only lets itself be filled."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>A page</title><link rel=icon href='data:,'>")

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Where the page of somebody else's is."""
    server = HTTPServer(("127.0.0.1", 0), EmptyPage)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join(10)
    server.server_close()


@pytest.fixture
def page(tabs: BrowserContext, port: int) -> Page:
    """A page at `localhost`; the gateways are asked at 127.0.0.1, which is another site."""
    page = tabs.new_page()
    page.goto(f"http://localhost:{port}/")
    return page


@pytest.fixture
def ticket(keyed_gateway: GatewayProcess, publisher: StatusPublisher) -> str:
    publisher.publish("web:1", "waiting_for_user")
    publisher.publish("ci:1", "thinking")
    key = {"X-Status-Key": KEY}
    badge = f"{BADGE_PATH}?channel=web"
    wait_until(lambda: "1 waiting" in keyed_gateway.get(badge, headers=key).text, "the session is shown")
    answer = httpx.post(f"{keyed_gateway.url}{STATUS_PATH}/ticket", json={"channel": ["web"]}, headers=key)
    ticket: str = answer.json()["ticket"]
    return ticket


def size(page: Page, src: str) -> Any:
    """The size of an image on a page; None if it is not shown."""
    return page.evaluate(SIZE, src)


def test_a_page_of_another_site_shows_a_badge_by_its_ticket(
    page: Page, keyed_gateway: GatewayProcess, ticket: str
) -> None:
    url = f"{keyed_gateway.url}{BADGE_PATH}"
    shown = httpx.get(f"{url}?ticket={ticket}").text
    width = int(shown.partition('width="')[2].partition('"')[0])
    assert "agents: 1 waiting for user<" in shown
    assert size(page, f"{url}?ticket={ticket}") == [width, 20]
    assert size(page, url) is None
    assert size(page, f"{url}?ticket={ticket[:-2]}") is None


def test_without_keys_only_pages_of_the_same_site_learn_the_size(page: Page, gateway: GatewayProcess) -> None:
    url = f"{gateway.url}{BADGE_PATH}"
    assert size(page, url) is None
    shown = size(page, url.replace("127.0.0.1", "localhost"))
    assert shown is not None, "another port of the same name is the same site"
    assert shown[1] == 20


def test_a_badge_that_is_opened_by_itself_breaks_no_policy(tabs: BrowserContext, gateway: GatewayProcess) -> None:
    page = tabs.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    answer = page.goto(f"{gateway.url}{BADGE_PATH}")
    assert answer is not None
    assert answer.status == 200
    assert [url for url in asked if not url.endswith("/favicon.ico")] == [f"{gateway.url}{BADGE_PATH}"]


def test_a_badge_is_named_for_those_who_cannot_see_it(page: Page) -> None:
    page.set_content(badge(Tally("", "active", 2, 0, 4, []), is_stale=False))
    page.get_by_role("img", name="agents: 2 waiting for user, 4 working").wait_for()


@pytest.mark.parametrize("counts", [(0, 0, 0), (2, 1, 4), (12_345, 67_890, 111_111)])
@pytest.mark.parametrize("is_stale", [False, True])
def test_the_texts_have_about_the_length_that_they_are_given(
    page: Page, counts: tuple[int, int, int], is_stale: bool
) -> None:
    page.set_content(badge(Tally("", "idle", *counts, []), is_stale=is_stale))
    lengths = page.evaluate("""() => [...document.querySelectorAll("text")].map(text => {
        const given = Number(text.getAttribute("textLength"));
        text.removeAttribute("textLength");
        return [given, text.getComputedTextLength()];
    })""")
    for given, natural in lengths:
        assert natural == pytest.approx(given, rel=0.15), json.dumps(lengths)
