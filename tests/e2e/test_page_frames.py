"""The page in a frame of another page: only where the operator allows it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from agent_status_publisher import Session
from chaos.gateways.gateway_process import GatewayProcess
from chaos.servers.redis_server import RedisServer
from tests.e2e.conftest import DEBOUNCE_SECONDS
from tests.e2e.test_clients_browser import pages_served

pytestmark = pytest.mark.slow


@pytest.fixture
def port() -> Iterator[int]:
    """A page of another origin is served here."""
    with pages_served() as port:
        yield port


def test_a_page_that_the_setting_names_may_show_it_in_a_frame(
    tabs: BrowserContext, shared_redis: RedisServer, session: Session, port: int
) -> None:
    named = f"http://localhost:{port}"
    with GatewayProcess(shared_redis.url, debounce_seconds=DEBOUNCE_SECONDS, frame_ancestors=named) as gateway:
        page = tabs.new_page()
        page.goto(f"{named}/")
        page.set_content(f'<iframe width=1000 height=800 src="{gateway.ready().url}/"></iframe>')
        expect(page.frame_locator("iframe").locator("#rows .title")).to_have_text("Fix auth bug")
        session.end()


@pytest.mark.usefixtures("session")
def test_no_other_page_may(browser: Browser, gateway: GatewayProcess, port: int) -> None:
    page = browser.new_page()  # the fixture of tabs would take the complaint for a fault
    page.goto(f"http://localhost:{port}/")
    with page.expect_console_message(lambda message: "frame-ancestors" in message.text) as refused:
        page.set_content(f'<iframe src="{gateway.url}/"></iframe>')
    assert "frame-ancestors 'none'" in refused.value.text
    page.close()
