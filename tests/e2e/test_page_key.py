"""The page at a gateway that asks for a key."""

from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from agent_status_publisher import StatusPublisher
from chaos.gateways.gateway_process import GatewayProcess
from chaos.servers.redis_server import RedisServer
from tests.e2e.conftest import DEBOUNCE_SECONDS, KEY


@pytest.fixture
def page(tabs: BrowserContext, keyed_gateway: GatewayProcess, publisher: StatusPublisher) -> Page:
    publisher.publish("web:1", "thinking", title="Alpha")
    page = tabs.new_page()
    page.goto(keyed_gateway.url)
    return page


def enter(page: Page, key: str) -> None:
    page.get_by_label("Status API key").fill(key)
    page.keyboard.press("Enter")


def test_without_a_key_the_page_asks_for_it_and_says_if_it_is_wrong(page: Page) -> None:
    field = page.get_by_label("Status API key")
    expect(field).to_be_focused()
    expect(page.get_by_role("alert")).to_have_text("")
    expect(page.locator("#main")).to_be_hidden()
    enter(page, "wrong")
    expect(page.get_by_role("alert")).to_have_text("Wrong key")
    expect(field).to_have_value("")
    enter(page, KEY)
    expect(page.locator("#rows .title")).to_have_text("Alpha")
    expect(page.locator("#key")).to_be_hidden()


def test_a_key_that_was_entered_is_kept_for_this_tab_and_is_in_no_url(
    page: Page, keyed_gateway: GatewayProcess
) -> None:
    urls: list[str] = []
    page.on("request", lambda request: urls.append(request.url))
    enter(page, KEY)
    expect(page.locator("#rows .title")).to_have_text("Alpha")
    assert page.url == f"{keyed_gateway.url}/"
    assert [url for url in urls if "/status/stream?" in url and "ticket=" in url]
    assert not [url for url in urls if quote(KEY) in url]
    page.reload()
    expect(page.locator("#rows .title")).to_have_text("Alpha")
    other = page.context.new_page()
    other.goto(keyed_gateway.url)
    expect(other.get_by_label("Status API key")).to_be_visible()
    assert "local" not in page.evaluate("Object.keys(localStorage).join()")
    assert keyed_gateway.log().count(quote(KEY)) == 0


def test_a_key_in_the_pages_own_url_is_taken_and_removed_from_it(
    tabs: BrowserContext, keyed_gateway: GatewayProcess, publisher: StatusPublisher
) -> None:
    publisher.publish("web:1", "thinking", title="Alpha")
    page = tabs.new_page()
    page.goto(f"{keyed_gateway.url}/?key={quote(KEY)}&sort=name")
    expect(page.locator("#rows .title")).to_have_text("Alpha")
    assert page.url == f"{keyed_gateway.url}/?sort=name"
    assert page.evaluate("history.length") == 2  # the blank page, and this one


def test_tabs_with_different_keys_share_nothing(page: Page, keyed_gateway: GatewayProcess) -> None:
    enter(page, KEY)
    expect(page.locator("#rows .title")).to_have_text("Alpha")
    other = page.context.new_page()
    other.goto(f"{keyed_gateway.url}/?key=guessed")
    expect(other.get_by_role("alert")).to_have_text("Wrong key")
    expect(other.locator("#main")).to_be_hidden()
    names = other.evaluate("navigator.locks.query().then(({ held }) => held.map(({ name }) => name))")
    assert not [name for name in names if KEY in name]


def test_of_what_a_key_has_shown_nothing_is_left_for_the_next_one(
    tabs: BrowserContext, shared_redis: RedisServer, publisher: StatusPublisher, tmp_path: Path
) -> None:
    file = tmp_path / "keys"
    file.write_text("one: first\ntwo: second channel=web\n")
    publisher.publish("web:1", "thinking", title="Alpha")
    publisher.publish("ci:1", "thinking", title="Bravo")
    titles = (page := tabs.new_page()).locator("#rows .title")
    with GatewayProcess(shared_redis.url, debounce_seconds=DEBOUNCE_SECONDS, api_keys_file=file) as gateway:
        page.goto(f"{gateway.ready().url}/?key=first&sort=name")
        expect(titles).to_have_text(["Alpha", "Bravo"])
        file.write_text("two: second channel=web\n")
        expect(page.get_by_label("Status API key")).to_be_visible(timeout=20_000)
        expect(page).to_have_title("? … · Agent status")
        enter(page, "second")
        expect(titles).to_have_text(["Alpha"])
        expect(page.locator("#channel option")).to_have_text(["All channels", "web"])
        page.locator("#ended").evaluate("details => (details.open = true)")
        page.evaluate("() => new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)))")
        expect(page.locator("#ended-rows tr", has_text="ci")).to_have_count(0)  # what it may not see has not ended
        assert "Bravo" not in page.content()
