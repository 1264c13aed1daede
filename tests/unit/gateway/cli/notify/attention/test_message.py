"""One message: its words, its numbers and its links."""

from typing import Any

from agent_status_gateway.cli.notify.attention.gathering import Item
from agent_status_gateway.cli.notify.attention.message import MOST_CHARACTERS, MOST_FACTS, MOST_LINES, write_message
from agent_status_gateway.cli.notify.attention.occurrence import ALL_SESSIONS, Occurrence
from agent_status_gateway.cli.notify.attention.vigil import Episode
from agent_status_gateway.cli.notify.rules.rule import Rule

NOW = 1000.0
PAGE = "https://status.example.org/"


def item(what: Any, key: str = "web:1", age: float = 65.0, *, with_title: bool = False, **fields: Any) -> Item:
    rule = Rule.model_validate({"when": {"state": what}, "to": ["ops"], "with_title": with_title})
    occurrence = Occurrence(what, key, age, channel=key.partition(":")[0], **fields)
    return Item(0, rule, Episode(occurrence, NOW - age))


def test_one_thing_is_told_in_one_line_that_leads_to_its_session() -> None:
    message = write_message("msg_1", "ops", [item("waiting_for_user", "web:4 2", detail="approval")], NOW, PAGE)
    assert message.text == "web:4 2 waits for a user (approval) for 1m 5s"
    assert message.url == "https://status.example.org/?open=web%3A4+2"
    assert message.total == 1


def test_many_things_are_counted_and_a_few_are_named() -> None:
    # message: Rule 3
    items = [item("waiting_for_user", f"web:{number}") for number in range(MOST_FACTS + 5)] + [item("stalled", "ci:1")]
    message = write_message("msg_1", "ops", items, NOW, PAGE)
    assert message.title == f"{MOST_FACTS + 5} sessions wait for a user, 1 has stalled"
    assert message.lines[0] == "web:0 waits for a user for 1m 5s"
    assert message.lines[-1] == f"and {len(items) - MOST_LINES} more"
    assert (len(message.lines), len(message.facts), message.total) == (MOST_LINES + 1, MOST_FACTS, MOST_FACTS + 6)
    assert message.url == PAGE


def test_titles_and_errors_are_told_only_where_the_rule_says_so() -> None:
    # message: Rule 1
    texts: dict[str, Any] = {"title": "Fix the login", "error": "429 from the model"}
    silent = write_message("msg_1", "ops", [item("error", **texts)], NOW)
    assert silent.text == "web:1 is in error for 1m 5s"
    assert (silent.facts[0]["title"], silent.facts[0]["error_message"]) == (None, None)
    told = write_message("msg_1", "ops", [item("error", with_title=True, **texts)], NOW)
    assert told.text == "web:1 is in error for 1m 5s: Fix the login: 429 from the model"
    assert (told.facts[0]["title"], told.facts[0]["error_message"]) == ("Fix the login", "429 from the model")


def test_texts_of_strangers_are_made_plain_and_cut() -> None:
    # message: Rule 2
    message = write_message(
        "msg_1", "ops", [item("error", with_title=True, title="a\x1b[31m\n\u202eb" + "x" * 999)], NOW
    )
    assert message.text.startswith("web:1 is in error for 1m 5s: a [31m  bxxx")
    assert message.text.endswith("x…")
    assert len(message.text) < MOST_CHARACTERS + 40


def test_an_end_and_a_loss_are_of_a_moment_ago() -> None:
    items = [item("ended", "ci:1", detail="failed"), item("lost", "ci:2")]
    assert write_message("msg_1", "ops", items, NOW).lines == (
        "ci:1 has ended (failed), 1m 5s ago",
        "ci:2 lost its worker, 1m 5s ago",
    )


def test_a_state_of_all_sessions_names_none() -> None:
    message = write_message("msg_1", "ops", [item("idle", ALL_SESSIONS, age=7.0)], NOW, PAGE)
    assert (message.text, message.url) == ("no session is open for 7s", PAGE)
    assert message.facts[0]["session_key"] is None
    since_ever = write_message("msg_1", "ops", [item("idle", ALL_SESSIONS, age=float("inf"))], NOW)
    assert (since_ever.text, since_ever.facts[0]["seconds"]) == ("no session is open", 0.0)


def test_a_workers_link_is_told_if_it_is_one_of_the_web() -> None:
    links = ["https://x.example/1", "javascript:alert(1)", None]
    items = [item("error", f"web:{number}", link=link) for number, link in enumerate(links)]
    assert [fact["link"] for fact in write_message("msg_1", "ops", items, NOW).facts] == [links[0], None, None]
