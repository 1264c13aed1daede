"""The list of a large fleet: only rows near the screen are drawn, and what is read stays where it is."""

from collections.abc import Iterator
from typing import Any, Final

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from chaos.wait import wait_until
from tests.e2e.scripted_gateway import Row, ScriptedGateway
from tests.e2e.test_page_changes import change, row, whole

SIZE: Final = 1000
WATCH: Final = """() => {
  const seen = window.seen = { nodes: 0, rows: new Set() };
  new MutationObserver((records) => {
    for (const { target, addedNodes, removedNodes } of records) {
      if (target.id === "rows") seen.nodes += addedNodes.length + removedNodes.length;
      const row = (target.parentElement ?? target).closest("tr");
      if (row && !(target.parentElement ?? target).closest(".in-state")) seen.rows.add(row.dataset.key);
    }
  }).observe(document.querySelector("#rows"), { subtree: true, childList: true, characterData: true });
}"""
FIRST_IN_SIGHT: Final = """() => {
  const row = [...document.querySelectorAll("#rows tr")].find((one) => one.getBoundingClientRect().top >= 0);
  return [row.dataset.key, Math.round(row.getBoundingClientRect().top)];
}"""
STAND_STILL: Final = """() => {
  const later = window.setTimeout;
  window.setTimeout = (then, ms, ...others) => (ms === 1000 ? 0 : later(then, ms, ...others));
}"""
"""What the page updates each second stands still."""
ALL_IS_COVERED: Final = """() => {
  const rows = [...document.querySelectorAll("#rows tr")].map((row) => row.getBoundingClientRect());
  const list = document.querySelector("#sessions").getBoundingClientRect();
  const [top, bottom] = [Math.max(0, list.top + 60), Math.min(innerHeight, list.bottom - 2)];
  return rows[0].top <= top && rows.at(-1).bottom >= bottom;
}"""


def numbered(number: int, state: str = "thinking") -> Row:
    return row(10_000 + number, state)


@pytest.fixture
def scripted() -> Iterator[ScriptedGateway]:
    with ScriptedGateway() as made:
        made.say(whole(*(numbered(number) for number in range(SIZE))))
        yield made


@pytest.fixture
def page(tabs: BrowserContext, scripted: ScriptedGateway) -> Page:
    made = tabs.new_page()
    made.goto(scripted.url)
    expect(made.locator("#matches")).to_have_text("1,000 sessions")
    return made


def is_where_it_was(before: tuple[str, int], page: Page) -> bool:
    """Scrolling is by whole pixels, and rows may be of fractions."""
    key, top = page.evaluate(FIRST_IN_SIGHT)
    return bool(key == before[0] and abs(top - before[1]) <= 1)


def say(scripted: ScriptedGateway, from_: str, id_: str, *rows: Row, **more: Any) -> None:
    scripted.say_change(change(from_, *rows, **{"size": SIZE} | more), id_)


def test_of_a_thousand_rows_those_near_the_screen_are_drawn_and_an_event_touches_those_it_is_about(
    page: Page, scripted: ScriptedGateway
) -> None:
    rows = page.locator("#rows tr")
    assert 10 < rows.count() < 60
    assert page.locator("#sessions").get_attribute("aria-rowcount") == str(SIZE + 1)
    assert rows.nth(3).get_attribute("aria-rowindex") == "5"
    page.evaluate(WATCH)
    say(scripted, "a", "b", numbered(3, "error"))
    expect(page.locator("#rows .what").first).to_have_text("error")
    assert page.evaluate("[seen.nodes, [...seen.rows]]") == [2, ["web:10003"]]
    say(scripted, "b", "c", numbered(500, "waiting_for_user"))
    expect(page.locator("#rows .what").first).to_have_text("waiting for user")
    assert page.evaluate("[...seen.rows]") == ["web:10003"]
    assert page.evaluate("seen.nodes") <= 4


