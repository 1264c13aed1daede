"""What keys do to the view."""

import pytest

from agent_status_gateway.cli.terminal.live.browsing import MAX_FILTER, Browsing
from agent_status_gateway.cli.terminal.live.keys import Key
from agent_status_gateway.cli.terminal.presentation import ORDERS

LISTED = [f"web:{number}" for number in range(10)]


def after(*keys: str, browsing: Browsing | None = None, listed: list[str] = LISTED) -> Browsing:
    browsing = browsing or Browsing(page=4)
    for key in keys:
        browsing = browsing.after(key, listed)
    return browsing


@pytest.mark.parametrize(
    ("keys", "selected"),
    [
        ((), None),
        ((Key.DOWN,), "web:0"),
        ((Key.UP,), "web:0"),
        (("j", "j", "j", "k"), "web:1"),
        ((Key.PAGE_DOWN,), "web:4"),
        (("j", " "), "web:4"),
        (("G",), "web:9"),
        ((Key.END, Key.DOWN), "web:9"),
        ((Key.END, Key.PAGE_UP), "web:5"),
        (("G", "g", Key.UP), "web:0"),
        (("x", Key.REDRAW, "é"), None),
    ],
)
def test_keys_move_the_cursor_and_never_out_of_the_list(keys: tuple[str, ...], selected: str | None) -> None:
    assert after(*keys).selected == selected


# browsing: Rule 3
def test_the_first_key_that_moves_sets_the_cursor_where_the_screen_begins() -> None:
    assert after(Key.DOWN, browsing=Browsing(first=3)).selected == "web:3"
    assert after(Key.ENTER, browsing=Browsing(first=3)).opened == "web:3"


# browsing: Rule 1
def test_the_cursor_goes_with_its_session() -> None:
    moved = after("j", "j").settled(["new:1", *LISTED])
    assert (moved.selected, moved.place) == ("web:1", 2)


# browsing: Rule 2
@pytest.mark.parametrize(("left", "selected"), [(LISTED[:4] + LISTED[5:], "web:5"), (LISTED[:3], "web:2")])
def test_if_its_session_is_gone_the_cursor_is_on_the_one_in_its_place(left: list[str], selected: str) -> None:
    assert after(*"jjjjj").settled(left).selected == selected


# browsing: Rule 5
@pytest.mark.parametrize(
    ("first", "listed", "expected"),
    [
        (3, ["new:1", "new:2", *LISTED], 5),
        (3, LISTED[2:], 1),
        (3, [*LISTED[:6], "new:1", *LISTED[6:]], 3),
        (1, LISTED[2:], 1),
        (0, ["new:1", "new:2", *LISTED], 0),
    ],
)
def test_a_scrolled_list_stays_around_the_cursor_and_one_at_its_beginning_stays_there(
    first: int, listed: list[str], expected: int
) -> None:
    there = Browsing(selected="web:5", place=5, first=first, page=4)
    assert there.settled(listed).first == expected


@pytest.mark.parametrize("key", [*Key, *"qjkgGsb/? x"])
def test_no_key_fails_in_an_empty_list(key: str) -> None:
    assert after(key, listed=[]).settled([]).opened is None


def test_a_filter_is_typed_corrected_and_kept_or_given_up() -> None:
    typing = after("/", *"webq", Key.BACKSPACE)
    assert (typing.matching, typing.is_typing, typing.is_over) == ("web", True, False)
    kept = after(Key.ENTER, browsing=typing)
    assert (kept.matching, kept.is_typing) == ("web", False)
    assert after(Key.ESCAPE, browsing=typing).matching == ""
    assert after(Key.CLEAR_LINE, browsing=typing).is_typing
    assert not after(Key.CLEAR_LINE, Key.BACKSPACE, browsing=typing).is_typing


def test_a_filter_has_a_limit_and_nothing_that_acts_on_a_terminal() -> None:
    assert len(after("/", *"x" * 500).matching) == MAX_FILTER
    assert after("/", "a", "\x07", "\u202e", "b").matching == "ab"


def test_the_cursor_moves_while_a_filter_is_typed() -> None:
    assert after("/", "w", Key.DOWN, Key.DOWN).selected == "web:1"


def test_s_goes_through_all_orders_and_back_to_the_first() -> None:
    browsing, orders = Browsing(), []
    for _ in range(len(ORDERS)):
        browsing = after("s", browsing=browsing)
        orders.append(browsing.order)
    assert orders == [*list(ORDERS)[1:], "attention"]


# browsing: Rule 4
def test_escape_takes_back_the_help_then_the_session_then_the_filter_then_the_cursor() -> None:
    browsing = after("/", "w", Key.ENTER, Key.DOWN, Key.ENTER, "?")
    seen = []
    for _ in range(4):
        browsing = after(Key.ESCAPE, browsing=browsing)
        seen.append((browsing.has_help, browsing.opened, browsing.matching, browsing.selected))
    assert seen == [
        (False, "web:0", "w", "web:0"),
        (False, None, "w", "web:0"),
        (False, None, "", "web:0"),
        (False, None, "", None),
    ]
    assert not browsing.is_over


def test_in_an_open_session_and_in_the_help_keys_scroll_and_the_list_stays() -> None:
    opened = after("j", Key.ENTER, Key.DOWN, Key.DOWN, Key.PAGE_DOWN, Key.UP, "s", "/")
    assert (opened.scrolled, opened.selected, opened.order, opened.is_typing) == (5, "web:0", "attention", False)
    assert after("g", browsing=opened).scrolled == 0
    assert after("G", browsing=opened).scrolled > 100
    assert after("?", Key.UP, Key.PAGE_DOWN).scrolled == 4


@pytest.mark.parametrize("keys", ["q", "?q", "jq"])
def test_q_quits_wherever_nothing_is_typed(keys: str) -> None:
    assert after(*keys).is_over
    assert after(Key.ENTER, "q").is_over
