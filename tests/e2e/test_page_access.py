"""The page for everybody: what axe finds, in both schemes and in each state; keys instead of a mouse; small screens."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from chaos.gateways.gateway_process import GatewayProcess
from tests.e2e.screenshots import SHOTS as PICTURES
from tests.e2e.screenshots import Shot, play
from tests.e2e.scripted_gateway import ScriptedGateway
from tests.e2e.test_page import opened
from tests.support.axe import assert_axe_finds_nothing

pytestmark = pytest.mark.slow

SHOTS: Final = PICTURES | {"part": Shot(query="?session=web:1&channel=slack")}
STATES: Final = (
    *("light", "key", "part"),
    *(pytest.param(state, marks=pytest.mark.slow) for state in sorted(SHOTS.keys() - {"light", "key", "part", "dark"})),
)
WIDTHS: Final = (360, pytest.param(1280, marks=pytest.mark.slow), 3840)
STEPS: Final = 12

OpenShot = Callable[[str, int], Page]


@pytest.fixture
def open_shot(browser: Browser) -> Iterator[OpenShot]:
    """Opens the page in one of the states that there are pictures of; its policy would keep axe out."""
    contexts: list[BrowserContext] = []

    def open_in(state: str, width: int) -> Page:
        viewport: ViewportSize = {"width": width, "height": 900}
        shot = SHOTS[state]
        forced: Literal["active", "none"] = "active" if shot.is_forced else "none"
        contexts.append(browser.new_context(bypass_csp=True, viewport=viewport, forced_colors=forced))
        page = contexts[-1].new_page()
        play(gateway, page, shot, steps=STEPS)
        if shot.then is not None:
            shot.then(gateway, page)
        return page

    with ScriptedGateway() as gateway:
        yield open_in
        for context in contexts:
            context.close()


@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing_in_either_scheme(state: str, open_shot: OpenShot, node_packages: Path) -> None:
    page = open_shot(state, SHOTS[state].width)
    page.clock.resume()
    assert_axe_finds_nothing(page, node_packages)


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_cut_off_or_scrolls_sideways_on_a_screen_of_any_width(width: int, open_shot: OpenShot) -> None:
    page = open_shot("light", width)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    cut = page.evaluate("""
        [...document.querySelectorAll("#rows :is(.title, .what, .in-state, .tokens), .figure strong")]
        .filter((node) => node.scrollWidth > node.clientWidth + 1 && getComputedStyle(node).display !== "inline")
        .map((node) => node.textContent)""")
    assert cut == []


@pytest.mark.usefixtures("session")
def test_all_can_be_done_by_keys(tabs: BrowserContext, gateway: GatewayProcess) -> None:
    page = opened(tabs, gateway)
    reached = []
    for _ in range(12):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.textContent"))
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none", reached
        if reached[-1] == "sort":
            break
    chips = ["0waiting for user", "0in error", "1thinking", "0running a tool", "0streaming"]
    assert reached == ["notify", "pause", "options-open", "API", *chips, "search", "channel", "sort"]
    page.locator("#states").get_by_role("button", name="in error").focus()
    page.keyboard.press("Space")
    expect(page.get_by_text("No sessions match.")).to_be_visible()


@pytest.mark.usefixtures("session")
def test_a_screen_reader_hears_of_changes_and_not_of_ticks(tabs: BrowserContext, gateway: GatewayProcess) -> None:
    page = opened(tabs, gateway)
    page.clock.install()
    page.reload()
    said = page.get_by_role("status")
    expect(said).to_have_text("Fleet active.")
    page.evaluate("""() => {
        window.heard = [];
        new MutationObserver(() => heard.push(document.querySelector("#announcement").textContent))
          .observe(document.querySelector("#announcement"), { subtree: true, childList: true, characterData: true });
    }""")
    page.clock.run_for(30_000)
    assert page.evaluate("heard") == []
    assert page.locator("[aria-live]").count() == 1