def test_wherever_the_page_is_scrolled_to_there_are_rows(page: Page) -> None:
    page.evaluate("scrollTo(0, 20_000)")
    wait_until(lambda: page.evaluate(ALL_IS_COVERED), "rows cover the screen")
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    expect(page.locator("#rows .title").last).to_have_text("Session 10999")
    expect(page.locator("#rows tr").last).to_have_attribute("aria-rowindex", str(SIZE + 1))
    page.evaluate("scrollTo(0, 0)")
    expect(page.locator("#rows .title").first).to_have_text("Session 10000")
    assert page.locator("#rows tr").count() < 60


def test_what_is_read_stays_where_it_is_whatever_comes_and_goes_above(page: Page, scripted: ScriptedGateway) -> None:
    page.evaluate("scrollTo(0, 20_000)")
    wait_until(lambda: page.evaluate(ALL_IS_COVERED), "rows cover the screen")
    before = page.evaluate(FIRST_IN_SIGHT)
    say(scripted, "a", "b", *(numbered(number, "waiting_for_user") for number in range(700, 800)))
    expect(page.locator("#states button[data-state=waiting_for_user] b")).to_have_text("100")
    assert is_where_it_was(before, page)
    say(scripted, "b", "c", gone=tuple(f"web:{10_000 + number}" for number in range(50)), size=SIZE - 50)
    expect(page.locator("#matches")).to_have_text("950 sessions")
    assert is_where_it_was(before, page)
    key = str(before[0]).removeprefix("web:")
    say(scripted, "c", "d", row(int(key), "error"), size=SIZE - 50)  # the row itself moves to the others that failed
    expect(page.locator("#states button[data-state=error] b")).to_have_text("1")
    after = page.evaluate(FIRST_IN_SIGHT)
    assert after[0] != before[0]
    assert page.evaluate(ALL_IS_COVERED)
    say(scripted, "d", "e", gone=("web:10999",), size=SIZE - 51)
    expect(page.locator("#matches")).to_have_text("949 sessions")
    assert is_where_it_was(after, page)


def test_a_search_finds_rows_that_are_not_drawn(page: Page) -> None:
    page.evaluate("scrollTo(0, 20_000)")
    page.get_by_role("searchbox").fill("session 10777")
    expect(page.locator("#rows .title")).to_have_text(["Session 10777"])
    expect(page.locator("#matches")).to_have_text("1 of 1,000 sessions")
    page.get_by_role("searchbox").fill("")
    expect(page.locator("#matches")).to_have_text("1,000 sessions")


@pytest.mark.parametrize("width", [360, pytest.param(1280, marks=pytest.mark.slow)])
def test_rows_of_any_height_keep_their_place(width: int, page: Page, scripted: ScriptedGateway) -> None:
    page.set_viewport_size({"width": width, "height": 700})
    rows = [
        numbered(number) | {"title": "A long title that needs several lines " * (number % 4)} for number in range(SIZE)
    ]
    say(scripted, "a", "b", *rows)
    for place in (3000, 12_000, 11_000, 9000):
        page.evaluate("place => scrollTo(0, place)", place)
        wait_until(lambda: page.evaluate(ALL_IS_COVERED), "rows cover the screen")
        wait_until(lambda: page.evaluate(FIRST_IN_SIGHT) == after_two_frames(page), "the list is at rest")
        before = page.evaluate(FIRST_IN_SIGHT)
        page.evaluate("dispatchEvent(new Event('scroll'))")
        after_two_frames(page)
        assert is_where_it_was(before, page)


def after_two_frames(page: Page) -> Any:
    page.evaluate("() => new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)))")
    return page.evaluate(FIRST_IN_SIGHT)


def test_rows_that_come_into_sight_have_their_bars_at_once(tabs: BrowserContext, scripted: ScriptedGateway) -> None:
    page = tabs.new_page()
    page.add_init_script(f"({STAND_STILL})()")
    page.goto(scripted.url)
    expect(page.locator("#matches")).to_have_text("1,000 sessions")
    page.evaluate("scrollTo(0, 20_000)")
    wait_until(lambda: page.evaluate(ALL_IS_COVERED), "rows are drawn")
    widths = page.locator("#rows canvas").evaluate_all("all => all.map((canvas) => canvas.width)")
    assert min(widths) > 0
