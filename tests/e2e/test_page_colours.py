"""The page without its colours: states differ by shape and height, and all is visible where colours are forced."""

import base64
import math
from collections.abc import Iterator
from itertools import combinations
from typing import Final, Literal

import pytest
from playwright.sync_api import Browser, FloatRect, Locator, Page, expect

from chaos.wait import wait_until
from tests.e2e.scripted_gateway import ScriptedGateway
from tests.e2e.test_page_changes import row, whole

pytestmark = pytest.mark.slow

STATES: Final = ("waiting_for_user", "error", "thinking", "tool_running", "streaming")
PIXELS: Final = """async (picture) => {
  const image = new Image();
  image.src = `data:image/png;base64,${picture}`;
  await image.decode();
  const canvas = Object.assign(document.createElement("canvas"), { width: image.width, height: image.height });
  const pen = canvas.getContext("2d");
  pen.drawImage(image, 0, 0);
  const { data } = pen.getImageData(0, 0, image.width, image.height);
  return Array.from({ length: data.length / 4 }, (_, index) => [...data.slice(4 * index, 4 * index + 3)]);
}"""
"""The pixels of a picture, as red, green and blue."""
COLUMN: Final = """(canvas) => {
  const { data } = canvas.getContext("2d").getImageData(canvas.width - 4, 0, 1, canvas.height);
  return Array.from({ length: canvas.height }, (_, y) => data[4 * y + 3] > 127);
}"""
"""Which pixels are drawn near the end of a bar, from the top down."""
LEAST_DIFFERENCE: Final = 100
"""Difference of two colours that can be told apart, as the sum of their parts."""

Colour = list[int]


def pixels(page: Page, node: Locator) -> list[Colour]:
    """Colours of a node's picture, as many for all nodes of one size, wherever between two pixels they begin."""
    node.scroll_into_view_if_needed()
    box = node.bounding_box()
    assert box is not None
    width, height = (math.ceil(box[side]) + 1 for side in ("width", "height"))
    clip = FloatRect(x=math.floor(box["x"]), y=math.floor(box["y"]), width=width, height=height)
    picture = page.screenshot(clip=clip)
    shown: list[Colour] = page.evaluate(PIXELS, base64.b64encode(picture).decode())
    return shown


def differ(one: Colour, other: Colour) -> bool:
    return sum(abs(left - right) for left, right in zip(one, other, strict=True)) > LEAST_DIFFERENCE


def mask(page: Page, node: Locator) -> list[bool]:
    """Which pixels of a shape are not its background's, whose colour is in the corner of its neighbourhood."""
    shown = pixels(page, node)
    background = page.evaluate(
        """node => {
      for (let at = node; at; at = at.parentElement) {
        const colour = getComputedStyle(at).backgroundColor;
        if (at !== node && !colour.endsWith(", 0)")) return colour.match(/\\d+/g).slice(0, 3).map(Number);
      }
      return [255, 255, 255];
    }""",
        node.element_handle(),
    )
    return [differ(pixel, background) for pixel in shown]


@pytest.fixture
def scripted() -> Iterator[ScriptedGateway]:
    with ScriptedGateway() as made:
        made.say(whole(*(row(number, state, 300.0) for number, state in enumerate(STATES, 1))))
        yield made


def opened(
    browser: Browser, scripted: ScriptedGateway, *, forced: bool, scheme: Literal["light", "dark"] = "light"
) -> Page:
    context = browser.new_context(
        device_scale_factor=2, color_scheme=scheme, forced_colors="active" if forced else "none"
    )
    page = context.new_page()
    page.goto(scripted.url)
    expect(page.locator("#rows tr")).to_have_count(len(STATES))
    return page


@pytest.mark.parametrize("forced", [False, True])
def test_each_state_has_a_shape_of_its_own(browser: Browser, scripted: ScriptedGateway, forced: bool) -> None:
    page = opened(browser, scripted, forced=forced)
    shapes = {state: mask(page, page.locator(f"#rows tr[data-state={state}] .dot")) for state in STATES}
    for shape in shapes.values():
        assert 0.15 < sum(shape) / len(shape) < 0.95
    for one, other in combinations(STATES, 2):
        different = sum(left != right for left, right in zip(shapes[one], shapes[other], strict=True))
        assert different > 0.1 * len(shapes[one]), (one, other)
    page.context.close()


@pytest.mark.parametrize("forced", [False, True])
def test_each_state_has_a_height_of_its_own_in_a_bar_and_an_error_is_broken(
    browser: Browser, scripted: ScriptedGateway, forced: bool
) -> None:
    page = opened(browser, scripted, forced=forced)
    drawn = {state: page.locator(f"#rows tr[data-state={state}] canvas").evaluate(COLUMN) for state in STATES}
    assert all(drawn["waiting_for_user"])
    assert drawn["error"][0]
    assert drawn["error"][-1]
    assert not drawn["error"][len(drawn["error"]) // 2]
    for one, other in combinations(STATES, 2):
        assert sum(left != right for left, right in zip(drawn[one], drawn[other], strict=True)) >= 4, (one, other)
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_with_forced_colours_bars_are_drawn_in_that_of_text(
    browser: Browser, scripted: ScriptedGateway, scheme: Literal["light", "dark"]
) -> None:
    page = opened(browser, scripted, forced=True, scheme=scheme)
    bar = pixels(page, page.locator("#rows tr[data-state=waiting_for_user] canvas"))
    page_colour: Colour = page.evaluate(
        "getComputedStyle(document.querySelector('#sessions')).backgroundColor.match(/\\d+/g).slice(0, 3).map(Number)"
    )
    assert sum(differ(pixel, page_colour) for pixel in bar) > len(bar) / 10
    area = pixels(page, page.locator("#area"))
    assert any(differ(pixel, page_colour) for pixel in area)
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("forced", [False, True])
def test_a_chip_that_is_pressed_looks_otherwise(
    browser: Browser, scripted: ScriptedGateway, forced: bool, scheme: Literal["light", "dark"]
) -> None:
    page = opened(browser, scripted, forced=forced, scheme=scheme)
    chip = page.locator("#states button[data-state=thinking]")
    before = pixels(page, chip)
    chip.click()
    page.mouse.move(0, 0)
    page.evaluate("document.activeElement.blur()")
    after = pixels(page, chip)
    assert sum(differ(one, other) for one, other in zip(before, after, strict=True)) > len(before) / 3
    page.context.close()


def test_a_change_to_forced_colours_is_drawn_at_once(browser: Browser, scripted: ScriptedGateway) -> None:
    page = opened(browser, scripted, forced=False)
    bar = page.locator("#rows tr[data-state=waiting_for_user] canvas")
    colour = "canvas => [...canvas.getContext('2d').getImageData(canvas.width - 4, 4, 1, 1).data].slice(0, 3)"
    assert differ(bar.evaluate(colour), [0, 0, 0])
    page.emulate_media(forced_colors="active")
    wait_until(lambda: not differ(bar.evaluate(colour), [0, 0, 0]), "bars are drawn in the colour of text")
    page.context.close()
