"""What is known of one session, in words."""

import pytest

from agent_status_gateway.cli.terminal.session.facts import MOST_CHILDREN, facts_of, words_for
from agent_status_gateway.state.views.fields import FIELD_NAMES
from tests.unit.gateway.cli.terminal.snapshots import end, row

FULL = row(
    "web:7",
    state="waiting_for_user",
    token_usage={"input": 12000, "output": 345},
    labels={"agent": "reviewer", "model": "opus"},
    parent="ci:1",
    link="https://github.com:8443/a/b?c#d",
    host="box-7",
    worker_id="w1",
    waiting_for="approval",
    context={"used": 96_000, "window": 200_000},
    cost_usd=1.5,
    progress={"done": 3, "of": 7},
    quiet_seconds=130.4,
)


def test_all_that_is_known_is_said_in_the_order_and_the_words_of_the_page() -> None:
    assert facts_of(FULL) == [
        ("Key", "web:7"),
        ("State", "waiting for user: approval"),
        ("In state", "1m 15s"),
        ("Quiet", "2m 10s"),
        ("Progress", "3 of 7"),
        ("Link", "github.com:8443  https://github.com:8443/a/b?c#d"),
        ("Labels", "agent: reviewer, model: opus"),
        ("Parent", "ci:1"),
        ("Tokens", "12,000 in, 345 out"),
        ("Context", "96,000 of 200,000 tokens (48 %)"),
        ("Cost", "$1.50"),
        ("Channel", "web"),
        ("Worker", "w1"),
        ("Host", "box-7"),
    ]


def test_the_parent_and_the_children_are_said_with_what_they_do() -> None:
    children = [row("web:7/1", title="Look for tests"), row("web:7/2", state="waiting_for_user")]
    facts = dict(facts_of(FULL, parent=row("ci:1", title="Build"), children=children))
    assert facts["Parent"] == "ci:1 thinking (Build)"
    assert facts["Children"] == "web:7/2 waiting for user\nweb:7/1 thinking (Look for tests)"
    assert list(facts)[7:9] == ["Parent", "Children"]


def test_children_that_have_ended_are_said_with_how_and_how_long_ago() -> None:
    ends = [end("web:7/4", 3.9, title="Lint"), end("web:7/3", outcome="failed", error_message="no disk")]
    facts = dict(facts_of(FULL, children=[row("web:7/1")], ended_children=ends))
    assert facts["Ended children"] == "web:7/4 ended 3s ago: done (Lint)\nweb:7/3 ended 2m 10s ago: failed: no disk"
    assert list(facts)[8:10] == ["Children", "Ended children"]
    many = dict(facts_of(row(), ended_children=[end(f"web:1/{number}") for number in range(MOST_CHILDREN + 2)]))
    assert many["Ended children"].endswith("\nand 2 more")


def test_the_first_children_are_named_and_the_others_counted() -> None:
    lines = dict(facts_of(row(), children=[row(f"web:1/{number:04}") for number in range(1200)]))["Children"].split(
        "\n"
    )
    assert lines[0] == "web:1/0000 thinking"
    assert lines[-2:] == [f"web:1/{MOST_CHILDREN - 1:04} thinking", "and 1,150 more"]


# facts: Rule 1
def test_what_a_row_of_an_older_gateway_does_not_have_is_left_out() -> None:
    assert [called for called, _ in facts_of(row())] == ["Key", "State", "In state", "Channel"]


def test_what_is_null_is_left_out_too() -> None:
    bare = row(labels={}, parent=None, link=None, waiting_for=None, context=None, cost_usd=None, progress=None)
    assert [called for called, _ in facts_of(bare)] == ["Key", "State", "In state", "Channel"]


# facts: Rule 2
@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "https://github.com@evil.example/", "https://a\\b/", "https://a/\u202eb", "//a", ""]
)
def test_a_link_that_does_not_lead_to_the_web_is_none(link: str) -> None:
    assert words_for("link", row(link=link)) == ""


@pytest.mark.parametrize(
    ("cost", "words"), [(0, "$0.00"), (0.0012, "$0.0012"), (2.5257, "$2.53"), (1234.5, "$1,234.50")]
)
def test_a_cost_has_cents_and_below_a_dollar_more_if_it_needs_them(cost: float, words: str) -> None:
    assert words_for("cost_usd", row(cost_usd=cost)) == words


def test_texts_of_strangers_are_made_plain() -> None:
    hostile = row(labels={"\x1b": "\u202e"}, parent="\x07", host="\x9b", worker_id="a\nb")
    assert all(words.isprintable() for _, words in facts_of(hostile))


@pytest.mark.parametrize("field", FIELD_NAMES)
def test_each_field_that_can_be_asked_for_has_words(field: str) -> None:
    assert words_for(field, FULL)
    assert words_for(field, row()) == ""
