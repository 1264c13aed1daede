"""The page that a share link opens: its ticket opens the stream, and is seen nowhere else."""

import time
from urllib.parse import quote, urlsplit

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from agent_status_gateway.access.keys.tickets import write_ticket
from agent_status_publisher import StatusPublisher
from chaos.gateways.gateway_process import STATUS, STREAM, GatewayProcess
from tests.e2e.conftest import KEY
from tests.e2e.scripted_gateway import SUMMARY
from tests.e2e.test_page import opened

pytestmark = pytest.mark.slow


@pytest.fixture
def ticket(keyed_gateway: GatewayProcess, publisher: StatusPublisher) -> str:
    """A ticket for one of two sessions."""
    publisher.publish("web:1", "thinking", title="Alpha")
    publisher.publish("web:2", "waiting_for_user", title="Bravo")
    publisher.flush(5)
    body = {"session": ["web:1"], "seconds": 3600}
    answer = httpx.post(f"{keyed_gateway.url}{STATUS}/ticket", json=body, headers={"X-Status-Key": KEY})
    ticket: str = answer.json()["ticket"]
    return ticket


def with_ticket(ticket: str) -> str:
    return f"?ticket={quote(ticket)}&sort=name"


def test_a_link_opens_the_page_without_a_key_and_its_ticket_is_sent_to_streams_alone(
    tabs: BrowserContext, keyed_gateway: GatewayProcess, ticket: str
) -> None:
    sent: list[str] = []
    tabs.on(
        "request", lambda request: sent.append(request.url) if ticket in f"{request.url}{request.headers}" else None
    )
    page = opened(tabs, keyed_gateway, with_ticket(ticket))
    expect(page.locator("#rows .title")).to_have_text("Alpha")
    expect(page.locator("#part-text")).to_contain_text("A share link opened this page")
    expect(page.locator("#active")).to_have_text("1")
    expect(page).to_have_title("active · Agent status")  # nothing of the other session
    assert page.url == f"{keyed_gateway.url}/?sort=name"
    assert page.evaluate("history.length") == 2  # the blank page, and this one
    assert [urlsplit(url).path for url in sent] == ["/", SUMMARY, STREAM]
    assert ticket not in page.evaluate("JSON.stringify(localStorage)")
    names = page.evaluate("navigator.locks.query().then(({ held }) => held.map(({ name }) => name))")
    assert not [name for name in names if ticket in name]
    page.get_by_label("Sort by").select_option("tokens")
    assert page.url == f"{keyed_gateway.url}/?sort=tokens"


def test_the_tab_keeps_the_ticket_and_no_other_tab_does(
    tabs: BrowserContext, keyed_gateway: GatewayProcess, ticket: str
) -> None:
    page = opened(tabs, keyed_gateway, with_ticket(ticket))
    page.reload()
    expect(page.locator("#rows .title")).to_have_text("Alpha")
    other = tabs.new_page()
    other.goto(keyed_gateway.url)
    expect(other.get_by_label("Status API key")).to_be_visible()


def test_a_lost_stream_is_opened_again_with_the_same_ticket(
    tabs: BrowserContext, keyed_gateway: GatewayProcess, ticket: str
) -> None:
    refused: list[str] = []

    def refuse(route: Route) -> None:
        refused.append(route.request.method)
        route.fulfill(status=502)

    page = tabs.new_page()
    tabs.route("**/status/stream?*", refuse)
    page.goto(f"{keyed_gateway.url}/{with_ticket(ticket)}")
    expect(page.locator("#notice")).to_contain_text("the gateway answered 502")
    tabs.unroute("**/status/stream?*")
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("#rows .title")).to_have_text("Alpha")
    assert refused == ["GET", "HEAD"]


@pytest.mark.usefixtures("ticket")
def test_a_link_that_has_expired_says_so_and_a_key_still_opens_the_page(
    tabs: BrowserContext, keyed_gateway: GatewayProcess
) -> None:
    page = tabs.new_page()
    expired = write_ticket(KEY.encode(), int(time.time()) - 1)
    page.goto(f"{keyed_gateway.url}/{with_ticket(expired)}")
    expect(page.get_by_role("alert")).to_have_text(
        "This link has expired or was revoked. Ask for a new one, or enter a key."
    )
    expect(page.locator("#main")).to_be_hidden()
    page.get_by_label("Status API key").fill(KEY)
    page.keyboard.press("Enter")
    expect(page.locator("#rows .title")).to_have_text(["Alpha", "Bravo"])
    expect(page.locator("#part")).to_be_hidden()


def test_who_leaves_the_link_is_asked_for_a_key(
    tabs: BrowserContext, keyed_gateway: GatewayProcess, ticket: str
) -> None:
    page = opened(tabs, keyed_gateway, with_ticket(ticket))
    page.get_by_role("button", name="Show everything").click()
    expect(page.get_by_label("Status API key")).to_be_focused()
    expect(page.get_by_role("alert")).to_have_text("")
    expect(page.locator("#main")).to_be_hidden()
    assert page.evaluate("sessionStorage.length") == 0


def test_of_a_key_and_a_ticket_the_newer_one_counts(
    tabs: BrowserContext, keyed_gateway: GatewayProcess, ticket: str
) -> None:
    page = opened(tabs, keyed_gateway, with_ticket(ticket))
    expect(page.locator("#part")).to_be_visible()
    page.goto(f"{keyed_gateway.url}/?key={quote(KEY)}")
    expect(page.locator("#rows .title")).to_have_text(["Bravo", "Alpha"])
    expect(page.locator("#part")).to_be_hidden()
    page.goto(f"{keyed_gateway.url}/{with_ticket(ticket)}")
    expect(page.locator("#part")).to_be_visible()
    assert page.evaluate("Object.keys(sessionStorage)") == ["agent-status ticket"]


def test_without_keys_a_links_query_is_the_part_and_the_empty_ticket_of_an_older_link_is_dropped(
    tabs: BrowserContext, gateway: GatewayProcess, publisher: StatusPublisher
) -> None:
    publisher.publish("web:1", "thinking", title="Alpha")
    publisher.publish("web:2", "error", title="Bravo")
    publisher.flush(5)
    page: Page = opened(tabs, gateway, "?ticket=&session=web:1")
    expect(page.locator("#rows .title")).to_have_text(["Alpha"])
    expect(page.locator("#part-text")).to_have_text("Only session web:1 is shown.")
    expect(page.locator("#fleet-label")).to_have_text("Part")
    expect(page.locator("#most")).to_have_text("")  # the fleet's capacity is not the part's
    expect(page.locator("#active")).to_have_text("1")
    expect(page).to_have_title("active · Agent status")
    assert page.url == f"{gateway.url}/?session=web%3A1"
    publisher.session("web:1").end()
    expect(page.get_by_text("No open sessions")).to_be_visible()
    expect(page.locator("#example")).to_be_hidden()
    page.get_by_role("button", name="Show everything").click()
    expect(page.locator("#rows .title")).to_have_text(["Bravo"])
    expect(page.locator("#part")).to_be_hidden()
    assert page.url == f"{gateway.url}/"
    publisher.session("web:2").end()  # an error would stay on the shared board for its time
