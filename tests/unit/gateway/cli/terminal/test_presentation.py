"""How a snapshot is shown to a person. The page is held to the same cases, in its own language."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import agent_status_gateway
from agent_status_gateway.cli.terminal import presentation
from agent_status_gateway.cli.terminal.presentation import json_line
from agent_status_gateway.plain_text import plain
from tests.unit.gateway.cli.terminal.snapshots import row

CASES: dict[str, list[tuple[Any, Any]]] = json.loads(
    (Path(__file__).parents[3] / "golden" / "presentation.json").read_text("utf-8")
)


def rows(texts: list[str]) -> list[Any]:
    """Each session as its key, its state, and for how long it has been in it."""
    parts = [[*row.split(), "0"] for row in texts]
    return [{"session_key": key, "state": state, "duration_seconds": float(lasts)} for key, state, lasts, *_ in parts]


def row_of_web_7(state: str, tool_name: str | None, title: str | None, error_message: str | None = None) -> Any:
    key = {"session_key": "web:7", "session_id": "7", "channel": "web"}
    return key | {"state": state, "tool_name": tool_name, "title": title, "error_message": error_message}


RULES: dict[str, Callable[[Any], Any]] = {
    "duration": presentation.duration,
    "tokens": presentation.tokens,
    "plain": plain,
    "name": presentation.name,
    "what": presentation.what,
    "headline": presentation.headline,
    "in_order": lambda texts: [row["session_key"] for row in presentation.in_order(rows(texts))],
    "counts": lambda texts: presentation.counts(rows(texts)),
    "matches": lambda given: presentation.matches(row_of_web_7(*given[1:]), given[0]),
}


@pytest.mark.parametrize(
    ("rule", "given", "expected"), [(rule, given, said) for rule, cases in CASES.items() for given, said in cases]
)
def test_each_rule_says_what_its_cases_say(rule: str, given: object, expected: object) -> None:
    assert RULES[rule](given) == expected


def test_thousands_are_counted_with_a_comma() -> None:
    assert presentation.counts(rows(["a thinking"] * 1200)) == "1,200 thinking"


def test_json_is_one_line_of_the_same_values_without_characters_that_act_on_a_terminal() -> None:
    title = "a\x7f\x9b2J\u202e\u2028\ue000\U000e0001\u200d\u00e9\U0001f600z"
    shown = json_line(json.dumps({"title": title, "n": 1}, ensure_ascii=False, indent=1))
    assert json.loads(shown) == {"title": title, "n": 1}
    assert plain(shown) == shown
    assert "\n" not in shown
    assert "\u200d\u00e9\U0001f600" in shown


def test_a_list_has_the_orders_of_the_page_in_its_words() -> None:
    page = (Path(agent_status_gateway.__file__).parent / "dashboard" / "index.html").read_text("utf-8")
    (options,) = re.findall(r'<select id="sort">(.*?)</select>', page, re.DOTALL)
    assert list(presentation.ORDERS.items()) == [
        (value, words.lower()) for value, words in re.findall(r'<option value="(\w+)">([^<]+)</option>', options)
    ]


@pytest.mark.parametrize(
    ("order", "keys"),
    [
        ("attention", ["web:3", "web:1", "web:2", "web:4"]),
        ("duration", ["web:4", "web:2", "web:1", "web:3"]),
        ("tokens", ["web:2", "web:4", "web:1", "web:3"]),
        ("name", ["web:4", "web:2", "web:1", "web:3"]),
    ],
)
def test_a_list_is_sorted_as_the_page_sorts_it_and_equal_sessions_by_key(order: str, keys: list[str]) -> None:
    four = [
        row("web:1", state="error", title="same", duration_seconds=5),
        row("web:2", title="beta", duration_seconds=50, token_usage={"input": 1, "output": 9}),
        row("web:3", state="waiting_for_user", title="Same", duration_seconds=1),
        row("web:4", title="Alpha", duration_seconds=99, token_usage={"input": 5, "output": 0}),
    ]
    assert [one["session_key"] for one in presentation.ordered(four, order)] == keys


def test_those_that_need_a_person_are_counted_in_words() -> None:
    assert presentation.need_words([row("a:1"), row("a:2", state="error")]) == "1 needs a person: 1 in error"
    assert presentation.need_words([row("a:1")]) == ""


def test_a_session_that_is_stalled_says_so_before_what_it_does() -> None:
    assert presentation.what_now(row(state="tool_running", tool_name="bash", stalled=True)) == "stalled: running bash"
    assert presentation.what_now(row(stalled=False)) == presentation.what_now(row()) == "thinking"
    assert presentation.matches(row(stalled=True), "stalled think")
    assert not presentation.matches(row(stalled=False), "stalled")


def test_stalled_sessions_come_after_those_that_need_a_person_and_before_the_others() -> None:
    rows = [
        row("web:1", stalled=False, duration_seconds=900),
        row("web:2", stalled=True, duration_seconds=5),
        row("web:3", stalled=True, duration_seconds=50),
        row("web:4", state="error", stalled=False, duration_seconds=1),
    ]
    assert [one["session_key"] for one in presentation.in_order(rows)] == ["web:4", "web:3", "web:2", "web:1"]
