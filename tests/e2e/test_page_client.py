"""`client.js` in a page of somebody else, as the docs have it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from agent_status_publisher import Session
from chaos.gateways.gateway_process import GatewayProcess
from tests.e2e.conftest import KEY
from tests.e2e.test_clients_browser import pages_served
from tests.e2e.test_examples_docs import OWN_DASHBOARD, at
from tests.support.documents import doc_page, example

CLIENT_JS = doc_page("reference/client-js.md")


@pytest.fixture
def elsewhere(tabs: BrowserContext) -> Iterator[Page]:
    """A page of another origin."""
    with pages_served() as port:
        page = tabs.new_page()
        page.goto(f"http://localhost:{port}/")
        yield page
        page.close()


def test_the_documents_example_runs_in_a_page_of_another_origin(
    elsewhere: Page, gateway: GatewayProcess, session: Session
) -> None:
    elsewhere.set_content(at(gateway, example(CLIENT_JS, "html", "watchStatus")))
    line = elsewhere.locator("#state")
    expect(line).to_have_text("active: 1 sessions")
    expect(line).to_have_attribute("data-connection", "connected")
    session.end()
    expect(line).to_have_text("idle: 0 sessions")


def test_the_tutorials_dashboard_shows_a_line_per_session(
    elsewhere: Page, gateway: GatewayProcess, session: Session
) -> None:
    elsewhere.set_content(at(gateway, example(OWN_DASHBOARD, "html", "watchStatus")))
    expect(elsewhere.locator("#state")).to_have_text("active: 1 sessions")
    expect(elsewhere.locator("#sessions li")).to_have_text(["Fix auth bug: thinking "])
    session.end()
    expect(elsewhere.locator("#sessions li")).to_have_count(0)


@pytest.mark.parametrize(("key", "state"), [(KEY, "connected"), ("wrong", "needs key")])
def test_the_client_says_whether_its_key_is_right(
    key: str, state: str, elsewhere: Page, keyed_gateway: GatewayProcess
) -> None:
    elsewhere.evaluate(
        """async ([url, key]) => {
          const { watchStatus } = await import(`${url}/dashboard/client.js`);
          watchStatus({ key, onConnection: ({ state }) => (document.title = state) });
        }""",
        [keyed_gateway.url, key],
    )
    expect(elsewhere).to_have_title(state)


def test_a_closed_client_hears_nothing_more(tabs: BrowserContext, gateway: GatewayProcess, session: Session) -> None:
    page = tabs.new_page()
    page.goto(gateway.url)
    page.evaluate(
        """async () => {
          const { watchStatus } = await import("/dashboard/client.js");
          window.heard = [];
          const onStatus = (status) => heard.push(status.sessions[0].state);
          const first = watchStatus({ onStatus, isShared: false });
          while (!heard.length) await new Promise((go) => setTimeout(go, 10));
          first.close();
        }"""
    )
    session.streaming()
    expect(page.locator("#rows .what")).to_have_text("streaming")
    assert page.evaluate("heard") == ["thinking"]
