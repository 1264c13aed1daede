"""The API's own documentation in a browser, beside a dashboard that has a key."""

import pytest
from playwright.sync_api import BrowserContext, Error, expect

from chaos.gateways.gateway_process import GatewayProcess
from tests.e2e.conftest import KEY


def test_the_page_comes_from_the_gateway_alone_and_cannot_read_the_dashboards_session_storage(
    tabs: BrowserContext, keyed_gateway: GatewayProcess
) -> None:
    page = tabs.new_page()
    page.goto(keyed_gateway.url)
    page.get_by_label("Status API key").fill(KEY)
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_visible()
    assert KEY in page.evaluate("Object.values(sessionStorage)")
    urls: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: urls.append(request.url))
    # A browser asks for an icon at a moment of its own.
    page.on("console", lambda message: complaints.extend([message.text] * ("favicon" not in message.location["url"])))

    page.get_by_role("link", name="API").first.click()

    expect(page.get_by_role("heading", name="Requests")).to_be_visible()
    expect(page.get_by_text("/api/v1/agent/status/stream")).to_be_visible()
    assert page.locator("section").first.evaluate("node => getComputedStyle(node).borderRadius") == "8px"
    assert page.evaluate("self.origin") == "null"
    with pytest.raises(Error, match="sandboxed"):
        page.evaluate("sessionStorage.length")
    page.get_by_role("link", name="Snapshot").first.click()
    assert page.url == f"{keyed_gateway.url}/docs#Snapshot"
    page.get_by_role("link", name="openapi.json").click()
    page.wait_for_url(f"{keyed_gateway.url}/openapi.json")
    # What this test evaluates is reported as blocked.
    assert [text for text in complaints if not text.startswith("Blocked script execution")] == []
    assert {url.partition("#")[0] for url in urls if "favicon" not in url} <= {
        *(f"{keyed_gateway.url}/docs", f"{keyed_gateway.url}/openapi.json"),
        "data:,",
    }
